// [B2] Events of 1 KiB per second through the log in Postgres, from many callers with one each, against a raw insert of the same records into
// a plain table of the same columns and key: in batches as large as ours turned out, over as many connections.
import type { Database } from '../src/database/database.ts'
import type { NewRecord } from '../src/log/log.ts'
import { openPostgresLog } from '../src/log/postgres/postgres.ts'
import { createMetrics, type Metrics } from '../src/runtime/metrics.ts'
import { alternate } from './alternate.ts'
import { appendEach } from './append-kafka.ts'
import { appendPoolSize, ensureTopics, logger, openGround, poolSize } from './ground.ts'
import { type Bench, expectEqual, secondsOf } from './measure.ts'
import { someRecords } from './records.ts'

const n = 60_000
const different = 4_000

export const appendEmbedded: Bench = async closing => {
  const ground = await openGround(closing)
  const metrics = createMetrics({ processMetrics: false })
  const database = await ground.open(poolSize)
  const appendDatabase = await ground.open(appendPoolSize)
  const log = openPostgresLog({ database: appendDatabase, sends: appendPoolSize, logger, metrics })
  closing.defer(log.close)
  await ensureTopics(log, ['ours'])
  await database.query('create table bare_records (like log_records including all)')
  const records = await someRecords(different, { instances: 500, chatsPerInstance: 8 })
  const bareRecords = createBareInsert(appendDatabase, records)
  await appendEach(log, 'ours', { records, n: n / 4 })
  await bareRecords.insert(n / 4, 400)
  return async () => {
    const [before, bareBefore] = [await countOf(database, 'log_records'), await countOf(database, 'bare_records')]
    const sendsBefore = await sendsOf(metrics)
    let appended = 0
    const batchRecords = async () => Math.round(appended / ((await sendsOf(metrics)) - sendsBefore))
    const rates = await alternate({
      n,
      statements: ground.statements,
      ours: async count => {
        appended += count
        return secondsOf(() => appendEach(log, 'ours', { records, n: count }))
      },
      bare: async count => {
        const asLarge = await batchRecords()
        return secondsOf(() => bareRecords.insert(count, asLarge))
      },
    })
    expectEqual('records in the log', (await countOf(database, 'log_records')) - before, n)
    expectEqual('bare rows', (await countOf(database, 'bare_records')) - bareBefore, n)
    return { ...rates, unit: 'records/s', more: { batchRecords: await batchRecords() } }
  }
}

/** Each connection inserts batch after batch into a partition of its own; offsets are counted here. */
function createBareInsert(database: Database, records: readonly NewRecord[]) {
  const offsets = Array.from({ length: appendPoolSize }, () => 0)
  const insertBatch = (partition: number, batch: readonly NewRecord[]) => {
    const first = offsets[partition] ?? 0
    offsets[partition] = first + batch.length
    return database.query(
      `insert into bare_records (topic, partition, "offset", key, value, headers, recorded_at, newest_recorded_at, size_bytes)
       select 'bare', $1::integer, o, k, v, h, r, r, s
         from unnest($2::bigint[], $3::text[], $4::bytea[], $5::jsonb[], $6::timestamptz[], $7::integer[]) as n (o, k, v, h, r, s)`,
      [
        partition,
        batch.map((_, nth) => first + nth),
        batch.map(({ key }) => key),
        batch.map(({ value }) => value),
        batch.map(({ headers }) => JSON.stringify(headers)),
        batch.map(({ recordedAt }) => new Date(recordedAt).toISOString()),
        batch.map(({ value }) => value?.length ?? 0),
      ],
    )
  }
  return {
    insert: async (count: number, batchRecords: number) => {
      let taken = 0
      const work = async (partition: number) => {
        while (taken < count) {
          const from = taken
          taken += Math.min(batchRecords, count - from)
          await insertBatch(partition, cycled(records, from, taken))
        }
      }
      await Promise.all(offsets.map((_, partition) => work(partition)))
    },
  }
}

const cycled = (records: readonly NewRecord[], from: number, to: number): readonly NewRecord[] =>
  Array.from({ length: to - from }, (_, nth) => records[(from + nth) % records.length]).flatMap(record => record ?? [])

async function countOf(database: Database, table: string): Promise<number> {
  const [row] = await database.query<{ count: number }>(`select count(*)::integer as count from ${table}`)
  return row?.count ?? 0
}

async function sendsOf(metrics: Metrics): Promise<number> {
  return Number(/^zaplog_log_append_seconds_count (\d+)$/m.exec(await metrics.render())?.[1] ?? 0)
}
