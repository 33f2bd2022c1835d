// The table processing_sessions: messages that clients work on. This file alone reads and writes it; all instants are Postgres', so that any
// process may go on with any session.
import { createHash } from 'node:crypto'
import type { Transaction } from '../database/database.ts'
import { requestId } from '../events/ids.ts'
import { rowsOf } from '../purge/erasure.ts'
import { isPurged } from '../purge/tombstones.ts'

export type SessionOf = { instanceId: string; chatId: string; messageId: string }
/** Whose message it is, as phones are told in a reaction's key. */
export type SessionTarget = { fromMe: boolean; senderId: string | null }
export type EndStatus = 'success' | 'error' | 'aborted' | 'timed-out'

export type Session = SessionOf & {
  sessionId: string
  /** Another one with each start. */
  startNumber: string
  chatPn: string | null
  processType: string | null
  startedAt: Date
  timeoutAt: Date
  endedAt: Date | null
  /** null: it runs. */
  status: EndStatus | null
  /** Still to be sent. */
  text: string | null
  textDigest: string | null
  /** When its last sign and its text were commands. */
  toldAt: Date | null
  signCommandId: string | null
  textCommandId: string | null
}

export const sessionIdOf = ({ instanceId, chatId, messageId }: SessionOf): string =>
  requestId({ instanceId, type: 'processing', requestId: JSON.stringify([chatId, messageId]) })

/** Wakes who holds the account. Payload: the instance's id; empty: any may have been missed. */
export const processingChannel = 'processing'

/**
 * A new session, or the same one anew, from its beginning. null: the instance is purged, or what the one before left to be told is not told yet.
 */
export async function startSession(
  tx: Transaction,
  of: SessionOf & { chatPn: string | null; processType: string | null; target: SessionTarget; timeoutMs: number },
): Promise<Session | null> {
  const { instanceId, chatId, messageId, chatPn, processType, target, timeoutMs } = of
  const given = [sessionIdOf(of), instanceId, chatId, messageId, chatPn, processType, JSON.stringify(target), timeoutMs]
  return one(tx.query<Row>(startSql, given))
}

const columns = `session_id, instance_id, chat_id, chat_pn, message_id, start_number, process_type, started_at, timeout_at, ended_at, status, text,
  text_digest, told_at, sign_command_id, text_command_id`

const startSql = `insert into processing_sessions as s (session_id, instance_id, chat_id, message_id, chat_pn, process_type, target, timeout_at)
  select $1, $2::text, $3, $4, $5, $6, $7::jsonb, now() + $8 * interval '1 millisecond' where not ${isPurged('$2::text')}
  on conflict (session_id) do update set chat_pn = excluded.chat_pn, process_type = excluded.process_type, target = excluded.target,
    start_number = excluded.start_number, started_at = excluded.started_at, timeout_at = excluded.timeout_at, signs = 0, sign_at = now(),
    ended_at = null, status = null, text_digest = null, told_at = null, sign_command_id = null, text_command_id = null
  where s.ended_at is null or s.told_at is not null
  returning ${columns}, pg_notify('${processingChannel}', instance_id)`

export const readSession = (database: Transaction, sessionId: string): Promise<Session | null> =>
  one(database.query<Row>(`select ${columns} from processing_sessions where session_id = $1`, [sessionId]))

/** Newest start first, before `last`; at most `limit`. */
export async function listSessions(
  database: Transaction,
  { instanceId, last, after, before, limit }: ListOf,
): Promise<readonly Session[]> {
  const values = [instanceId, last?.startedAt ?? null, last?.sessionId ?? '', after, before, limit]
  return (await database.query<Row>(listSql, values)).map(sessionOf)
}

type ListOf = {
  instanceId: string
  /** All instants in epoch ms. */
  last: { startedAt: number; sessionId: string } | null
  after: number | null
  before: number | null
  limit: number
}

const instantOf = (ms: string, otherwise: string) => `coalesce(to_timestamp(${ms}::float8 / 1000), '${otherwise}')`
const listSql = `select ${columns} from processing_sessions where instance_id = $1
    and (started_at, session_id) < (${instantOf('$2', 'infinity')}, $3::text)
    and started_at >= ${instantOf('$4', '-infinity')} and started_at < ${instantOf('$5', 'infinity')}
  order by started_at desc, session_id desc limit $6`

/** From here on it has no more signs but its last one. null: it does not run. */
export async function endSession(
  tx: Transaction,
  { sessionId, status, text }: { sessionId: string; status: EndStatus; text: string | null },
): Promise<Session | null> {
  return one(
    tx.query<Row>(
      `update processing_sessions set ended_at = now(), status = $2, text = $3, text_digest = $4
       where session_id = $1 and ended_at is null and not ${isPurged('processing_sessions.instance_id')} returning ${columns}`,
      [sessionId, status, text, digestOf(text)],
    ),
  )
}

/** Whether it was ended in just this way. */
export const wasEndedSo = (session: Session, { status, text }: { status: EndStatus; text: string | null }): boolean =>
  session.status === status && session.textDigest === digestOf(text)

const digestOf = (text: string | null): string | null => (text === null ? null : createHash('sha256').update(text).digest('hex'))

/** Whether there is something for the two functions below; of what ended just now, whoever ended it takes care. */
export async function areSessionsDue(database: Transaction): Promise<boolean> {
  const [row] = await database.query<{ due: boolean }>(
    `select exists (select from processing_sessions where ended_at is null and timeout_at <= now())
       or exists (select from processing_sessions where ${isUntold}) as due`,
  )
  return row?.due === true
}

const isUntold = `ended_at is not null and told_at is null and ended_at < now() - interval '2 seconds'`

/** Ends what is past its time, each once, whoever asks; what somebody else is about to change is left for the next time. */
export async function timeOutSessions(tx: Transaction, limit: number): Promise<readonly Session[]> {
  const rows = await tx.query<Row>(
    `update processing_sessions set ended_at = now(), status = 'timed-out' where session_id in (
       select session_id from processing_sessions
       where ended_at is null and timeout_at <= now() and not ${isPurged('processing_sessions.instance_id')} order by timeout_at limit $1 for update skip locked)
     returning ${columns}`,
    [limit],
  )
  return rows.map(sessionOf)
}

/**
 * Ended, and not all of it is a command yet: whoever ended it died, or the log was away. Instances take turns, those of `putOff` have none; at most
 * `limit`.
 */
export async function untoldSessions(
  database: Transaction,
  { putOff, limit }: { putOff: readonly string[]; limit: number },
): Promise<readonly Session[]> {
  const rows = await database.query<Row>(
    `select ${columns} from (
       select *, row_number() over (partition by instance_id order by ended_at) as turn from processing_sessions
       where ${isUntold} and instance_id <> all($1) and not ${isPurged('processing_sessions.instance_id')}) s
     order by turn, ended_at limit $2`,
    [putOff, limit],
  )
  return rows.map(sessionOf)
}

/** All of its end is a command, or cannot be one. null: it is gone, or was started anew. */
export async function sessionTold(
  database: Transaction,
  { sessionId, startNumber }: Pick<Session, 'sessionId' | 'startNumber'>,
  { signCommandId, textCommandId }: Pick<Session, 'signCommandId' | 'textCommandId'>,
): Promise<Session | null> {
  return one(
    database.query<Row>(
      `update processing_sessions set told_at = coalesce(told_at, now()), text = null, sign_command_id = $3, text_command_id = $4
       where session_id = $1 and start_number = $2 and ended_at is not null returning ${columns}`,
      [sessionId, startNumber, signCommandId, textCommandId],
    ),
  )
}

/** Those that ended [14 d] ago. Answers how many. */
export async function forgetSessions(database: Transaction, { maxRows }: { maxRows: number }): Promise<number> {
  const [row] = await database.query<{ gone: number }>(
    `with gone as (delete from processing_sessions where ctid = any(array(
       select ctid from processing_sessions where told_at < now() - interval '14 days' order by told_at limit $1))
       and told_at < now() - interval '14 days' returning 1)
     select count(*)::int as gone from gone`,
    [maxRows],
  )
  return row?.gone ?? 0
}

export const sessionsErasure = rowsOf('processing_sessions')

type Row = Readonly<Record<'session_id' | 'instance_id' | 'chat_id' | 'message_id' | 'start_number', string>> &
  Readonly<Record<'chat_pn' | 'process_type' | 'text' | 'text_digest' | 'sign_command_id' | 'text_command_id', string | null>> & {
    status: EndStatus | null
    started_at: Date
    timeout_at: Date
    ended_at: Date | null
    told_at: Date | null
  }

async function one(rows: Promise<readonly Row[]>): Promise<Session | null> {
  const [row] = await rows
  return row === undefined ? null : sessionOf(row)
}

const sessionOf = (row: Row): Session => ({
  sessionId: row.session_id,
  instanceId: row.instance_id,
  chatId: row.chat_id,
  messageId: row.message_id,
  startNumber: row.start_number,
  chatPn: row.chat_pn,
  processType: row.process_type,
  startedAt: row.started_at,
  timeoutAt: row.timeout_at,
  endedAt: row.ended_at,
  status: row.status,
  text: row.text,
  textDigest: row.text_digest,
  toldAt: row.told_at,
  signCommandId: row.sign_command_id,
  textCommandId: row.text_command_id,
})
