// What a step owes goes into the log with its transaction or not at all, and never before what is older: that goes first, whoever left it.
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { EventOf } from '../../src/events/event.ts'
import { LogError } from '../../src/log/log.ts'
import { drainOutbox, payOrOwe } from '../../src/projections/outbox.ts'
import { openTestDatabase, type TestDatabase } from '../ground/database.ts'
import { anEvent } from '../ground/events.ts'
import { elsewhere, openTestLog, type TestLog } from '../ground/log.ts'
import { collectLogLines } from '../ground/log-lines.ts'

const never = new AbortController().signal
const logger = collectLogLines(['projection.record-parked'])
const of = { name: 'counting', version: 1 }

let test: TestDatabase
let its: TestLog
beforeEach(async () => {
  test = await openTestDatabase('projection outbox')
  its = await openTestLog(test, { partitions: 1 })
})
afterEach(async () => {
  await its.close()
  await test.close()
})

/** One record, of a step of that partition. */
const step = (body: string, { partition = 0, log = its.log, fails = false } = {}) =>
  test.database.transact(async tx => {
    const event = anEvent('delivery.released', { body, lane: `lane ${partition}` })
    const emission = { partition, topic: 'webhook-deliveries' as const, key: event.lane, event }
    const paid = await payOrOwe(tx, { ...its, log }, of, [emission], never)
    if (fails) throw new Error('rolled back by the test')
    return [...paid.owing]
  }, never)

const drain = (partition = 0) =>
  drainOutbox({ ...its, database: test.database, logger }, { ...of, partitions: [partition] }, never)

async function bodies(): Promise<readonly string[]> {
  const topic = its.topic('webhook-deliveries')
  const records = await Array.fromAsync(its.log.read(topic, { from: 'first', until: 'end' }, never))
  const events = await Promise.all(records.map(record => its.codec.decode(record.value, never)))
  return events.map(event => (event as EventOf<'delivery.released'>).body)
}

const owed = async () => (await test.database.query('select from projection_outbox')).length

it('[D2] a step that is committed leaves nothing to be owed, one that is rolled back nothing in the log', async () => {
  expect(await step('a')).toEqual([])
  await expect(step('b', { fails: true })).rejects.toThrow('rolled back by the test')
  expect(await step('c')).toEqual([])
  expect([await bodies(), await owed()]).toEqual([['a', 'c'], 0])
})

it('[D2] [E4] while records of a partition are owed, newer ones of it are owed behind them; those of another partition go at once', async () => {
  expect(await step('left by an earlier version', { log: elsewhere(its.log) })).toEqual([0])
  expect(await step('second')).toEqual([0])
  expect(await step('of another', { partition: 1 })).toEqual([])
  expect(await bodies()).toEqual(['of another'])
  expect(await drain()).toBe(2)
  expect(await step('third')).toEqual([])
  expect(await bodies()).toEqual(['of another', 'left by an earlier version', 'second', 'third'])
})

it('[D2] [E7] a record that the log never takes is owed, parked, and those behind it go on in order', async () => {
  const tooLarge = new LogError('record-too-large', 'more than is taken')
  const { inside } = its.log
  const picky = {
    ...its.log,
    inside: inside && { ...inside, prepare: () => Promise.reject(tooLarge) },
    append: (append: Parameters<typeof its.log.append>[0], signal: AbortSignal) =>
      append.topic === its.topic('webhook-deliveries') ? Promise.reject(tooLarge) : its.log.append(append, signal),
  }
  expect(await step('large', { log: picky })).toEqual([0])
  expect(await step('behind')).toEqual([0])
  await drainOutbox({ ...its, log: picky, database: test.database, logger }, { ...of, partitions: [0] }, never)
  expect(logger.lines.filter(line => line.event === 'projection.record-parked')).toHaveLength(2)
  expect(await step('after')).toEqual([])
  expect([await bodies(), await owed()]).toEqual([['after'], 0])
})

it('[D2] an outage of the log is none of the record: nothing of the step is done', async () => {
  const { inside } = its.log
  const away = { ...its.log, inside: inside && { ...inside, prepare: () => Promise.reject(new LogError('unavailable', 'away')) } }
  await expect(step('a', { log: away })).rejects.toMatchObject({ code: 'unavailable' })
  expect([await bodies(), await owed()]).toEqual([[], 0])
})
