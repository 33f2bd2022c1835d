// [G3] Records of 1 KiB per second that move from Postgres into Kafka: copied, read back from both and compared, until the log is there; against
// kafkajs, which is handed the same records as ready batches, idempotent, a batch of each of four producers in flight, and compares nothing.
import { openCopyOut } from '../src/database/copy-out.ts'
import { openKafkaCopy } from '../src/log/kafka/kafka-copy.ts'
import type { NewRecord } from '../src/log/log.ts'
import { openPostgresLog } from '../src/log/postgres/postgres.ts'
import { readInBulk } from '../src/log/postgres/read-in-bulk.ts'
import { claimLog } from '../src/main/log-identity.ts'
import { type Moving, moveLog, type Progress } from '../src/main/move/move.ts'
import type { Settings } from '../src/main/move/plan.ts'
import { createMetrics } from '../src/runtime/metrics.ts'
import { openProducers, sendBatches } from './append-kafka.ts'
import { logger, never, openBroker, openGround, partitions } from './ground.ts'
import { type Bench, expectEqual, round, secondsOf } from './measure.ts'
import { watchOurselves } from './profile.ts'
import { someRecords } from './records.ts'
import { createMeter } from './usage.ts'

const different = 4_000
const producers = 4

/** Of each run another log, in a database of its own, with topics of its own in the same Kafka. */
export const migrate =
  ({ n }: { n: number }): Bench =>
  async closing => {
    const broker = await openBroker(closing)
    const copy = openKafkaCopy({ brokers: [broker.brokers], clientId: 'bench', logger, requestTimeoutMs: 15_000 })
    closing.defer(copy.close)
    const bare = await openProducers(closing, broker.brokers, producers)
    const records = await someRecords(different, { instances: 500, chatsPerInstance: 8 })
    watchOurselves()
    let runs = 0
    return async () => {
      runs += 1
      const prefix = `move-${runs}.`
      const topic = `${prefix}events`
      await using opened = new AsyncDisposableStack()
      const ground = await openGround(opened)
      const database = await ground.open(6)
      const log = openPostgresLog({ database, logger, metrics: createMetrics({ processMetrics: false }) })
      opened.defer(log.close)
      const rows = openCopyOut({ url: ground.url, applicationName: 'bench', connections: 4, logger })
      opened.defer(rows.close)
      const declared = { ...declaration, topic }
      await log.ensureTopics([declared], never)
      await claimLog(database, { clusterId: null, topicPrefix: prefix })
      await fill(log.append, topic, { records, n })
      const moving = {
        ...{ database, log, read: readInBulk(rows), copy, clock: Date.now, requireAlone: async () => undefined },
        ...{ registry: { idOf: async () => 1, schemaOf: async () => null }, judgeSchemas: async () => [] },
      }
      const settings = { topicPrefix: prefix, partitions, declarationOf: () => declared, declareKept: () => declared }
      const meter = createMeter(ground.statements)
      const { seconds, more } = await meter.during('ours', () => moveAll(moving, { settings, n }))
      await copy.ensureTopics([{ ...declared, topic: 'bare' }], never)
      const bareSeconds = await meter.during('bare', () => secondsOf(() => sendBatches(bare, { records, n })))
      return { value: n / seconds, unit: 'records/s', bare: n / bareSeconds, n, seconds, more, usage: meter.usage(n) }
    }
  }

/** `more`: seconds until all was there, and from then on until it was compared and the log had moved. */
async function moveAll(moving: Moving, { settings, n }: { settings: Settings; n: number }) {
  const startedAt = performance.now()
  let copiedAt = startedAt
  const progressed = ({ step, done }: Progress) => {
    if (step === 'verify' && done === 0) copiedAt = performance.now()
  }
  const told = { planned: () => undefined, progressed, waiting: () => undefined }
  const outcome = await moveLog(moving, { settings, dryRun: false, told }, never)
  const endedAt = performance.now()
  expectEqual('records that moved', outcome.kind === 'moved' ? outcome.moved.verified : 0, n)
  const more = { copyingS: round((copiedAt - startedAt) / 1000), comparingS: round((endedAt - copiedAt) / 1000) }
  return { seconds: (endedAt - startedAt) / 1000, more }
}

const declaration = {
  partitions,
  replication: 1,
  minInsync: 1,
  retentionMs: 'forever' as const,
  cleanup: 'delete' as const,
  maxRecordBytes: 2 * 1024 ** 2,
}

type Work = { records: readonly NewRecord[]; n: number }
type AppendTo = (append: { topic: string; records: readonly NewRecord[] }, signal: AbortSignal) => Promise<unknown>

async function fill(append: AppendTo, topic: string, { records, n }: Work): Promise<void> {
  for (let left = n; left > 0; left -= records.length) await append({ topic, records: records.slice(0, left) }, never)
}
