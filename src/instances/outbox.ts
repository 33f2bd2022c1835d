// Records that changes of instances through the API owe to the log, rows of api_outbox: written with the change, in its transaction, and appended after it in that order.
// A crash in between repeats an append (same bytes, same event id), never loses one. One that the log refuses for good stays owed and is
// said; what the same instance owes waits behind it, everybody else goes on.
import type { Database, Transaction } from '../database/database.ts'
import type { Codec } from '../events/codec.ts'
import type { Event } from '../events/event.ts'
import { type TopicName, topicOf } from '../events/topics.ts'
import { type EventLog, isAboutRecord, type LogError, type NewRecord, type Position } from '../log/log.ts'
import { renumbering } from '../log/schema-ids.ts'
import { rowsOf } from '../purge/erasure.ts'
import { describeError, type Logger } from '../runtime/logger.ts'
import { wait } from '../runtime/wait.ts'

export type OutboxDeps = {
  database: Database
  log: Pick<EventLog, 'append'>
  codec: Pick<Codec, 'encode'>
  topic(name: TopicName): string
  logger: Logger
}
export type Outbox = {
  /** Within the change's own transaction. Answers the row's id. */
  owe(tx: Transaction, event: Event): Promise<string>
  /** Appends what is owed and answers where this record is; null: the log did not answer in time, and it will be appended later. */
  append(outboxId: string): Promise<readonly Position[] | null>
  /** null: nothing is owed for longer than usual. */
  trouble(): string | null
  close(): Promise<void>
}

const APPEND_TIMEOUT_MS = 5_000
const SWEEP_MS = 2_000

/** What a crash left behind is appended from the first moment on. */
export function openOutbox(deps: OutboxDeps): Outbox {
  const stop = new AbortController()
  let trouble: string | null = null
  /** Instances of which it was said that the log refuses something. */
  let said: ReadonlySet<string> = new Set()
  let draining: Promise<unknown> = Promise.resolve()
  const sweeping = sweep()

  /** One at a time in this process, so that at most one connection waits for the log. */
  function drain(signal: AbortSignal): Promise<readonly Refused[]> {
    const mine = draining.then(() => drainApiOutbox(deps, signal))
    draining = mine.catch(() => undefined) // reported by whoever asked for it
    return mine
  }

  /** Failures here are also those that a request gave up on. */
  async function sweep() {
    do {
      try {
        const refused = await drain(stop.signal)
        await forgetCollected(deps.database)
        trouble = describeRefused(refused)
        for (const { instanceId, refusal } of refused)
          if (!said.has(instanceId)) deps.logger.error('api.record-refused', { instanceId, error: refusal })
        said = new Set(refused.map(one => one.instanceId))
      } catch (error) {
        if (stop.signal.aborted) return
        if (trouble === null) deps.logger.warn('api.outbox-stuck', { error })
        trouble = `changes made through the API are waiting for the log: ${describeError(error)}`
      }
    } while (await wait(SWEEP_MS, stop.signal))
  }

  return {
    owe: (tx, event) => owe(deps, tx, event),
    append: async outboxId => {
      try {
        await drain(AbortSignal.any([stop.signal, AbortSignal.timeout(APPEND_TIMEOUT_MS)]))
        return await collect(deps.database, outboxId)
      } catch (error) {
        deps.logger.warn('api.append-postponed', { outboxId, error })
        return null
      }
    },
    trouble: () => trouble,
    close: async () => {
      stop.abort()
      await sweeping
      await draining
    },
  }
}

/** As `Outbox.owe`, for whoever has no outbox of their own. */
export async function owe(deps: Pick<OutboxDeps, 'codec' | 'topic'>, tx: Transaction, event: Event): Promise<string> {
  const [id] = await oweAll(deps, tx, [event])
  if (id === undefined) throw new Error(`writing ${event.type} to api_outbox: expected the new row, got none`)
  return id
}

/** Answers their rows' ids, in this order, in which they are appended. */
export async function oweAll(
  { codec, topic }: Pick<OutboxDeps, 'codec' | 'topic'>,
  tx: Transaction,
  events: readonly Event[],
): Promise<readonly string[]> {
  const rows = events.map(event => ({ ...codec.encode(event), topic: topic(topicOf(event.type)) }))
  const inserted = await tx.query<{ outbox_id: string }>(
    `insert into api_outbox (topic, key, headers, value, recorded_at)
     select topic, key, headers, value, to_timestamp(recorded_at / 1000)
     from unnest($1::text[], $2::text[], $3::jsonb[], $4::bytea[], $5::float8[]) with ordinality as n(topic, key, headers, value, recorded_at, nth)
     order by nth returning outbox_id`,
    [
      ...[rows.map(row => row.topic), rows.map(row => row.key), rows.map(row => JSON.stringify(row.headers))],
      ...[rows.map(row => row.value), rows.map(row => row.recordedAt)],
    ],
  )
  return inserted.map(row => row.outbox_id)
}

type OwedRow = {
  outbox_id: string
  topic: string
  key: string
  headers: Record<string, string>
  value: Buffer | null
  recorded_at_ms: string
}

const MAX_ROWS = 500

/** What the log refuses of an instance for good, first of all that it owes. */
type Refused = { instanceId: string; refusal: LogError }

/**
 * Appends what is owed, oldest first, one process at a time, and answers what is refused for good. Rejects what else the log or the
 * database rejects; the rest stays owed. Its rows are locked, so that a purge takes back only what is not on its way to the log.
 */
export async function drainApiOutbox(
  deps: Pick<OutboxDeps, 'database' | 'log'>,
  signal: AbortSignal,
): Promise<readonly Refused[]> {
  const { database, log } = deps
  const [owed] = await database.query('select 1 from api_outbox where appended_at is null limit 1')
  if (owed === undefined) return []
  return database.transact(async tx => {
    const refused = new Map<string, LogError>()
    await tx.query(`select pg_advisory_xact_lock(hashtext('api_outbox'))`)
    const rows = await tx.query<OwedRow>(
      `select outbox_id, topic, key, headers, value, (extract(epoch from recorded_at) * 1000)::bigint as recorded_at_ms
       from api_outbox where appended_at is null order by outbox_id limit ${MAX_ROWS} for update`,
    )
    for (const run of runsOf(rows)) {
      const isBehind = run.some(row => refused.has(row.key))
      if (!isBehind && run.length > 1 && (await appendRun({ tx, log }, run, signal))) continue
      for (const row of run) {
        if (refused.has(row.key)) continue
        const refusal = await appendRow({ tx, log }, row, signal)
        if (refusal !== null) refused.set(row.key, refusal)
      }
    }
    if (rows.some(({ key, headers }) => headers['event-type'] === 'instance.created' && !refused.has(key))) await wakeOwners(tx)
    return [...refused].map(([instanceId, refusal]) => ({ instanceId, refusal }))
  }, signal)
}

/** What one instance owes to one topic, as far as it comes one after another. */
function runsOf(rows: readonly OwedRow[]): readonly (readonly OwedRow[])[] {
  const runs: OwedRow[][] = []
  for (const row of rows) {
    const last = runs.at(-1)
    if (last !== undefined && last[0]?.topic === row.topic && last[0].key === row.key) last.push(row)
    else runs.push([row])
  }
  return runs
}

type To = { tx: Transaction; log: Pick<EventLog, 'append'> }

/** In one append: what many owe keeps nobody waiting. Each is said to be where the last of them is. false: the log refuses one of them for good. */
async function appendRun({ tx, log }: To, run: readonly OwedRow[], signal: AbortSignal): Promise<boolean> {
  try {
    const positions = await log.append({ topic: run[0]?.topic ?? '', records: run.map(recordOf) }, signal)
    await tx.query('update api_outbox set appended_at = now(), positions = $2 where outbox_id = any($1::bigint[])', [
      run.map(row => row.outbox_id),
      positionsText(positions),
    ])
    return true
  } catch (error) {
    if (isAboutRecord(error)) return false
    throw error
  }
}

const recordOf = (row: OwedRow): NewRecord => ({
  key: row.key,
  value: row.value,
  headers: row.headers,
  recordedAt: Number(row.recorded_at_ms),
})

/** null: the log has it. */
async function appendRow({ tx, log }: To, row: OwedRow, signal: AbortSignal): Promise<LogError | null> {
  try {
    const positions = await log.append({ topic: row.topic, records: [recordOf(row)] }, signal)
    await tx.query('update api_outbox set appended_at = now(), positions = $2 where outbox_id = $1', [
      row.outbox_id,
      positionsText(positions),
    ])
    return null
  } catch (error) {
    if (isAboutRecord(error)) return error
    throw error
  }
}

const describeRefused = ([first, ...others]: readonly Refused[]): string | null =>
  first === undefined
    ? null
    : `the log refuses for good what was changed of ${others.length + 1} instances, first ${first.instanceId}: ${describeError(first.refusal)}`

/** Of instances: they look what is wanted of them. An instance begins once its creation is in the log. Lost wakes only cost time: owners poll too. */
export const wakeOwners = (database: Transaction) => database.query(`select pg_notify('instances', '')`)

const positionsText = (positions: readonly Position[]): string =>
  JSON.stringify(positions.map(one => ({ ...one, nextOffset: String(one.nextOffset) })))

async function collect(database: Database, outboxId: string): Promise<readonly Position[] | null> {
  const [row] = await database.query<{ positions: { topic: string; partition: number; nextOffset: string }[] }>(
    'delete from api_outbox where outbox_id = $1 and appended_at is not null returning positions',
    [outboxId],
  )
  return row?.positions.map(one => ({ ...one, nextOffset: BigInt(one.nextOffset) })) ?? null
}

/** A condition, for `where`: the log has not taken the creation of that instance yet. `instanceId` is SQL. */
export const isCreationOwed = (instanceId: string): string => `exists (select from api_outbox owed
  where owed.key = ${instanceId} and owed.appended_at is null and owed.headers ->> 'event-type' = 'instance.created')`

/** What is owed of one instance. It is locked: what is on its way to the log is there first, and nothing is appended of it meanwhile. */
export async function lockOwed(tx: Transaction, instanceId: string): Promise<readonly { id: string; type: string }[]> {
  return tx.query<{ id: string; type: string }>(
    `select outbox_id as id, headers ->> 'event-type' as type from api_outbox where key = $1 and appended_at is null for update`,
    [instanceId],
  )
}

/** It is owed no more. */
export async function takeBack(tx: Transaction, owed: readonly { id: string }[]): Promise<void> {
  await tx.query('delete from api_outbox where outbox_id = any($1::bigint[])', [owed.map(one => one.id)])
}

/** Rows whose request is gone: it was given up, or its process died. */
const forgetCollected = (database: Database) =>
  database.query(`delete from api_outbox where appended_at < now() - interval '1 minute'`)

export const owedErasure = rowsOf('api_outbox', 'key = $1')
export const owedRenumbering = renumbering('api_outbox')
