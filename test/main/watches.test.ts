// What a process shows of its disk and of how late live records are, whichever roles it has.
import { tmpdir } from 'node:os'
import { expect, onTestFinished, test } from 'vitest'
import { leastOfEach } from '../../src/main/read-consumers.ts'
import { watchDisk } from '../../src/main/watch-disk.ts'
import { watchLateness as watchLatenessOf } from '../../src/main/watch-lateness.ts'
import { watchLateness } from '../../src/runtime/lateness.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()

test('[H1] the free bytes of the disk of DATA_DIR are shown, with its size; where they cannot be read, neither is', async () => {
  const metrics = createMetrics({ processMetrics: false })
  const watch = watchDisk({ path: tmpdir(), metrics, logger })
  onTestFinished(watch.close)
  const shown = async (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(await metrics.render())?.[1])
  await until('the disk to be looked at', async () => (await shown('zaplog_data_dir_free_bytes')) > 0)
  expect(await shown('zaplog_data_dir_size_bytes')).toBeGreaterThanOrEqual(await shown('zaplog_data_dir_free_bytes'))

  const gone = createMetrics({ processMetrics: false })
  const blind = watchDisk({ path: '/nowhere/at/all', metrics: gone, logger })
  await blind.close()
  expect(await gone.render()).not.toMatch(/^zaplog_data_dir_\w+_bytes \d/m)
})

test('[H1] [B6] a process that projects nothing asks the log how late live records are, and says so to each who asks until it is otherwise', async () => {
  const metrics = createMetrics({ processMetrics: false })
  const lateness = watchLateness()
  const pace = lateness.another()
  let lagMs: number | null = 400
  const at = { topic: 'wa.events', partition: 0, nextOffset: 0n, firstOffset: 0n, endOffset: 1n, lagRecords: 1 }
  const log = { lag: async () => [{ ...at, lagMs }] }
  const watch = watchLatenessOf({ log, logger, metrics, positions: async () => [], lateness, askEveryMs: 5 })
  onTestFinished(watch.close)
  await until('it to be known', () => pace() === 400)
  expect([pace(), pace()]).toEqual([400, 400])
  lagMs = null
  await until('it to be over', () => pace() === 0)
})

test('[H1] [B6] of several who read a partition the last one says how late it is, and the record that it waits for is fetched once', () => {
  const at = (topic: string, partition: number, nextOffset: bigint) => ({ topic, partition, nextOffset })
  const [events, behind] = [at('wa.events', 0, 9n), at('wa.events', 0, 7n)]
  const others = [at('wa.events', 1, 3n), at('wa.commands', 0, 8n)]
  expect(leastOfEach([events, ...others, behind, at('wa.events', 0, 8n)])).toEqual([behind, ...others])
})
