// A database, a log and the counting projection, for tests of the runner; everything opened is closed with the test.
import { afterEach, beforeEach } from 'vitest'
import type { Database } from '../../../src/database/database.ts'
import type { Event, EventOf } from '../../../src/events/event.ts'
import { topicOfEvent } from '../../../src/events/topics.ts'
import type { LogRecord } from '../../../src/log/log.ts'
import { openProjection, type ProjectionDeps } from '../../../src/projections/runner.ts'
import type { Logger } from '../../../src/runtime/logger.ts'
import { createMetrics } from '../../../src/runtime/metrics.ts'
import type { Role } from '../../../src/runtime/role.ts'
import { openTestDatabase } from '../database.ts'
import { anEvent } from '../events.ts'
import { openTestLog, type TestLog } from '../log.ts'
import { never } from '../projection-dsl.ts'
import { until } from '../until.ts'
import { type Counting, openCounting, readCounted } from './counting-projection.ts'

export const PARTITIONS = 2

export type RunnerWorld = Omit<TestLog, 'close'> & {
  url: string
  database: Database
  counting: Counting
  /** Runs the counting projection. */
  open(changed?: Partial<ProjectionDeps>): Role
  append(...events: readonly Event[]): Promise<void>
  countedAll(events: readonly Event[]): Promise<unknown>
  /** What the projection appended to the log. */
  emitted(): Promise<readonly LogRecord[]>
  outboxSize(): Promise<number>
}

/** Opens one world for each test of a file. */
export function useRunnerWorld(logger: Logger): () => RunnerWorld {
  let world: (RunnerWorld & { end(): Promise<void> }) | null = null
  beforeEach(async () => {
    world = await openRunnerWorld(logger)
  })
  afterEach(() => world?.end())
  return () => {
    if (world === null) throw new Error('a world is there while a test runs')
    return world
  }
}

async function openRunnerWorld(logger: Logger): Promise<RunnerWorld & { end(): Promise<void> }> {
  const test = await openTestDatabase('projection runner', { poolSize: 8 })
  const { close, ...log } = await openTestLog(test, { partitions: PARTITIONS })
  const counting = await openCounting(test.database, { emits: true })
  const opened: Role[] = []
  const { database } = test
  return {
    ...log,
    url: test.url,
    database,
    counting,
    open: (changed = {}) => {
      const metrics = createMetrics({ processMetrics: false })
      const consumerGroup = (name: string) => `zaplog.${name}`
      const role = openProjection(
        { database, ...log, consumerGroup, partitions: PARTITIONS, logger, metrics, ...changed },
        counting,
      )
      opened.push(role)
      return role
    },
    append: async (...events) => {
      for (const [topic, of] of Map.groupBy(events, event => log.topic(topicOfEvent(event))))
        await log.log.append({ topic, records: of.map(event => log.codec.encode(event)) }, never)
    },
    countedAll: events =>
      until(`${events.length} events counted`, async () => (await readCounted(database)).length >= events.length),
    emitted: async () => {
      const records: LogRecord[] = []
      for await (const record of log.log.read(log.topic('webhook-deliveries'), { from: 'first', until: 'end' }, never))
        records.push(record)
      return records
    },
    outboxSize: async () => (await database.query('select from projection_outbox')).length,
    end: async () => {
      await Promise.all(opened.map(role => role.close()))
      await close()
      await test.close()
    },
  }
}

export const someEvents = (
  count: number,
  given: Partial<EventOf<'message.received'>> = {},
): readonly EventOf<'message.received'>[] => Array.from({ length: count }, () => anEvent('message.received', given))
export const eventIds = (records: readonly LogRecord[]) => records.map(record => record.headers['event-id'])
