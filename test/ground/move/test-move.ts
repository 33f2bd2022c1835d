// A log in Postgres that is to move to the run's shared Kafka: topics of its own, and a registry there that gives each schema another id.
import { openCopyOut } from '../../../src/database/copy-out.ts'
import { type KafkaCopy, openKafkaCopy } from '../../../src/log/kafka/kafka-copy.ts'
import type { EventLog, LogRecord, NewRecord, TopicDeclaration } from '../../../src/log/log.ts'
import { openPostgresLog, type PostgresLog } from '../../../src/log/postgres/postgres.ts'
import { type BulkRead, readInBulk } from '../../../src/log/postgres/read-in-bulk.ts'
import { claimLog } from '../../../src/main/log-identity.ts'
import type { Moving, Outcome, Told } from '../../../src/main/move/move.ts'
import { moveLog } from '../../../src/main/move/move.ts'
import { MoveRefused } from '../../../src/main/move/move-refused.ts'
import type { Settings } from '../../../src/main/move/plan.ts'
import { createLogger } from '../../../src/runtime/logger.ts'
import { createMetrics } from '../../../src/runtime/metrics.ts'
import { askDesk } from '../ask-desk.ts'
import { openTestDatabase, type TestDatabase } from '../database.ts'
import { declareTopic } from '../log.ts'

export type TestMove = TestDatabase & {
  log: PostgresLog
  read: BulkRead
  copy: KafkaCopy
  append(topic: string, records: readonly NewRecord[], partition?: number): Promise<unknown>
  topic(name: string): string
  declare(name: string, of?: Partial<TopicDeclaration>): Promise<string>
  move(
    change?: Partial<Moving>,
    how?: { dryRun?: boolean; signal?: AbortSignal; progressed?: Told['progressed'] },
  ): Promise<Outcome>
}

const never = new AbortController().signal
const logger = createLogger({ level: 'silent' })
/** Two with the same number are the same record, but for `more`. */
export const aRecord = (n: number, more: Partial<NewRecord> = {}): NewRecord => ({
  key: `key-${n}`,
  value: Buffer.from(`value ${n}`),
  headers: { n: String(n) },
  recordedAt: Date.UTC(2026, 0, 1) + n,
  ...more,
})
export const records = (from: number, until: number) => Array.from({ length: until - from }, (_, n) => aRecord(from + n))
/** Elsewhere each schema has an id so much higher. */
export const OTHER_IDS = 70_000

let made = 0

export async function openTestMove(name: string): Promise<TestMove> {
  const { brokers } = JSON.parse(await askDesk('parts')) as { brokers: string }
  const topicPrefix = `move-${process.pid}-${++made}.`
  const server = await openTestDatabase(name, { poolSize: 10 })
  const log = openPostgresLog({
    database: server.database,
    logger,
    metrics: createMetrics({ processMetrics: false }),
    settings: { trimEveryMs: 3_600_000 },
  })
  const rows = openCopyOut({ url: server.url, applicationName: 'test', connections: 4, logger })
  const read = readInBulk(rows)
  const copy = openKafkaCopy({ brokers: [brokers], clientId: 'zaplog-test', logger, requestTimeoutMs: 15_000 })
  const declared = new Map<string, TopicDeclaration>()
  const topic = (of: string) => `${topicPrefix}${of}`
  await claimLog(server.database, { clusterId: null, topicPrefix })
  const ids: string[] = []
  const idOf = async ({ text }: { text: string }) => {
    if (!ids.includes(text)) ids.push(text)
    return OTHER_IDS + ids.indexOf(text) + 1
  }
  const moving: Moving = {
    database: server.database,
    log,
    read,
    copy,
    registry: { idOf, schemaOf: async () => null },
    judgeSchemas: async () => [],
    clock: Date.now,
    requireAlone: async () => undefined,
  }
  const settings: Settings = {
    topicPrefix,
    partitions: 4,
    declarationOf: of => declared.get(of) ?? null,
    declareKept: of => declareTopic(of),
  }
  return {
    ...server,
    log,
    read,
    copy,
    append: (topic, records, partition) => log.append({ topic, records, ...(partition !== undefined && { partition }) }, never),
    topic,
    declare: async (of, more = {}) => {
      const declaration = declareTopic(topic(of), more)
      declared.set(declaration.topic, declaration)
      await log.ensureTopics([declaration], never)
      return declaration.topic
    },
    move: (change = {}, { dryRun = false, signal = never, progressed = () => undefined } = {}) =>
      moveLog(
        { ...moving, ...change },
        { settings, dryRun, told: { planned: () => undefined, progressed, waiting: () => undefined } },
        signal,
      ),
    close: async () => {
      await copy.close()
      await rows.close()
      await log.close()
      await server.close()
    },
  }
}

/** Of a whole topic, as text, in order of partition and offset. */
export async function everythingIn(log: Pick<EventLog, 'read'>, topic: string): Promise<readonly string[]> {
  const found: LogRecord[] = []
  for await (const record of log.read(topic, { from: 'first', until: 'end' }, never)) found.push(record)
  return found
    .toSorted((a, b) => a.partition - b.partition || Number(a.offset - b.offset))
    .map(({ partition, offset, key, value, headers, recordedAt }) => {
      const bytes = value === null ? null : Buffer.from(value).toString('base64')
      return JSON.stringify([partition, String(offset), key, bytes, Object.entries(headers).toSorted(), recordedAt])
    })
}

/** Why it was refused, in words. */
export const reasonOf = (outcome: Promise<unknown>): Promise<string> =>
  outcome.then(
    () => 'it moved',
    error => (error instanceof MoveRefused ? error.message : Promise.reject(error)),
  )
