// [G3] Records of 1 KiB per second that move from Postgres into Kafka: copied, read back from both and compared, until the log is there; against
// kafkajs, which is handed the same records as ready batches, idempotent, a batch of each of four producers in flight, and compares nothing.
import { openKafkaCopy } from '../src/log/kafka/kafka-copy.ts'
import type { NewRecord } from '../src/log/log.ts'
import { openPostgresLog } from '../src/log/postgres/postgres.ts'
import { claimLog } from '../src/main/log-identity.ts'
import { moveLog } from '../src/main/move/move.ts'
import { createMetrics } from '../src/runtime/metrics.ts'
import { openProducers, sendBatches } from './append-kafka.ts'
import { logger, never, openBroker, openGround, partitions } from './ground.ts'
import { type Bench, expectEqual, secondsOf } from './measure.ts'
import { someRecords } from './records.ts'

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
    let runs = 0
    return async () => {
      runs += 1
      const prefix = `move-${runs}.`
      const topic = `${prefix}events`
      await using opened = new AsyncDisposableStack()
      const database = await (await openGround(opened)).open(6)
      const log = openPostgresLog({ database, logger, metrics: createMetrics({ processMetrics: false }) })
      opened.defer(log.close)
      const declared = { ...declaration, topic }
      await log.ensureTopics([declared], never)
      await claimLog(database, { clusterId: null, topicPrefix: prefix })
      await fill(log.append, topic, { records, n })
      const moving = {
        ...{ database, log, copy, clock: Date.now, requireAlone: async () => undefined },
        ...{ registry: { idOf: async () => 1, schemaOf: async () => null }, judgeSchemas: async () => [] },
      }
      const settings = { topicPrefix: prefix, partitions, declarationOf: () => declared, declareKept: () => declared }
      const told = { planned: () => undefined, progressed: () => undefined, waiting: () => undefined }
      let verified = 0
      const seconds = await secondsOf(async () => {
        const outcome = await moveLog(moving, { settings, dryRun: false, told }, never)
        verified = outcome.kind === 'moved' ? outcome.moved.verified : 0
      })
      expectEqual('records that moved', verified, n)
      await copy.ensureTopics([{ ...declared, topic: 'bare' }], never)
      const bareSeconds = await secondsOf(() => sendBatches(bare, { records, n }))
      return { value: n / seconds, unit: 'records/s', bare: n / bareSeconds, n, seconds }
    }
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
