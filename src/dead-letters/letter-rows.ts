// The rows of dead letters: one for each record that died, as the topic tells of it, and what was asked for since. A row stays as long as its
// letter is in the topic, or until its account is purged.
import type { Transaction } from '../database/database.ts'
import type { DeadLetterSource, DeadLetterState } from '../events/vocabulary.ts'
import { rowsOf } from '../purge/erasure.ts'
import { isPurged } from '../purge/tombstones.ts'
import type { Letter } from './letter.ts'

export type DeadLetter = Letter & {
  state: DeadLetterState
  redrives: number
  redrivenAt: Date | null
  tries: number
  dueAt: Date | null
}

/**
 * A copy changes nothing but where the newest one is. What died again of more attempts than were known, after it was redriven, is dead once more;
 * so is a delivery that died before whoever gave it back could say so. Nothing of a purged instance.
 */
export async function keepLetter(database: Transaction, letter: Letter): Promise<void> {
  await database.query(
    `insert into dead_letters as d (dead_letter_id, source, processor, instance_id, key, event_id, event_type, partition, "offset",
       origin_topic, origin_partition, origin_offset, error_code, error_message, attempts, failed_at)
     select $1, $2, $3, $4, $5, $6, $7, $8::integer, $9::bigint, $10, $11::integer, $12::bigint, $13, $14, $15::integer,
            to_timestamp($16::float8 / 1000) where not ${isPurged('$4')}
     on conflict (dead_letter_id) do update set partition = excluded.partition, "offset" = excluded."offset", copies = d.copies + 1,
       state = case when d.state = 'redriven' and excluded.attempts > d.attempts or ${diedBefore} then 'dead' else d.state end,
       redrives = d.redrives + case when ${diedBefore} then 1 else 0 end,
       redriven_at = case when ${diedBefore} then now() else d.redriven_at end,
       claim = case when ${diedBefore} then null else d.claim end,
       error_code = excluded.error_code, error_message = excluded.error_message, attempts = excluded.attempts
     where excluded."offset" > d."offset"`,
    [
      ...[letter.deadLetterId, letter.source, letter.processor, letter.instanceId, letter.key, letter.eventId, letter.eventType],
      ...[letter.partition, String(letter.offset), letter.originTopic, letter.originPartition, String(letter.originOffset)],
      ...[letter.code, letter.message, letter.attempts, letter.failedAt],
    ],
  )
}

/** No attempt is made of a dead delivery but one that was given back. */
const diedBefore = `(d.state = 'redriving' and d.source = 'delivery' and excluded.attempts > d.attempts)`

/** Instants in ms: since `after`, before `before`, of when each failed first. */
export type LetterFilter = {
  ids?: readonly string[] | undefined
  source?: DeadLetterSource | undefined
  processor?: string | undefined
  instanceId?: string | undefined
  state?: DeadLetterState | undefined
  after?: number | undefined
  before?: number | undefined
}
type Place = { failedAt: number; deadLetterId: string }

/** Newest first, behind `cursor`. */
export async function listLetters(
  database: Transaction,
  { filter, cursor, limit }: { filter: LetterFilter; cursor: Place | null; limit: number },
): Promise<readonly DeadLetter[]> {
  const { where, values } = conditionOf(filter)
  const from = values.length
  const behind =
    cursor === null ? 'true' : `(d.failed_at, d.dead_letter_id) < (to_timestamp($${from + 2}::float8 / 1000), $${from + 3})`
  const rows = await database.query<Row>(
    `select ${columns} from dead_letters d where ${where} and ${behind} order by d.failed_at desc, d.dead_letter_id desc limit $${from + 1}`,
    [...values, limit, ...(cursor === null ? [] : [cursor.failedAt, cursor.deadLetterId])],
  )
  return rows.map(toDeadLetter)
}

export async function findLetter(database: Transaction, id: string): Promise<DeadLetter | null> {
  const [row] = await database.query<Row>(`select ${columns} from dead_letters d where d.dead_letter_id = $1`, [id])
  return row === undefined ? null : toDeadLetter(row)
}

/** Of one statement. */
export const MOST_AT_ONCE = 10_000

/** How many a change with this filter would be about, up to that. */
export async function countDead(database: Transaction, filter: LetterFilter, among: Among): Promise<number> {
  const { where, values } = conditionOf(filter)
  const [row] = await database.query<{ count: number }>(
    `select count(*)::integer as count from (select from dead_letters d where ${where} and ${among} limit ${MOST_AT_ONCE}) counted`,
    values,
  )
  return row?.count ?? 0
}

type Among = typeof redrivable | typeof discardable
/** Conditions: what a projection passed over is not taken again. */
export const redrivable = `d.state in ('dead', 'discarded') and d.source <> 'projection'`
export const discardable = `d.state = 'dead'`

/** Answers how many are to be redriven from now on, the oldest first, at most so many as one statement takes. */
export const askRedrive = (database: Transaction, filter: LetterFilter): Promise<number> =>
  change(
    database,
    filter,
    redrivable,
    `state = 'redriving', tries = 0, due_at = now(), claim = null, claimed_until = null, owner = null`,
  )

/** As askRedrive: they stay in the topic, and nobody waits for them any more. */
export const discardLetters = (database: Transaction, filter: LetterFilter): Promise<number> =>
  change(database, filter, discardable, `state = 'discarded'`)

async function change(database: Transaction, filter: LetterFilter, among: Among, set: string): Promise<number> {
  const { where, values } = conditionOf(filter)
  const rows = await database.query(
    `update dead_letters set ${set} where dead_letter_id in (
       select d.dead_letter_id from dead_letters d where ${where} and ${among}
        order by d.failed_at, d.dead_letter_id limit ${MOST_AT_ONCE} for update)
     returning 1`,
    values,
  )
  return rows.length
}

/** Records of the topic whose letters are redriven or discarded, from these offsets on. */
export async function countEnded(
  database: Transaction,
  firsts: readonly { partition: number; firstOffset: bigint }[],
): Promise<number> {
  const [row] = await database.query<{ count: number }>(
    `select coalesce(sum(d.copies), 0)::integer as count from unnest($1::integer[], $2::bigint[]) as f(partition, first)
     join dead_letters d on d.partition = f.partition and d."offset" >= f.first and d.state in ('redriven', 'discarded')`,
    [firsts.map(one => one.partition), firsts.map(one => String(one.firstOffset))],
  )
  return row?.count ?? 0
}

/** Those that the topic has no more, 5,000 at once: true: there may be more. */
export async function forgetLetters(
  database: Transaction,
  firsts: readonly { partition: number; firstOffset: bigint }[],
): Promise<boolean> {
  const rows = await database.query(
    `delete from dead_letters where dead_letter_id in (
       select d.dead_letter_id from unnest($1::integer[], $2::bigint[]) as f(partition, first)
       join dead_letters d on d.partition = f.partition and d."offset" < f.first and d.state <> 'redriving' limit 5000)
     returning 1`,
    [firsts.map(one => one.partition), firsts.map(one => String(one.firstOffset))],
  )
  return rows.length === 5000
}

function conditionOf({ ids, source, processor, instanceId, state, after, before }: LetterFilter) {
  const values: unknown[] = []
  const given = (value: unknown) => `$${values.push(value)}`
  const conditions = [
    ...(ids === undefined ? [] : [`d.dead_letter_id = any (${given(ids)}::text[])`]),
    ...(source === undefined ? [] : [`d.source = ${given(source)}`]),
    ...(processor === undefined ? [] : [`d.processor = ${given(processor)}`]),
    ...(instanceId === undefined ? [] : [`d.instance_id = ${given(instanceId)}`]),
    ...(state === undefined ? [] : [`d.state = ${given(state)}`]),
    ...(after === undefined ? [] : [`d.failed_at >= to_timestamp(${given(after)}::float8 / 1000)`]),
    ...(before === undefined ? [] : [`d.failed_at < to_timestamp(${given(before)}::float8 / 1000)`]),
  ]
  return { where: ['true', ...conditions].join(' and '), values }
}

export const columns = `d.dead_letter_id, d.source, d.processor, d.instance_id, d.key, d.event_id, d.event_type, d.partition, d."offset",
  d.origin_topic, d.origin_partition, d.origin_offset, d.error_code, d.error_message, d.attempts, d.failed_at, d.state, d.redrives, d.redriven_at,
  d.tries, d.due_at`

export type Row = {
  dead_letter_id: string
  source: DeadLetterSource
  processor: string
  instance_id: string
  key: string
  event_id: string | null
  event_type: string | null
  partition: number
  offset: string
  origin_topic: string
  origin_partition: number
  origin_offset: string
  error_code: string
  error_message: string
  attempts: number
  failed_at: Date
  state: DeadLetterState
  redrives: number
  redriven_at: Date | null
  tries: number
  due_at: Date | null
}

export const toDeadLetter = (row: Row): DeadLetter => ({
  ...{ deadLetterId: row.dead_letter_id, source: row.source, processor: row.processor, instanceId: row.instance_id },
  ...{ key: row.key, eventId: row.event_id, eventType: row.event_type, partition: row.partition, offset: BigInt(row.offset) },
  ...{ originTopic: row.origin_topic, originPartition: row.origin_partition, originOffset: BigInt(row.origin_offset) },
  ...{ code: row.error_code, message: row.error_message, attempts: row.attempts, failedAt: row.failed_at.getTime() },
  ...{ state: row.state, redrives: row.redrives, redrivenAt: row.redriven_at, tries: row.tries, dueAt: row.due_at },
})

export const lettersErasure = rowsOf('dead_letters')
