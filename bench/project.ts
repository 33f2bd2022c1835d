// [D2] Events per second through the read model, each exactly once in effect, from the log in Postgres on: texts, files and what becomes of
// them, receipts and edits; against a raw insert of the rows that came of them into tables of the same columns and indexes, in batches as
// large, over as many connections.
import type { Database } from '../src/database/database.ts'
import { openCodec } from '../src/events/codec.ts'
import { topicOf } from '../src/events/topics.ts'
import { openPostgresLog } from '../src/log/postgres/postgres.ts'
import type { Projection } from '../src/projections/projection.ts'
import { readModel } from '../src/projections/read-model/read-model.ts'
import { openProjection } from '../src/projections/runner.ts'
import { openPostgresRegistry } from '../src/registry/postgres.ts'
import { createMetrics } from '../src/runtime/metrics.ts'
import { makeCheckpoints } from '../test/ground/projections/make-checkpoints.ts'
import { until } from '../test/ground/until.ts'
import { alternate } from './alternate.ts'
import { consumerGroup, ensureTopics, logger, never, openGround, partitions, poolSize, topic } from './ground.ts'
import { type Bench, expectEqual, secondsOf } from './measure.ts'
import { someConversation } from './records.ts'

const n = 20_000
/** What these events become. */
const tables = ['messages', 'chats', 'address_pairs', 'message_receipts', 'message_edits', 'media']
/** As the runner has them: its largest batch, and steps at once. */
const batchRows = 1_000
const stepsAtOnce = 4

export const project: Bench = async closing => {
  const ground = await openGround(closing)
  const database = await ground.open(poolSize)
  const metrics = createMetrics({ processMetrics: false })
  const log = openPostgresLog({ database, logger, metrics })
  closing.defer(log.close)
  await ensureTopics(log)
  const codec = await openCodec(openPostgresRegistry(database), never)
  await makeCheckpoints(database, readModel, partitions)
  for (const table of tables) await database.query(`create table bare_${table} (like read_model_1.${table} including all)`)

  const append = async (count: number): Promise<readonly string[]> => {
    const events = someConversation(count, { instances: 50, chatsPerInstance: 20 })
    for (const [of, ofTopic] of Map.groupBy(events, ({ type }) => topicOf(type)))
      await log.append({ topic: topic(of), records: ofTopic.map(event => codec.encode(event)) }, never)
    return events.map(({ eventId }) => eventId)
  }
  /** From the first batch of a backlog until every row is there, in seconds. */
  const projectAll = async (): Promise<number> => {
    const end = await countOf(database, 'log_records')
    let startedAt = Number.POSITIVE_INFINITY
    const timed: Projection = {
      ...readModel,
      gather: placed => {
        startedAt = Math.min(startedAt, performance.now())
        return readModel.gather(placed)
      },
    }
    const role = openProjection({ database, log, codec, topic, consumerGroup, partitions, logger, metrics }, timed)
    await until('every event to be projected', async () => (await projected(database)) === end)
    const seconds = (performance.now() - startedAt) / 1000
    await role.close()
    return seconds
  }

  await append(n / 4)
  await projectAll()
  return async () => {
    const before = await projected(database)
    let eventIds: readonly string[] = []
    let inserts: readonly Prepared[] = []
    const rates = await alternate({
      n,
      slices: 2,
      statements: ground.statements,
      before: async count => {
        eventIds = await append(count)
      },
      ours: projectAll,
      between: async () => {
        inserts = await Promise.all(tables.map(table => prepareInsert(database, table, eventIds)))
      },
      bare: async () => {
        const seconds = await secondsOf(async () => {
          for (const one of inserts) await one.insert()
        })
        for (const { table, rows } of inserts) expectEqual(`bare ${table}`, await countOf(database, `bare_${table}`), rows)
        return seconds
      },
    })
    expectEqual('events that were read', (await projected(database)) - before, n)
    return { ...rates, unit: 'events/s' }
  }
}

type Prepared = { table: string; rows: number; insert(): Promise<void> }

/** The rows that these events gave their present form, ready to be inserted once more. */
async function prepareInsert(database: Database, table: string, eventIds: readonly string[]): Promise<Prepared> {
  await database.query(`truncate bare_${table}`)
  const columns = await database.query<{ name: string; type: string }>(
    `select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute
     where attrelid = $1::regclass and attnum > 0 and attgenerated = '' order by attnum`,
    [`read_model_1.${table}`],
  )
  const names = columns.map(({ name }) => name).join(', ')
  const rows = await database.query<Record<string, string | null>>(
    `select ${columns.map(({ name }) => `${name}::text`).join(', ')} from ${table} where changed_by_event = any($1)`,
    [eventIds],
  )
  const arrays = columns.map(({ type }, at) => `$${at + 1}::${type}[]`).join(', ')
  const insert = (batch: typeof rows) =>
    database.query(
      `insert into bare_${table} (${names}) select * from unnest(${arrays})`,
      columns.map(({ name }) => batch.map(row => row[name])),
    )
  let taken = 0
  const work = async () => {
    while (taken < rows.length) {
      const from = taken
      taken += batchRows
      await insert(rows.slice(from, from + batchRows))
    }
  }
  return { table, rows: rows.length, insert: async () => void (await Promise.all(Array.from({ length: stepsAtOnce }, work))) }
}

async function countOf(database: Database, table: string): Promise<number> {
  const [row] = await database.query<{ count: number }>(`select count(*)::integer as count from ${table}`)
  return row?.count ?? 0
}

/** Records that are behind the checkpoints. */
async function projected(database: Database): Promise<number> {
  const [row] = await database.query<{ count: number }>(
    `select sum(value::bigint)::integer as count from projection_checkpoints cross join jsonb_each_text(offsets) where projection = $1`,
    [readModel.name],
  )
  return row?.count ?? 0
}
