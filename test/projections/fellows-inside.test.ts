// Both projections in one step with a log that takes part in the transaction: what the step owes is in the log with its rows, or neither is.
import { expect, it } from 'vitest'
import { LogError } from '../../src/log/log.ts'
import { anEvent } from '../ground/events.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { never } from '../ground/projection-dsl.ts'
import { useFellowsWorld } from '../ground/projections/fellows-world.ts'

const logger = collectLogLines()
const world = useFellowsWorld(logger, { inside: true })

const applied = { kind: 'applied' }
/** One reads, one writes, one appends. */
const IN_ALL = 3
const released = async () =>
  (await world().database.query(`select from log_records where topic = 'wa.webhook-deliveries'`)).length
const count = async (table: string) => (await world().database.query(`select from ${table}`)).length
const left = async () => [await released(), await count('messages'), await count('projection_outbox')]

it('[D2] [E3] what a step of both releases is one more statement, in its transaction, and readers are told behind the commit', async () => {
  await world().endpoint(['message.received'])
  world().statements()
  expect(await world().handle(world().batchOf(anEvent('message.received')))).toEqual([applied, applied])
  expect(world().statements()).toBe(IN_ALL)
  expect(world().faults.happened).toEqual(['committed', 'told'])
  expect(await left()).toEqual([1, 1, 0])
})

it('[D2] a step of both that is rolled back leaves nothing in the log, and is in it once when it is taken again', async () => {
  await world().endpoint(['message.received'])
  const batch = world().batchOf(anEvent('message.received'))
  world().faults.beforeCommit = () => Promise.reject(new RangeError('rolled back by the test'))
  for (const outcome of await world().handle(batch)) expect(outcome).toMatchObject({ kind: 'retry' })
  expect(await left()).toEqual([0, 0, 0])
  expect(world().faults.happened).toEqual([])
  world().faults.beforeCommit = async () => undefined
  expect(await world().handle(batch)).toEqual([applied, applied])
  expect(await left()).toEqual([1, 1, 0])
})

it('[D2] [E4] while one partition owes the log older records, another appends inside of its step; the older ones go first', async () => {
  await world().endpoint(['message.received'])
  const [mine, other] = ['shop', 'store'].map((instanceId, partition) =>
    world().batchIn(partition, anEvent('message.received', { instanceId })),
  )
  if (mine === undefined || other === undefined) throw new Error('two batches')
  world().faults.beforeAppend = () => Promise.reject(new LogError('unavailable', 'appending: no log'))
  await world().database.query(
    `insert into projection_outbox (projection, version, partition, topic, key, headers, value, recorded_at)
     values ('webhook-stream', 1, 0, 'wa.webhook-deliveries', 'older', '{}', '\\x00', now())`,
  )
  await expect(world().webhooks.reread(never)).rejects.toThrow('no log')
  expect(await world().handle(mine)).toMatchObject([{ kind: 'retry' }, applied])
  world().transactions()
  expect(await world().handle(other)).toEqual([applied, applied])
  expect(
    world()
      .transactions()
      .map(statements => statements.length),
  ).toEqual([IN_ALL])
  expect(await left()).toEqual([1, 2, 1])
  world().faults.beforeAppend = async () => undefined
  expect(await world().webhooks.handle(mine, never)).toEqual(applied)
  expect(world().appended.map(({ key }) => key)).toEqual(['older'])
  expect([await released(), await count('projection_outbox')]).toEqual([3, 0])
})
