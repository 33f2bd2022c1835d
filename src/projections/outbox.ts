// What a projection emits is a row in the transaction that caused it, and is appended to the log afterwards, oldest first.
// Appended before deleted: a crash in between repeats records under the same event ids, and never loses one. One that the log refuses for
// good goes to the dead letters instead, and is said: those behind it go on.
import type { Database, Transaction } from '../database/database.ts'
import type { Codec } from '../events/codec.ts'
import type { TopicName } from '../events/topics.ts'
import { deadLetterOf } from '../log/dead-letter.ts'
import { type Append, type EventLog, isAboutRecord, type LogError, type NewRecord } from '../log/log.ts'
import { ofHeaders, rowsOf } from '../purge/erasure.ts'
import type { Logger } from '../runtime/logger.ts'
import { type Emission, type Projection, titleOf } from './projection.ts'

type Identity = Pick<Projection, 'name' | 'version'>
type Encoding = { codec: Pick<Codec, 'encode'>; topic(name: TopicName): string }
type Draining = { database: Database; log: Pick<EventLog, 'append'>; topic(name: TopicName): string; logger: Logger }

const DRAIN_RECORDS = 200

/** Throws EventError `not-encodable`, and so rolls back what caused the emission. */
export async function putInOutbox(
  tx: Transaction,
  { codec, topic }: Encoding,
  of: Identity,
  emissions: readonly Emission[],
): Promise<void> {
  if (emissions.length === 0) return
  const records = emissions.map(({ event, key }) => codec.encode(event, key))
  await tx.query(
    `insert into projection_outbox (projection, version, partition, topic, key, headers, value, recorded_at)
     select $1, $2, n.partition, n.topic, n.key, n.headers, n.value, to_timestamp(n.recorded_at / 1000.0)
     from unnest($3::integer[], $4::text[], $5::text[], $6::jsonb[], $7::bytea[], $8::bigint[])
          with ordinality as n(partition, topic, key, headers, value, recorded_at, nth)
     order by n.nth`,
    [
      of.name,
      of.version,
      emissions.map(one => one.partition),
      emissions.map(one => topic(one.topic)),
      records.map(one => one.key),
      records.map(one => JSON.stringify(one.headers)),
      records.map(one => one.value),
      records.map(one => String(one.recordedAt)),
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
    for (const append of appendsOf(rows)) await appendOrPark(deps, append, titleOf(of), signal)
    if (rows.length > 0)
      await deps.database.query('delete from projection_outbox where outbox_id = any ($1::bigint[])', [
        rows.map(row => row.outbox_id),
      ])
    drained += rows.length
    if (rows.length < DRAIN_RECORDS) return drained
  }
}

type Row = { outbox_id: string; topic: string; key: string; headers: Record<string, string>; value: Buffer; recorded_at: Date }

const oldest = (database: Transaction, of: Identity & { partitions: readonly number[] }): Promise<readonly Row[]> =>
  database.query<Row>(
    `select outbox_id, topic, key, headers, value, recorded_at from projection_outbox
     where projection = $1 and version = $2 and partition = any ($3::integer[]) order by outbox_id limit $4`,
    [of.name, of.version, of.partitions, DRAIN_RECORDS],
  )

/** One append per topic; rows of one key have one topic, so that their order is kept. */
function appendsOf(rows: readonly Row[]): readonly Append[] {
  const records = new Map<string, NewRecord[]>()
  for (const row of rows) {
    const record = { key: row.key, value: row.value, headers: row.headers, recordedAt: row.recorded_at.getTime() }
    const known = records.get(row.topic)
    if (known === undefined) records.set(row.topic, [record])
    else known.push(record)
  }
  return [...records].map(([topic, ofTopic]) => ({ topic, records: ofTopic }))
}

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
