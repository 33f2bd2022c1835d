// A record that keeps its account out is passed over for good, by whoever owns the partition, and everything of the account behind it comes in order.
import { expect, it } from 'vitest'
import { type Append, LogError } from '../../src/log/log.ts'
import { listLeftOut, listSkipped, requestResume, requestSkip } from '../../src/projections/queries.ts'
import { anEvent } from '../ground/events.ts'
import { flaky } from '../ground/flaky.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { never } from '../ground/projection-dsl.ts'
import { readCounted } from '../ground/projections/counting-projection.ts'
import { makeCheckpoints } from '../ground/projections/make-checkpoints.ts'
import { PARTITIONS, someEvents, useRunnerWorld } from '../ground/projections/runner-world.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines(['projection.quarantined', 'projection.record-skipped'])
const world = useRunnerWorld(logger)
const names = ['counting']
const leftOut = () => listLeftOut(world().database, { names, key: 'shop', most: 10 })
/** Of a topic that no order ties to the other. */
const stored = anEvent('media.stored', { instanceId: 'shop' })
const ofShop = async () =>
  (await readCounted(world().database))
    .filter(row => row.instance_id === 'shop' && row.event_id !== stored.eventId)
    .map(row => [row.event_id, row.times])
const once = (events: readonly { eventId: string }[]) => events.map(({ eventId }) => [eventId, 1])

async function letters() {
  const topic = world().topic('dead-letters')
  const records = []
  for await (const record of world().log.read(topic, { from: 'first', until: 'end' }, never)) records.push(record)
  return records
}

/** Three events, one that cannot be read, three events; and of others. */
async function leaveOut() {
  await makeCheckpoints(world().database, world().counting, PARTITIONS)
  const [before, after] = [someEvents(3), someEvents(3)]
  await world().append(...before)
  const broken = { ...world().codec.encode(anEvent('message.received')), value: Buffer.from('no avro') }
  await world().log.append({ topic: world().topic('events'), records: [broken] }, never)
  await world().append(...after, stored)
  return { before, after }
}

const failing = async () => {
  const [left] = await until('it is left out', async () => {
    const found = await leftOut()
    return found.length > 0 && found
  })
  if (left === undefined) throw new Error('it is left out')
  return left
}

it('[G2] [D2] what is behind a skipped record comes once and in order; the record is said in its row and as a dead letter', async () => {
  const { before, after } = await leaveOut()
  world().open()
  const left = await failing()
  expect(left).toMatchObject({ topic: 'events', offset: 3n, code: 'not-decodable', resumeRequested: false })
  expect(await requestSkip(world().database, left)).toBe(true)
  await until('it is projected again', async () => (await leftOut()).length === 0)
  expect(await ofShop()).toEqual(once([...before, ...after]))
  expect(await readCounted(world().database)).toHaveLength(7)
  expect(await listSkipped(world().database, names, 10)).toMatchObject([
    { key: 'shop', topic: 'events', offset: 3n, code: 'not-decodable' },
  ])
  expect(await letters()).toMatchObject([
    {
      key: 'shop',
      value: Buffer.from('no avro'),
      headers: {
        'x-origin-topic': 'wa.events',
        'x-origin-offset': '3',
        'x-processor': 'counting',
        'x-error-code': 'not-decodable',
      },
    },
  ])
  await world().append(...someEvents(1))
  await until('it goes on', async () => (await ofShop()).length === 7)
})

it('[G2] a skip means the record that was seen: where another one is in the way by then, it does nothing', async () => {
  await leaveOut()
  world().open()
  const left = await failing()
  expect(await requestSkip(world().database, { ...left, offset: 2n })).toBe(false)
  expect(await requestSkip(world().database, { ...left, key: 'store' })).toBe(false)
  await world().database.query('update projection_quarantine set resume_requested_at = now()')
  await until('it has failed again', async () => (await leftOut()).every(one => !one.resumeRequested))
  expect(await leftOut()).toMatchObject([{ offset: 3n, skipRequested: false }])
  expect(await letters()).toEqual([])
})

it('[G2] whoever dies between the dead letter and the row leaves the record in the way, and the next owner does all of it', async () => {
  const { before, after } = await leaveOut()
  let dead = false
  const database = flaky(world().database, ({ name }) =>
    dead && name === 'transact' ? { fail: new Error('killed here') } : null,
  )
  const log = flaky(world().log, ({ name, args: [append] }) => {
    dead ||= name === 'append' && (append as Append).topic === 'wa.dead-letters'
    return null
  })
  const role = world().open()
  const left = await failing()
  await role.close()
  await requestSkip(world().database, left)
  const dying = world().open({ database, log })
  await until('the letter is there', async () => (await letters()).length > 0)
  await dying.close()
  expect(await leftOut()).toMatchObject([{ offset: 3n, skipRequested: true }])
  expect(await listSkipped(world().database, names, 10)).toEqual([])
  world().open()
  await until('it is projected again', async () => (await leftOut()).length === 0)
  expect(await ofShop()).toEqual(once([...before, ...after]))
  expect(await listSkipped(world().database, names, 10)).toHaveLength(1)
})

it('[G2] a record that the log has forgotten is passed over all the same, and the line says that no dead letter has it', async () => {
  const { after } = await leaveOut()
  world().open()
  const left = await failing()
  await world().database.query(`delete from log_records where topic = 'wa.events' and "offset" <= 3`)
  await world().database.query(`update log_partitions set first_offset = 4 where topic = 'wa.events' and next_offset > 4`)
  await requestSkip(world().database, left)
  await until('it is projected again', async () => (await leftOut()).length === 0)
  expect((await ofShop()).slice(-3)).toEqual(once(after))
  expect(await letters()).toEqual([])
  expect(logger.lines.findLast(one => one.event === 'projection.record-skipped')?.fields).toMatchObject({ inDeadLetters: false })
})

const forget = async (topic: string, firstOffset: bigint) => {
  await world().database.query('delete from log_records where topic = $1 and "offset" < $2', [topic, String(firstOffset)])
  await world().database.query('update log_partitions set first_offset = $2 where topic = $1 and next_offset >= $2', [
    topic,
    String(firstOffset),
  ])
}

it('[G2] what waited longer than the log keeps it is said when it is resumed, and a skip goes on from where the log begins', async () => {
  const { after } = await leaveOut()
  world().open()
  const left = await failing()
  await forget('wa.events', 5n)
  expect(await requestResume(world().database, left, 'shop')).toBe(true)
  const [forgotten] = await until('it is told why', async () => {
    const found = await leftOut()
    return found.every(one => one.code === 'forgotten') && found
  })
  expect(forgotten).toMatchObject({ topic: 'events', offset: 3n, resumeRequested: false })
  if (forgotten === undefined) throw new Error('it is left out')
  expect(await requestSkip(world().database, forgotten)).toBe(true)
  await until('it is projected again', async () => (await leftOut()).length === 0)
  expect((await ofShop()).slice(3)).toEqual(once(after.slice(1)))
  await world().append(...someEvents(1))
  await until('it goes on', async () => (await ofShop()).length === 6)
})

it('[G2] one account whose request fails again and again holds those of no other', async () => {
  await leaveOut()
  const others = someEvents(2, { instanceId: 'zoo' })
  const broken = { ...world().codec.encode(anEvent('message.received', { instanceId: 'zoo' })), value: Buffer.from('no avro') }
  await world().log.append({ topic: world().topic('events'), records: [broken] }, never)
  await world().append(...others)
  const log = flaky(world().log, ({ name, args: [append] }) =>
    name === 'append' && (append as Append).topic === 'wa.dead-letters' && (append as Append).records[0]?.key === 'shop'
      ? { fail: new LogError('denied', 'no letter of the shop') }
      : null,
  )
  world().open({ log })
  const all = () => listLeftOut(world().database, { names, key: null, most: 10 })
  await until('both are left out', async () => (await all()).length === 2)
  for (const one of await all()) await requestSkip(world().database, one)
  await until('the other is projected again', async () => (await all()).length === 1)
  expect(await all()).toMatchObject([{ key: 'shop', skipRequested: true }])
  expect((await readCounted(world().database)).filter(row => row.instance_id === 'zoo')).toHaveLength(2)
})
