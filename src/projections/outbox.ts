// What a projection emits goes into the log in the transaction that caused it, where the log is in the same database: as its last statement.
// Otherwise, and for as long as older records of the partition are owed, or the log would not take one of these as it is, it is a row in that
// transaction, and is appended afterwards, oldest first.
// Appended before deleted: a crash in between repeats records under the same event ids, and never loses one. One that the log refuses for
// good goes to the dead letters instead, and is said: those behind it go on.
import type { Database, Transaction } from '../database/database.ts'
import type { Codec } from '../events/codec.ts'
import type { TopicName } from '../events/topics.ts'
import { deadLetterOf } from '../log/dead-letter.ts'
import {
  type Append,
  type AppendedRow,
  type AppendInside,
  type EventLog,
  isAboutRecord,
  type LogError,
  type NewRecord,
} from '../log/log.ts'
import { renumbering } from '../log/schema-ids.ts'
import { ofHeaders, rowsOf } from '../purge/erasure.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Traces } from '../runtime/traces.ts'
import { type Emission, type Projection, titleOf } from './projection.ts'

type Identity = Pick<Projection, 'name' | 'version'>
type Encoding = {
  codec: Pick<Codec, 'encode'>
  topic(name: TopicName): string
  /** null or left out: nobody traces. */
  traces?: Traces | null
}
type Paying = Encoding & { log: Pick<EventLog, 'inside'> }
type Owed = { partition: number; topic: string; record: NewRecord }
/** What became of a step's emissions. */
export type Paid = {
  /** Partitions whose outbox holds records since. */
  owing: ReadonlySet<number>
  /** To be called once the transaction is committed. */
  committed(): void
}
type Draining = { database: Database; log: Pick<EventLog, 'append'>; topic(name: TopicName): string; logger: Logger }

const DRAIN_RECORDS = 200

/**
 * The last statement of the transaction: nothing but its commit may come after it. Throws EventError `not-encodable`, and so rolls back what
 * caused the emission.
 */
export async function payOrOwe(
  tx: Transaction,
  deps: Paying,
  of: Identity,
  emissions: readonly Emission[],
  signal: AbortSignal,
): Promise<Paid> {
  if (emissions.length === 0) return nothingOwed
  const { inside } = deps.log
  const owed = emissions.map(emission => ({
    partition: emission.partition,
    topic: deps.topic(emission.topic),
    record: recordOf(deps, emission),
  }))
  const committed = inside === null ? null : await appendInside(tx, inside, { of, owed }, signal)
  if (committed !== null) return { owing: new Set(), committed }
  await putInOutbox(tx, of, owed)
  return { owing: new Set(owed.map(one => one.partition)), committed: () => undefined }
}

/** What was held goes on with the trace of what it was held of, which nobody has in hand any more. */
function recordOf({ codec, traces }: Encoding, { event, key, wasHeld = null }: Emission): NewRecord {
  const parent = wasHeld?.traceparent ?? null
  const letGo = parent === null ? undefined : traces?.carry([event.eventId], parent)
  try {
    return codec.encode(event, key)
  } finally {
    letGo?.()
  }
}

const nothingOwed: Paid = { owing: new Set(), committed: () => undefined }

/** Answers what to call after the commit; null: nothing was appended. One statement, which looks itself whether anything older is owed: it would be overtaken. */
async function appendInside(
  tx: Transaction,
  inside: AppendInside,
  { of, owed }: { of: Identity; owed: readonly Owed[] },
  signal: AbortSignal,
): Promise<Paid['committed'] | null> {
  const values = await inside.prepare(appendsOf(owed), signal).catch(error => {
    if (!isAboutRecord(error)) throw error
    return null
  })
  if (values === null) return null
  const rows = await tx.query<AppendedRow>(
    `with records as (
       select r.* from ${inside.given} where not exists (
         select from projection_outbox where projection = $8 and version = $9 and partition = any ($10::integer[])))
     ${inside.appending('records')}`,
    [...values, of.name, of.version, [...new Set(owed.map(one => one.partition))]],
  )
  return rows.length === 0 ? null : () => inside.committed(rows, values)
}

async function putInOutbox(tx: Transaction, of: Identity, owed: readonly Owed[]): Promise<void> {
  await tx.query(
    `insert into projection_outbox (projection, version, partition, topic, key, headers, value, recorded_at)
     select $1, $2, n.partition, n.topic, n.key, n.headers, n.value, to_timestamp(n.recorded_at / 1000.0)
     from unnest($3::integer[], $4::text[], $5::text[], $6::jsonb[], $7::bytea[], $8::bigint[])
          with ordinality as n(partition, topic, key, headers, value, recorded_at, nth)
     order by n.nth`,
    [
      of.name,
      of.version,
      owed.map(one => one.partition),
      owed.map(one => one.topic),
      owed.map(({ record }) => record.key),
      owed.map(({ record }) => JSON.stringify(record.headers)),
      owed.map(({ record }) => record.value),
      owed.map(({ record }) => String(record.recordedAt)),
    ],
  )
}

/** Appends and deletes everything the outbox holds for these partitions; answers how many records that were. */
export async function drainOutbox(
  deps: Draining,
  of: Identity & { partitions: readonly number[] },
  signal: AbortSignal,
): Promise<number> {
  for (let drained = 0; ; ) {
    const rows = await oldest(deps.database, of)
    for (const append of appendsOf(rows.map(owedOf))) await appendOrPark(deps, append, titleOf(of), signal)
    if (rows.length > 0)
      await deps.database.query('delete from projection_outbox where outbox_id = any ($1::bigint[])', [
        rows.map(row => row.outbox_id),
      ])
    drained += rows.length
    if (rows.length < DRAIN_RECORDS) return drained
  }
}

type Row = { outbox_id: string; topic: string; key: string; headers: Record<string, string>; value: Buffer; recorded_at: Date }

const owedOf = ({ topic, recorded_at, key, headers, value }: Row) => ({
  topic,
  record: { key, headers, value, recordedAt: recorded_at.getTime() },
})

const oldest = (database: Transaction, of: Identity & { partitions: readonly number[] }): Promise<readonly Row[]> =>
  database.query<Row>(
    `select outbox_id, topic, key, headers, value, recorded_at from projection_outbox
     where projection = $1 and version = $2 and partition = any ($3::integer[]) order by outbox_id limit $4`,
    [of.name, of.version, of.partitions, DRAIN_RECORDS],
  )

/** One append per topic; records of one key have one topic, so that their order is kept. */
const appendsOf = (owed: readonly { topic: string; record: NewRecord }[]): readonly Append[] =>
  [...Map.groupBy(owed, one => one.topic)].map(([topic, ofTopic]) => ({ topic, records: ofTopic.map(one => one.record) }))

async function appendOrPark(deps: Draining, append: Append, processor: string, signal: AbortSignal): Promise<void> {
  try {
    await deps.log.append(append, signal)
  } catch (error) {
    if (!isAboutRecord(error)) throw error
    const { topic, records } = append
    const [first] = records
    if (records.length > 1)
      for (const record of records) await appendOrPark(deps, { topic, records: [record] }, processor, signal)
    else if (first !== undefined) await park(deps, { topic, record: first, refusal: error, processor }, signal)
  }
}

type Refused = { topic: string; record: NewRecord; refusal: LogError; processor: string }

/** Without its value where even the dead letters refuse it whole. Rejects where they refuse that too: then it stays owed. */
async function park(deps: Draining, { topic, record, refusal, processor }: Refused, signal: AbortSignal): Promise<void> {
  const failure = { code: refusal.code, message: refusal.message, attempts: 1, processor, firstFailedAt: record.recordedAt }
  const letter = deadLetterOf({ ...record, topic, ...nowhere }, failure)
  try {
    await deps.log.append({ topic: deps.topic('dead-letters'), records: [letter] }, signal)
  } catch (error) {
    if (!isAboutRecord(error)) throw error
    await deps.log.append({ topic: deps.topic('dead-letters'), records: [{ ...letter, value: null }] }, signal)
  }
  const eventId = record.headers['event-id']
  deps.logger.error('projection.record-parked', { projection: processor, topic, eventId, code: refusal.code, error: refusal })
}

/** It never had a place in its topic. */
const nowhere = { partition: -1, offset: -1n }

export const outboxErasure = rowsOf('projection_outbox', ofHeaders)
export const outboxRenumbering = renumbering('projection_outbox')
