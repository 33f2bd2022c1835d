// The table socket_reads: questions of the API to whoever holds an account, and what came back, for as long as somebody may want it. Of one kind and
// subject there is one row: however many ask at one moment, WhatsApp is asked once. This file alone reads and writes it.
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { boundedCount } from '../database/bounded-count.ts'
import type { Database, Transaction } from '../database/database.ts'
import { asRows } from '../database/statement-parts.ts'
import { rowsOf } from '../purge/erasure.ts'
import { isPurged } from '../purge/tombstones.ts'
import { isOwner, type Owned } from './instance-owners.ts'
import type { SocketRead } from './socket-answers.ts'

/** Payload: the instance's id. */
export const socketReadsChannel = 'socket_reads'
/** Payload: `answerKey` of what was answered. */
export const socketAnswersChannel = 'socket_answers'

/** How long what WhatsApp said may be of use. */
export const keptForMs = 86_400_000

const answer = z.union([z.object({ said: z.unknown() }), z.object({ code: z.string() })])
/** said: in the shape of its kind; code: WhatsApp's refusal. */
export type SocketAnswer = z.infer<typeof answer>
export type Question = { instanceId: string; kind: SocketRead; subject: string }
/** `readAt`: when it was read from its row, which was before WhatsApp was asked; epoch milliseconds, by Postgres' clock. */
export type OpenQuestion = Question & { readAt: number }
/** `answeredAt`: epoch milliseconds, by Postgres' clock. */
export type KeptAnswer = { subject: string; answer: SocketAnswer; answeredAt: number; ageSeconds: number }

type Asking = { instanceId: string; kind: SocketRead; subjects: readonly string[] }

/** What will do for who asks: what was answered after `since`, unless anything changed between its question and `askedAt`. Epoch milliseconds. */
export type Enough = { since: number; askedAt: number }

/**
 * Asks for those of which no answer is younger than `maxAgeMs`, or none that is not old; one that waits already waits for as long as a new one.
 * isFull: so many of the instance wait that none was asked. No two subjects are the same.
 */
export async function askQuestions(
  database: Transaction,
  { instanceId, kind, subjects, maxAgeMs, withinMs }: Asking & { maxAgeMs: number; withinMs: number },
): Promise<Enough & { isFull: boolean }> {
  const values = [instanceId, kind, subjects, maxAgeMs, withinMs]
  const [row] = await database.query<Enough & { isFull: boolean }>(askSql, values)
  if (row === undefined) throw new Error(`asking for ${kind} of ${instanceId}: expected a row, got none`)
  return row
}

/** Of an instance, of whatever kind; in one process as many may wait for answers. */
export const MOST_WAITING = 500

const interval = (ms: string) => `make_interval(secs => ${ms}::float8 / 1000)`
const asMs = (instant: string) => `(extract(epoch from ${instant}) * 1000)::float8`

const waitingRows = `1 from socket_reads where instance_id = $1 and asked_until is not null and asked_until > now()`
const askSql = `with waiting as materialized (
  select ${boundedCount(waitingRows, MOST_WAITING)} >= ${MOST_WAITING} as is_full
), asked as (
  insert into socket_reads as r (instance_id, kind, subject, asked_at, asked_last_at, asked_until, expires_at)
  select $1::text, $2, n.subject, now(), now(), now() + ${interval('$5')}, now() + ${interval('$5')} from unnest($3::text[]) as n(subject)
  where not ${isPurged('$1::text')} and not (select is_full from waiting)
  order by n.subject
  on conflict (instance_id, kind, subject) do update
    set asked_at = case when r.asked_until > now() then r.asked_at else now() end,
      asked_last_at = greatest(r.asked_last_at, now()), asked_until = excluded.asked_until,
      answered_at = case when r.expires_at > now() then r.answered_at end, expires_at = greatest(r.expires_at, excluded.expires_at)
    where r.answered_at is null or r.answered_at <= now() - ${interval('$4')} or r.old_at is not null or r.expires_at <= now()
  returning 1
), told as (select pg_notify('${socketReadsChannel}', $1) from (select from asked limit 1) any_asked)
select ${asMs(`now() - ${interval('$4')}`)} as since, ${asMs('now()')} as "askedAt", is_full as "isFull", (select count(*) from told) as told from waiting`

/** Those that will do: what has become old since it was asked for is as good as it was then. */
export async function readAnswers(
  database: Pick<Database, 'query'>,
  { instanceId, kind, subjects, since, askedAt }: Asking & Enough,
): Promise<readonly KeptAnswer[]> {
  const rows = await database.query<{ subject: string; answer: unknown; answered: number; age: number }>(
    `select subject, answer, ${asMs('answered_at')} as answered, extract(epoch from now() - answered_at)::float8 as age from socket_reads
     where instance_id = $1 and kind = $2 and subject = any($3::text[]) and answered_at > to_timestamp($4::float8 / 1000)
       and coalesce(old_at > to_timestamp($5::float8 / 1000), true) and expires_at > now()`,
    [instanceId, kind, subjects, since, askedAt],
  )
  return rows.map(({ subject, answer: said, answered, age }) => ({
    ...{ subject, answer: answer.parse(said), answeredAt: Math.round(answered) },
    ageSeconds: Math.max(0, Math.floor(age)),
  }))
}

/** Of each of these instances those that have waited longest. */
export const readQuestions = (
  database: Pick<Database, 'query'>,
  instanceIds: readonly string[],
  { perInstance }: { perInstance: number },
): Promise<readonly OpenQuestion[]> =>
  database.query<OpenQuestion>(
    `select q.instance_id as "instanceId", q.kind, q.subject, ${asMs('now()')} as "readAt" from unnest($1::text[]) as given(instance_id) cross join lateral (
       select r.instance_id, r.kind, r.subject from socket_reads r
       where r.instance_id = given.instance_id and r.asked_until is not null and r.asked_until > now()
       order by r.asked_at, r.kind, r.subject limit $2) q`,
    [instanceIds, perInstance],
  )

export type Answered = { subject: string; answer: SocketAnswer; keptMs: number }

/** However long the subject is, the payload of a wake is not. */
export const answerKey = ({ instanceId, kind, subject }: Question): string =>
  createHash('sha256').update(`${instanceId} ${kind} ${subject}`).digest('base64url')

/**
 * Nothing where another epoch owns the instance. What has become old since its question was read answers whoever asked before that; it is asked again
 * where somebody asked later, behind those who have waited longer. Whoever waits for one of them is woken by the commit.
 */
export async function answerQuestions(
  database: Pick<Database, 'query'>,
  { instanceId, epoch, kind, answers, readAt }: Owned & Pick<OpenQuestion, 'kind' | 'readAt'> & { answers: readonly Answered[] },
): Promise<void> {
  const rows = answers.map(one => ({ ...one, key: answerKey({ instanceId, kind, subject: one.subject }) }))
  await database.query(answerSql, [instanceId, epoch, kind, asRows(rows), readAt])
}

const readAt = 'to_timestamp($5::float8 / 1000)'
/** Of the first change since then the row knows where its answer was not old before: else those who asked after the reading wait once more. */
const oldAt = `case when r.stale_at >= ${readAt} then greatest(r.old_at, ${readAt}) end`
const ifAskedSince = (value: string) => `case when r.asked_last_at >= ${oldAt} then ${value} end`
const answerSql = `with answered as (
  update socket_reads r set answer = n.answer, answered_at = clock_timestamp(), old_at = ${oldAt},
    asked_at = ${ifAskedSince('r.asked_last_at')}, asked_until = ${ifAskedSince('r.asked_until')},
    expires_at = now() + ${interval('n."keptMs"')}
  from (select * from json_to_recordset($4::json) as g(subject text, answer jsonb, "keptMs" float8, key text) order by subject) n
  where r.instance_id = $1 and r.kind = $3 and r.subject = n.subject and ${isOwner('$1', '$2')}
  returning n.key
)
select pg_notify('${socketAnswersChannel}', key) from answered`

/**
 * For the SQL of others. `given`: rows (instance_id, kind, subject); what was said of them until now is old, and so is what WhatsApp is being asked. In
 * one order, whoever says so.
 */
export const outdating = (given: string): string => `update socket_reads r set stale_at = clock_timestamp(),
    old_at = coalesce(r.old_at, clock_timestamp())
  from (select o.instance_id, o.kind, o.subject from ${given} given join socket_reads o using (instance_id, kind, subject)
    order by o.instance_id, o.kind, o.subject for update of o) old
  where r.instance_id = old.instance_id and r.kind = old.kind and r.subject = old.subject`

export async function outdateReads(database: Transaction, old: readonly Question[]): Promise<void> {
  const rows = old.map(({ instanceId, kind, subject }) => ({ instance_id: instanceId, kind, subject }))
  await database.query(outdateSql, [asRows(rows)])
}

const outdateSql = outdating('(select * from json_to_recordset($1::json) as g(instance_id text, kind text, subject text))')

/** What nobody wants any more; answers how many. */
export async function forgetReads(database: Transaction, { maxRows }: { maxRows: number }): Promise<number> {
  const [row] = await database.query<{ gone: number }>(
    `with gone as (
       delete from socket_reads where ctid = any(array(select ctid from socket_reads where expires_at < now() order by expires_at limit $1))
         and expires_at < now() returning 1)
     select count(*)::int as gone from gone`,
    [maxRows],
  )
  return row?.gone ?? 0
}

export const readsErasure = rowsOf('socket_reads')
