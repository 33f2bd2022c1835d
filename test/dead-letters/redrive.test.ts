// What nobody could take is listed, given back in order, once in effect, and what came of it is said.
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  askRedrive,
  countDead,
  countEnded,
  discardLetters,
  forgetLetters,
  keepLetter,
  redrivable,
} from '../../src/dead-letters/letter-rows.ts'
import { claimLetters, endTry } from '../../src/dead-letters/letters-at-work.ts'
import { type Append, LogError } from '../../src/log/log.ts'
import { openLettersWorld } from '../ground/dead-letters/letters-world.ts'
import { flaky } from '../ground/flaky.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
const never = new AbortController().signal
const claiming = { laneless: [], known: ['zaplog.copy', 'zaplog.webhooks'], limit: 4, leaseMs: 60_000, nobodysMs: 60_000 }
let world: Awaited<ReturnType<typeof openLettersWorld>>
beforeEach(async () => {
  world = await openLettersWorld('dead letters', logger)
})
afterEach(() => world.close())

const states = async () => (await world.list()).map(one => one.state)
const untilAll = (state: string) => until(`all are ${state}`, async () => (await states()).every(one => one === state))
const copied = async () => (await world.records('media-stored')).map(one => String(Buffer.from(one.value ?? [])))

/** Three records of one account and one of another die. */
async function die() {
  await world.append('shop', 'one', 'two', 'three')
  await world.append('store', 'four')
  world.consume()
  world.keep()
  return world.letters(4)
}

test('[G2] a record that died is listed with where it was and why, and given back it is what it was, in order, once', async () => {
  const letters = await die()
  expect(letters.find(one => one.eventId === 'id-two')).toMatchObject({
    ...{ source: 'processor', processor: 'zaplog.copy', instanceId: 'shop', eventType: 'message.received', state: 'dead' },
    ...{ originTopic: 'wa.events', originOffset: 1n, code: 'parked', message: 'broken', attempts: 1, redrives: 0 },
  })
  expect(new Set(letters.map(one => one.deadLetterId)).size).toBe(4)
  world.mend()
  expect(await askRedrive(world.database, { instanceId: 'shop' })).toBe(3)
  expect(await askRedrive(world.database, { instanceId: 'shop' })).toBe(0)
  world.redrive()
  await until('all of the account are redriven', async () => (await world.list({ state: 'redriven' })).length === 3)
  expect(await copied()).toEqual(['one', 'two', 'three'])
  const [first] = await world.records('media-stored')
  expect(first).toMatchObject({ headers: { 'event-id': 'id-one', 'event-type': 'message.received', 'instance-id': 'shop' } })
  expect(Object.keys(first?.headers ?? {}).filter(name => name.startsWith('x-'))).toEqual([])
  expect(await world.list({ instanceId: 'store' })).toMatchObject([{ state: 'dead' }])
  expect(await world.list({ state: 'redriven' })).toMatchObject([{ redrives: 1, redrivenAt: expect.any(Date) }, {}, {}])
})

test('[G2] what fails again is dead again with the new reason, after as many tries as its processor has; behind it the next ones come', async () => {
  await die()
  world.answer(({ headers }) =>
    headers['event-id'] === 'id-two' ? { kind: 'retry', delayMs: 0, reason: 'still broken' } : { kind: 'emit', appends: [] },
  )
  world.given.length = 0
  await askRedrive(world.database, { processor: 'zaplog.copy', instanceId: 'shop' })
  world.redrive()
  await until('none is redriven any more', async () => (await world.list({ state: 'redriving' })).length === 0)
  expect(world.given).toEqual(['one', 'two', 'two', 'three'])
  expect((await world.list({ instanceId: 'shop' })).map(one => [one.eventId, one.state, one.redrives])).toEqual(
    expect.arrayContaining([
      ['id-one', 'redriven', 1],
      ['id-two', 'dead', 1],
      ['id-three', 'redriven', 1],
    ]),
  )
  expect(await world.list({ state: 'dead', instanceId: 'shop' })).toMatchObject([
    { code: 'attempts-exhausted', message: 'still broken' },
  ])
  expect(await world.records('dead-letters')).toHaveLength(4)
})

test('[G2] a dependency that is away costs no try: it waits, and goes on', async () => {
  await die()
  let asked = 0
  world.answer(() =>
    ++asked < 6 ? { kind: 'pause', dependency: 'object-store', delayMs: 1, reason: 'away' } : { kind: 'emit', appends: [] },
  )
  await askRedrive(world.database, { instanceId: 'store' })
  world.redrive()
  await until('it is redriven', async () => (await world.list({ state: 'redriven' })).length === 1)
  expect(asked).toBe(6)
})

test('[G2] a log that takes nothing now costs no try, and a reason may hold any character', async () => {
  await die()
  world.mend()
  const log = flaky(world.log, ({ name, args: [append] }) =>
    name === 'append' && (append as Append).topic === 'wa.media-stored'
      ? { fail: new LogError('denied', 'no right to write') }
      : null,
  )
  await askRedrive(world.database, { instanceId: 'store' })
  const [asked] = await world.list({ instanceId: 'store' })
  const waiting = world.redrive({ log })
  await until(
    'it waits',
    async () => (await world.list({ instanceId: 'store' }))[0]?.dueAt?.getTime() !== asked?.dueAt?.getTime(),
  )
  await waiting.close()
  expect(await world.list({ instanceId: 'store' })).toMatchObject([{ state: 'redriving', tries: 0 }])
  world.answer(() => ({ kind: 'park', reason: 'unreadable: \0' }))
  await world.database.query('update dead_letters set due_at = now()')
  world.redrive()
  await untilAll('dead')
  expect(await world.list({ instanceId: 'store' })).toMatchObject([{ message: 'unreadable:  ', redrives: 1 }])
})

test('[G2] a letter that takes long holds none of other keys', async () => {
  await die()
  const ends = Promise.withResolvers<void>()
  world.answer(async ({ key }) => {
    if (key === 'store') await ends.promise
    return { kind: 'emit', appends: [] }
  })
  await askRedrive(world.database, { processor: 'zaplog.copy' })
  world.redrive()
  try {
    await until('the others are redriven', async () => (await world.list({ state: 'redriven' })).length === 3)
    expect(await world.list({ state: 'redriving' })).toMatchObject([{ instanceId: 'store' }])
  } finally {
    ends.resolve()
  }
  await untilAll('redriven')
})

test('[G2] a letter whose processor nobody has is dead again, and says so', async () => {
  await die()
  await askRedrive(world.database, { instanceId: 'store' })
  world.redrive({ takers: new Map(), nobodysMs: 100 })
  await untilAll('dead')
  expect(await world.list({ instanceId: 'store' })).toMatchObject([{ code: 'no-processor', redrives: 1 }])
})

test('[G2] a letter that says it was where its processor does not read is dead again, and keeps none behind it waiting', async () => {
  const [letter] = (await die()).filter(one => one.eventId === 'id-four')
  if (letter === undefined) throw new Error('it is listed')
  await keepLetter(world.database, { ...letter, deadLetterId: 'dl_of_nowhere', originTopic: 'a.stranger', originPartition: 77 })
  world.mend()
  await askRedrive(world.database, { instanceId: 'store' })
  world.redrive({ nobodysMs: 100 })
  await until('the other one is redriven', async () => (await world.list({ state: 'redriven' })).length === 1)
  expect(await copied()).toEqual(['four'])
  expect(await world.list({ instanceId: 'store', state: 'dead' })).toMatchObject([
    { deadLetterId: 'dl_of_nowhere', code: 'no-lane' },
  ])
})

test('[G2] a delivery that dies before whoever gave it back could say so is dead, and no longer theirs', async () => {
  const [letter] = await die()
  if (letter === undefined) throw new Error('it is listed')
  const delivery = {
    ...letter,
    deadLetterId: 'dl_of_a_delivery',
    source: 'delivery',
    processor: 'zaplog.webhooks',
    attempts: 3,
  } as const
  await keepLetter(world.database, delivery)
  await askRedrive(world.database, { source: 'delivery' })
  const laneless = ['zaplog.webhooks']
  const [claimed] = await claimLetters(world.database, { ...claiming, lanes: [], laneless })
  if (claimed === undefined) throw new Error('it is claimed')
  await keepLetter(world.database, { ...delivery, offset: delivery.offset + 100n, attempts: 3 })
  expect(await world.list({ source: 'delivery' })).toMatchObject([{ state: 'redriving' }])
  await keepLetter(world.database, { ...delivery, offset: delivery.offset + 101n, attempts: 6 })
  expect(await endTry(world.database, claimed, { kind: 'redriven' })).toBe(false)
  expect(await world.list({ source: 'delivery' })).toMatchObject([{ state: 'dead', redrives: 1, attempts: 6 }])
  expect(await askRedrive(world.database, { source: 'delivery' })).toBe(1)
})

test('[G2] of 30,000 letters of one account that are asked for at once each is claimed within what a statement may take', async () => {
  await world.database.query(
    `insert into dead_letters (dead_letter_id, source, processor, instance_id, key, partition, "offset", origin_topic, origin_partition,
       origin_offset, error_code, error_message, attempts, failed_at, state, due_at)
     select 'dl_' || n, 'processor', 'zaplog.copy', 'shop', 'shop', 0, n, 'wa.events', 0, n, 'parked', 'broken', 1, now(), 'redriving', now()
       from generate_series(1, 30000) n`,
  )
  await world.database.query('analyze dead_letters')
  await world.progress.take('zaplog.copy', [{ topic: 'wa.events', partition: 0 }], never)
  const offsets: bigint[] = []
  for (let turn = 0; turn < 3; turn++) {
    for (const one of await claimLetters(world.database, { ...claiming, lanes: world.lanes() })) {
      offsets.push(one.originOffset)
      await endTry(world.database, one, { kind: 'redriven' })
    }
  }
  expect(offsets).toEqual([1n, 2n, 3n])
})

test('[G2] whoever dies between what was made and its row leaves it to the next, and nothing is lost', async () => {
  await die()
  world.mend()
  await askRedrive(world.database, { instanceId: 'store' })
  let isDead = false
  const log = flaky(world.log, ({ name, args: [append] }) => {
    isDead ||= name === 'append' && (append as Append).topic === 'wa.media-stored'
    return null
  })
  const database = flaky(world.database, () => (isDead ? { fail: new Error('killed here') } : null))
  const dying = world.redrive({ log, database, leaseMs: 200 })
  await until('it was appended', async () => (await copied()).length === 1)
  await dying.close()
  expect(await world.list({ instanceId: 'store' })).toMatchObject([{ state: 'redriving' }])
  world.redrive({ leaseMs: 200 })
  await until('it is redriven', async () => (await world.list({ state: 'redriven' })).length === 1)
  expect(await copied()).toEqual(['four', 'four'])
  expect((await world.records('media-stored')).map(one => one.headers['event-id'])).toEqual(['id-four', 'id-four'])
})

test('[G2] two processes never have one letter at once', async () => {
  await die()
  world.mend()
  await askRedrive(world.database, { processor: 'zaplog.copy' })
  world.redrive()
  world.redrive()
  await untilAll('redriven')
  expect((await copied()).toSorted()).toEqual(['four', 'one', 'three', 'two'])
})

test('[G2] a copy of a letter is the same letter, and brings back nothing that is over', async () => {
  const [letter] = await die()
  await discardLetters(world.database, { ids: [letter?.deadLetterId ?? ''] })
  const records = await world.records('dead-letters')
  await world.log.append({ topic: 'wa.dead-letters', records }, new AbortController().signal)
  await until('the copies are read', async () => (await world.list()).every(one => one.offset >= 1n))
  await until('all are', async () => {
    const [row] = await world.database.query<{ copies: number }>('select sum(copies)::integer as copies from dead_letters')
    return row?.copies === 8
  })
  expect(await states()).toEqual(expect.arrayContaining(['discarded', 'dead', 'dead', 'dead']))
  expect(await states()).toHaveLength(4)
})

test('[H1] the depth goes down by what is redriven or discarded, and rows go with their letters', async () => {
  await die()
  const firsts = (firstOffset: bigint) => [0, 1].map(partition => ({ partition, firstOffset }))
  expect(await countEnded(world.database, firsts(0n))).toBe(0)
  expect(await discardLetters(world.database, { instanceId: 'shop' })).toBe(3)
  expect(await countEnded(world.database, firsts(0n))).toBe(3)
  expect(await countEnded(world.database, firsts(100n))).toBe(0)
  expect(await countDead(world.database, {}, redrivable)).toBe(4)
  await askRedrive(world.database, { instanceId: 'store' })
  expect(await forgetLetters(world.database, firsts(100n))).toBe(false)
  expect(await states()).toEqual(['redriving'])
})

test('[A7] nothing of a purged account is kept or given back', async () => {
  await die()
  await world.database.query(
    `insert into instance_ids (instance_id, request_id, name, wanted) values ('shop', 'r', '', 'deleted')`,
  )
  await world.database.query(`insert into purges (instance_id, request_id, requested_by) values ('shop', 'r', 'test')`)
  const before = world.given.length
  await askRedrive(world.database, { instanceId: 'shop' })
  world.redrive()
  await until('they are over', async () => (await world.list({ state: 'redriving' })).length === 0)
  expect(world.given).toHaveLength(before)
  expect(await world.list({ state: 'redriven' })).toEqual([])
  await world.database.query(`delete from dead_letters`)
  const records = await world.records('dead-letters')
  await world.log.append({ topic: 'wa.dead-letters', records }, new AbortController().signal)
  await until('the other is kept', async () => (await world.list({ instanceId: 'store' })).length === 1)
  await until('all is read', async () => {
    const [row] = await world.database.query<{ read: number }>(
      `select sum(next_offset)::integer as read from log_progress where group_name = 'zaplog.dead-letters'`,
    )
    return row?.read === 8
  })
  expect(await world.list({ instanceId: 'shop' })).toEqual([])
})
