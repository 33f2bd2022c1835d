// A member that is told to stop while it still asks where to begin halts nothing and says nothing of a failure.
import { expect, onTestFinished, test } from 'vitest'
import { openTestDatabase } from '../ground/database.ts'
import { openTestLog } from '../ground/log.ts'
import { collectLogLines } from '../ground/log-lines.ts'

/** As queries do, it rejects when it is told to stop. */
const untilTold = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(new Error('told to stop')), { once: true }))

test.for([
  ['rejects', untilTold],
  ['answers nothing', (signal: AbortSignal) => untilTold(signal).catch(() => [])],
] as const)('[H6] positions whose asking %s because of the stop halt no partition', async ([, positions]) => {
  const logger = collectLogLines()
  const database = await openTestDatabase('stopped early')
  onTestFinished(database.close)
  const { log, topic, close } = await openTestLog(database, { logger })
  onTestFinished(close)
  const stop = new AbortController()
  const asked = Promise.withResolvers<void>()
  const consumption = log.consumeBatches(
    {
      consumerGroup: 'stopped',
      topics: [topic('events')],
      maxBatchRecords: 10,
      maxBatchBytes: 1_000,
      positions: (_, signal) => {
        asked.resolve()
        return positions(signal)
      },
      handle: async () => ({ kind: 'applied' }),
    },
    stop.signal,
  )
  await asked.promise
  stop.abort()
  await consumption.done
  expect(logger.lines.filter(({ event }) => ['log.partition-halted', 'log.positions-failed'].includes(event))).toEqual([])
})
