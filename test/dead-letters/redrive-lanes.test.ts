// A redriven record has its place in its lane, and whoever has its partition, and nobody else, gives it there.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { askRedrive } from '../../src/dead-letters/letter-rows.ts'
import { claimLetters, endTry } from '../../src/dead-letters/letters-at-work.ts'
import { createProgressStore } from '../../src/log/progress.ts'
import { openLettersWorld } from '../ground/dead-letters/letters-world.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines(['log.progress-lost'])
const never = new AbortController().signal
const claiming = { laneless: [], known: ['zaplog.copy'], limit: 4, leaseMs: 60_000, nobodysMs: 60_000 }
let world: Awaited<ReturnType<typeof openLettersWorld>>
beforeEach(async () => {
  world = await openLettersWorld('lanes of dead letters', logger)
})
afterEach(() => world.close())

/** Of one account. */
async function die(...values: readonly string[]) {
  await world.append('shop', ...values)
  world.consume()
  world.keep()
  await world.letters(values.length)
  await until('it is saved that they are done', async () => {
    const [row] = await world.database.query<{ read: number }>(
      `select sum(next_offset)::integer as read from log_progress where group_name = 'zaplog.copy'`,
    )
    return row?.read === values.length
  })
  world.given.length = 0
}

/** From now on each is in hand until it is let go; `most`: at once. */
function hold() {
  const held = new Map<string, () => void>()
  const seen = { running: 0, most: 0 }
  world.answer(async ({ value }) => {
    seen.running += 1
    seen.most = Math.max(seen.most, seen.running)
    await new Promise<void>(letGo => held.set(String(value), letGo))
    seen.running -= 1
    return { kind: 'emit', appends: [] }
  })
  const inHand = (value: string) => until(`${value} is in hand`, () => held.get(value))
  const letGo = async (value: string) => {
    const letIt = await inHand(value)
    held.delete(value)
    letIt()
  }
  return { inHand, letGo, most: () => seen.most }
}

const redriven = () => world.list({ state: 'redriven' })

test('[G2] two of one key are never worked on at once: a redriven one comes behind what is in hand, and before what comes later', async () => {
  await die('one', 'two')
  const { inHand, letGo, most } = hold()
  await world.append('shop', 'live')
  await inHand('live')
  await askRedrive(world.database, { instanceId: 'shop' })
  world.redrive()
  await until('one of them is claimed', async () => (await world.claimed()) === 1)
  await letGo('live')
  await inHand('one')
  await world.append('shop', 'later')
  await letGo('one')
  await letGo('later')
  await letGo('two')
  await until('both are redriven', async () => (await redriven()).length === 2)
  expect([most(), ...world.given]).toEqual([1, 'live', 'one', 'later', 'two'])
})

test('[G2] between two tries its lane goes on, and so do others', async () => {
  await die('one')
  let tries = 0
  world.answer(({ value }) => {
    if (String(value) === 'one' && ++tries === 1) return { kind: 'retry', delayMs: 300_000, reason: 'not yet' }
    return { kind: 'emit', appends: [] }
  })
  await askRedrive(world.database, { instanceId: 'shop' })
  world.redrive()
  await until('it is tried again later', async () => (await world.list())[0]?.tries === 1)
  await world.append('shop', 'live')
  await until('the lane goes on', () => world.given.includes('live'))
  await world.database.query('update dead_letters set due_at = now()')
  await until('it is redriven', async () => (await redriven()).length === 1)
  expect(world.given).toEqual(['one', 'live', 'one'])
})

test('[G2] who no longer has the partition claims nothing, and what it says of a claim counts for nothing; who has it goes on at once', async () => {
  await die('one')
  await askRedrive(world.database, { instanceId: 'shop' })
  const former = world.lanes()
  const [claimed] = await claimLetters(world.database, { ...claiming, lanes: former })
  if (claimed === undefined) throw new Error('it is claimed')
  expect(await claimLetters(world.database, { ...claiming, lanes: former })).toEqual([])
  const other = createProgressStore(world.database)
  const { originTopic: topic, originPartition: partition } = claimed
  await other.take('zaplog.copy', [{ topic, partition }], never)
  expect(await endTry(world.database, claimed, { kind: 'redriven' })).toBe(false)
  expect(await claimLetters(world.database, { ...claiming, nobodysMs: 0, lanes: former })).toEqual([])
  const lanes = other.taken('zaplog.copy').map(at => ({ processor: 'zaplog.copy', ...at }))
  const [again] = await claimLetters(world.database, { ...claiming, lanes })
  expect(again).toMatchObject({ deadLetterId: claimed.deadLetterId })
  if (again === undefined) throw new Error('it is claimed')
  expect(await endTry(world.database, again, { kind: 'redriven' })).toBe(true)
})

test('[G2] a try whose partition somebody else takes meanwhile is theirs: nothing of it counts, and it is done again by who has it', async () => {
  await die('one')
  const { letGo, inHand } = hold()
  await askRedrive(world.database, { instanceId: 'shop' })
  world.redrive()
  await inHand('one')
  const [letter] = await world.list()
  if (letter === undefined) throw new Error('it is in a lane')
  const { originTopic: topic, originPartition: partition } = letter
  await createProgressStore(world.database).take('zaplog.copy', [{ topic, partition }], never)
  await letGo('one')
  await world.append('shop', 'live')
  await letGo('live') // tells the consumer that it lost the partition, which it takes again
  await Promise.all([letGo('live'), letGo('one')])
  await until('it is redriven', async () => (await redriven()).length === 1)
  expect(world.given.filter(value => value === 'one')).toHaveLength(2)
})
