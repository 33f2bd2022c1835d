// Readiness says how many files and sockets are open, and in numbers when they are too few for what is to be connected.
import { expect, onTestFinished, test } from 'vitest'
import { judgeDescriptors, watchDescriptors } from '../../src/main/watch-descriptors.ts'
import { descriptorLimit, openDescriptors } from '../../src/runtime/descriptors.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'
import { until } from '../ground/until.ts'

const mend = 'raise the limit of open files (ulimit -n, LimitNOFILE, ulimits: nofile)'

test.each([
  [{ limit: 400, open: 142, instances: 200, maxConnections: 100 }, 'ok', '142 of 400 files and sockets are open'],
  [
    { limit: 400, open: 142, instances: 205, maxConnections: 100 },
    'degraded',
    `205 instances, 100 connections of clients and about 96 files need 401, the process may open 400: ${mend}, or lower HTTP_MAX_CONNECTIONS`,
  ],
  [
    { limit: 400, open: 360, instances: 1, maxConnections: 100 },
    'degraded',
    `360 of 400 files and sockets are open, the next may fail: ${mend}`,
  ],
])('[H3] %o is %s', (found, state, detail) => {
  expect(judgeDescriptors(found)).toEqual({ name: 'descriptors', state, detail })
})

test('[H3] instances that are to run are counted', async () => {
  let asked = 0
  const database = {
    query: async () => {
      asked += 1
      return [{ instances: 250 }] as never[]
    },
  }
  const metrics = createMetrics({ processMetrics: false })
  const watch = watchDescriptors({ database, maxConnections: 100, metrics, limit: () => 400, open: () => 50 })
  onTestFinished(watch.close)
  await until('instances to be counted', () => watch.checks()[0]?.state === 'degraded')
  expect(asked).toBe(1)
  expect(await metrics.render()).toMatch(/zaplog_open_descriptors 50\n[\s\S]*zaplog_max_descriptors 400\n/)
})

test('[H3] where the system has no limit there is nothing to say', () => {
  const metrics = createMetrics({ processMetrics: false })
  const watch = watchDescriptors({ database: null, maxConnections: 100, metrics, limit: () => null })
  onTestFinished(watch.close)
  expect(watch.checks()).toEqual([])
})

test('[H3] the limit and what is open are this process’s own', () => {
  expect(descriptorLimit()).toBeGreaterThan(100)
  expect(openDescriptors()).toBeGreaterThan(3)
})
