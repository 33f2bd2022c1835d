// A processor at work says how it is, and ends in order: the intake, what is in hand, then what it had opened.
import { expect, test } from 'vitest'
import type { EventLog, LaneConsumption, PartitionStatus } from '../../src/log/log.ts'
import { runProcessor } from '../../src/processors/runner/run-processor.ts'
import { watchLag } from '../../src/processors/runner/watch-lag.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { aProcessor, openRunnerWorld } from '../ground/processors/runner-world.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines(['processor.failed'])
const { deps } = await openRunnerWorld(logger)

/** An intake that a test ends; `done` waits for nobody else. */
function run() {
  const happened: string[] = []
  const partitions: PartitionStatus[] = []
  const { promise: done, resolve: end, reject: fail } = Promise.withResolvers<void>()
  const consumption: LaneConsumption = { done, status: () => partitions, inTurn: async () => false }
  const consumeLanes: EventLog['consumeLanes'] = (_consumer, signal) => {
    signal.addEventListener('abort', () => happened.push('intake told to stop'))
    return consumption
  }
  const close = async () => void happened.push('closed')
  const log = { consumeLanes } as EventLog
  return { role: runProcessor({ ...deps, log }, { ...aProcessor(), close }), happened, partitions, end, fail }
}
const of = (state: PartitionStatus['state'], reason: string | null): PartitionStatus => ({
  topic: 'wa.events',
  partition: 3,
  nextOffset: 0n,
  state,
  reason,
  lastProgressAt: 0,
})

test('[H3] running partitions are well; paused and halted ones are degraded, with the first one’s reason', () => {
  const { role, partitions } = run()
  partitions.push(of('running', null))
  expect(role.checks()).toEqual([{ name: 'read-aloud', state: 'ok', detail: 'running' }])
  partitions.push(of('halted', 'no more'), of('paused', 'the disk is away'))
  const detail = 'halted: no more (2 partitions, first wa.events/3)'
  expect(role.checks()).toEqual([{ name: 'read-aloud', state: 'degraded', detail }])
})

test('[H3] an intake that ends by itself, or breaks, is a failure', async () => {
  const ended = run()
  ended.end()
  const broken = run()
  broken.fail(new Error('out of tune'))
  await new Promise(resolve => setImmediate(resolve))
  expect(ended.role.checks()).toEqual([{ name: 'read-aloud', state: 'failed', detail: 'stopped: its intake ended' }])
  expect(broken.role.checks()).toEqual([{ name: 'read-aloud', state: 'failed', detail: 'stopped: Error: out of tune' }])
  expect(logger.lines.filter(line => line.event === 'processor.failed')).toEqual([
    { level: 'error', event: 'processor.failed', fields: { processor: 'read-aloud', error: 'out of tune' } },
  ])
})

test('[H6] stopped, it waits for what is in hand before it closes, once, and no restart is asked for', async () => {
  const { role, happened, end } = run()
  const closing = [role.close(), role.close()]
  await new Promise(resolve => setImmediate(resolve))
  expect(happened).toEqual(['intake told to stop'])
  expect(role.checks()).toEqual([{ name: 'read-aloud', state: 'ok', detail: 'stopping' }])
  end()
  await Promise.all(closing)
  expect(happened).toEqual(['intake told to stop', 'closed'])
})

test('[H1] how far each processor is behind is one figure of all that it reads, and none while the log does not say it', async () => {
  const metrics = createMetrics({ processMetrics: false })
  const lines = async () => (await metrics.render()).split('\n').filter(line => /^zaplog_processor_lag/.test(line))
  const at = (partition: number) => ({ topic: 'wa.events', partition, nextOffset: 7n })
  const followed = [
    { name: 'reader', positions: () => [at(0), at(1)] },
    { name: 'idle', positions: () => [] },
    { name: 'writer', positions: () => [at(2)] },
  ]
  const lag: EventLog['lag'] = async of =>
    of.map(one => ({
      ...one,
      firstOffset: 0n,
      endOffset: 9n,
      lagRecords: one.partition + 1,
      lagMs: [500, null, 2_000][one.partition] ?? 0,
    }))
  const stop = new AbortController()
  const watching = watchLag({ log: { lag }, metrics, logger }, followed, stop.signal)
  await until('it to be measured', async () => (await lines()).length === 6)
  expect(await lines()).toEqual([
    ...['zaplog_processor_lag_records{processor="reader"} 3', 'zaplog_processor_lag_records{processor="idle"} 0'],
    ...['zaplog_processor_lag_records{processor="writer"} 3', 'zaplog_processor_lag_seconds{processor="reader"} 0.5'],
    ...['zaplog_processor_lag_seconds{processor="idle"} 0', 'zaplog_processor_lag_seconds{processor="writer"} 2'],
  ])
  stop.abort()
  await watching
  expect(await lines(), 'nobody measures it any more').toEqual([])
  const ended = new AbortController()
  const failing = watchLag({ log: { lag: () => Promise.reject(new Error('away')) }, metrics, logger }, followed, ended.signal)
  await until('it to be said', () => logger.lines.some(({ event }) => event === 'processors.lag-unmeasured'))
  expect(await lines()).toEqual([])
  ended.abort()
  await failing
})
