// Guarantee: a start on a log that ends before what its database has read is refused, and no other one is, whatever the log has beyond that or no longer.
import { expect, onTestFinished, test } from 'vitest'
import { exitCodeOf, exitCodes } from '../../src/cli/exit-codes.ts'
import { LogError, type Position } from '../../src/log/log.ts'
import { createProgressStore } from '../../src/log/progress.ts'
import { refuseLogBehind } from '../../src/main/log-behind.ts'
import { createWaits } from '../../src/main/waits.ts'
import { intakeEntry } from '../../src/webhooks/bridge/delivery-intake.ts'
import { openTestDatabase } from '../ground/database.ts'
import { anEvent } from '../ground/events.ts'
import { openTestLog } from '../ground/log.ts'
import { collectLogLines } from '../ground/log-lines.ts'

const stopping = new AbortController().signal
const kafka = { name: 'kafka', title: 'Kafka', address: 'kafka:9092', expected: 'a Kafka' }
const logger = collectLogLines(['process.waiting', 'process.waiting-over'])
const topic = (name: string) => `wa.${name}`
const consumerGroup = (name: string) => `zaplog.${name}`
const group = consumerGroup(intakeEntry.name)

/** `read`: how far webhooks are in each partition of what they read first. */
async function openWorld(read: readonly bigint[]) {
  const { database, close } = await openTestDatabase('log behind')
  onTestFinished(close)
  const [first = ''] = intakeEntry.reads.map(topic)
  if (read.length > 0) await createProgressStore(database).make(group, [first], read.length)
  for (const [partition, offset] of read.entries())
    await database.query('update log_progress set next_offset = $2 where partition = $1', [partition, String(offset)])
  const asked: string[] = []
  /** `answers`: where each partition ends, or why that is not known; the last one again and again. */
  const start = (...answers: (readonly bigint[] | LogError)[]) => {
    const positionsAt = async (named: string): Promise<readonly Position[]> => {
      asked.push(named)
      const answer = answers.length > 1 ? answers.shift() : answers[0]
      if (answer instanceof Error) throw answer
      return (answer ?? []).map((nextOffset, partition) => ({ topic: named, partition, nextOffset }))
    }
    const waits = createWaits({ logger, retryMs: 1 }, new AbortController().signal)
    const log = { positionsAt }
    return refuseLogBehind({ database, log, topic, consumerGroup, waits, parts: { postgres: null, kafka } })
  }
  return { first, start, asked }
}

test('[B7] [H9] it is refused where one partition ends before that, by its name, and is no matter of waiting', async () => {
  const { first, start } = await openWorld([5n, 7n])
  const refused = await start([5n, 6n]).catch(error => error)
  expect(refused.message).toContain(`${first}/1 ends at 6, ${group} is at 7: expected`)
  expect(exitCodeOf(refused)).toBe(exitCodes.configuration)
})

test('[B7] [H9] a partition that is not there any more has lost what was read of it, and nothing where nothing was', async () => {
  await expect((await openWorld([5n, 7n])).start([5n])).rejects.toThrow('/1 ends at 0')
  await (await openWorld([5n, 0n])).start([5n])
})

test('[B7] [H9] a log that is ahead goes on; of a database that has read nothing, nobody asks for an end', async () => {
  const ahead = await openWorld([5n, 7n])
  await ahead.start([5n, 9n])
  expect(ahead.asked).toEqual([ahead.first])
  const fresh = await openWorld([])
  await fresh.start([0n])
  expect(fresh.asked).toEqual([])
})

test('[B7] [H9] a Kafka that is away at that moment is waited for', async () => {
  const { start, asked } = await openWorld([5n])
  await start(new LogError('unavailable', 'no leader'), new LogError('unavailable', 'no leader'), [5n])
  expect(asked).toHaveLength(3)
})

test('[B7] [H9] a log in the same database whose tables alone are of an older backup is refused, too', async () => {
  const here = await openTestDatabase('log behind inside')
  const { database } = here
  const { log, topic: named, codec, close } = await openTestLog(here, { partitions: 2 })
  onTestFinished(async () => {
    await close()
    await here.close()
  })
  const event = anEvent('message.received')
  const [appended] = await log.append({ topic: named('events'), records: [codec.encode(event)] }, stopping)
  const progress = createProgressStore(database)
  await progress.make(group, [named('events')], 2)
  const read = (nextOffset: bigint) =>
    database.query('update log_progress set next_offset = $2 where partition = $1', [appended?.partition, String(nextOffset)])
  const waits = createWaits({ logger }, stopping)
  const start = () =>
    refuseLogBehind({ database, log, topic: named, consumerGroup, waits, parts: { postgres: null, kafka: null } })
  await read(1n)
  await start()
  await read(2n)
  await expect(start()).rejects.toThrow(`/${appended?.partition} ends at 1, ${group} is at 2`)
})
