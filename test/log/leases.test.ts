// Leases of consumer groups in Postgres say whether a member lives, not how busy its connections are.
import { expect, onTestFinished, test } from 'vitest'
import { openPostgres } from '../../src/database/postgres.ts'
import type { LogRecord } from '../../src/log/log.ts'
import { openPostgresLog } from '../../src/log/postgres/postgres.ts'
import { createProgressStore } from '../../src/log/progress.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'
import { aRecord } from '../contracts/log-ground.ts'
import { openTestDatabase } from '../ground/database.ts'
import { declareTopic, testSettings } from '../ground/log.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'

const never = new AbortController().signal
const ttlMs = 400

test('[H5] no lease expires while every working connection is held for longer than leases live', async () => {
  const logger = collectLogLines()
  const server = await openTestDatabase('leases')
  onTestFinished(server.close)
  const target = { url: server.url, applicationName: 'leases', logger }
  const working = await openPostgres({ ...target, poolSize: 2 })
  const leases = await openPostgres({ ...target, poolSize: 1 })
  const settings = { ...testSettings, heartbeatMs: 50, ttlMs }
  const log = openPostgresLog({
    database: working,
    leaseDatabase: leases,
    logger,
    metrics: createMetrics({ processMetrics: false }),
    settings,
  })
  onTestFinished(async () => {
    await log.close()
    await Promise.all([working.close(), leases.close()])
  })
  await log.ensureTopics([declareTopic('busy'), declareTopic('dead')], never)
  const progress = createProgressStore(working)
  await progress.make('group', ['busy'], 4)
  const handled: LogRecord[] = []
  log.consumeLanes(
    {
      consumerGroup: 'group',
      topics: ['busy'],
      deadLetterTopic: 'dead',
      progress,
      maxConcurrency: 4,
      maxBufferedBytes: 1024 ** 2,
      maxAttempts: 3,
      lane: record => record.key,
      handle: async record => {
        handled.push(record)
        return { kind: 'emit', appends: [] }
      },
    },
    never,
  )
  await log.append({ topic: 'busy', records: [aRecord('one', 'first')] }, never)
  await until('it to work', () => handled.length === 1)
  const tokens = () => server.database.query('select partition, generation from log_leases order by partition')
  const before = await tokens()

  const holding = Array.from({ length: 2 }, () => working.query('select pg_sleep($1)', [(3 * ttlMs) / 1000]))
  await Promise.all(holding)

  expect(logger.lines.filter(({ event }) => event === 'log.leases-expired')).toEqual([])
  expect(await tokens()).toEqual(before)
  await log.append({ topic: 'busy', records: [aRecord('one', 'second')] }, never)
  await until('it to go on', () => handled.length === 2)
})
