// A listener's mailbox, from both sides. The bridge lays an attempt into it instead of posting it; the API hands it out to the program that
// listens and takes its answer. Both are rows, so that the two may be different processes and either may be killed.
//
// Whoever listens names the place up to which it has read: an answer that was lost on the way is asked for again, and nothing is handed
// out twice otherwise. An answer belongs to one attempt. It stays where it is for a while, so that an attempt that a crash repeats finds it.
import type { Database, Transaction } from '../../database/database.ts'
import { rowsOf } from '../../purge/erasure.ts'
import { purgedAmong } from '../../purge/tombstones.ts'
import { callLanes, disabledReasonOf } from './endpoint-rows.ts'
import { nextPlaceOf, noteSeen } from './listener-rows.ts'

/** What came of an attempt: of a receiver's answer its status and what of it counts, or why there is none. */
export type MailboxAnswer = {
  statusCode?: number | undefined
  error?: string | undefined
  retryAfter?: string | undefined
  webhookDelivery?: string | undefined
  response?: string | undefined
}
/** The signed request, as a URL would get it. */
export type Handed = {
  id: string
  place: number
  attempt: number
  headers: Record<string, string>
  body: string
  /** From when it was handed out: a later answer counts for nothing. */
  answerWithinMs: number
}
export type Mailbox = {
  deliveries: readonly Handed[]
  /** Why nothing comes any more, where what listens asked for that. */
  disabledReason: string | null
}
type Laid = {
  deliveryId: string
  endpointId: string
  instanceId: string
  attempt: number
  headers: Readonly<Record<string, string>>
  body: string
  timeoutMs: number
}

/** Notified with every answer. */
export const ANSWERS = 'webhook_answers'
/** Notified with every delivery for this listener. */
export const mailboxOf = (endpointId: string): string => `webhook_mailbox_${endpointId}`

const HANDED_AT_ONCE = 50
/** Beyond their deadline, for attempts that are repeated after a crash. */
const KEPT_SECONDS = 60

/** false: nobody listens any more, or the instance is purged. An answer to the same attempt stays. */
export const layInMailbox = (database: Database, of: Laid, signal: AbortSignal): Promise<boolean> =>
  database.transact(async tx => {
    if ((await purgedAmong(tx, [of.instanceId])).size > 0) return false
    const rows = await tx.query(
      `with mine as (${nextPlaceOf('$2')})
       insert into webhook_mailbox (delivery_id, endpoint_id, instance_id, place, attempt, headers, body, expires_at)
       select $1, $2, $3, mine.last_place, $4, $5::jsonb, $6, now() + $7 * interval '1 millisecond' from mine
       on conflict (delivery_id) do update set place = excluded.place, attempt = excluded.attempt, headers = excluded.headers,
         body = excluded.body, expires_at = excluded.expires_at,
         answer = case when webhook_mailbox.attempt = excluded.attempt then webhook_mailbox.answer end
       returning pg_notify($8, '')`,
      [
        of.deliveryId,
        of.endpointId,
        of.instanceId,
        of.attempt,
        JSON.stringify(of.headers),
        of.body,
        of.timeoutMs,
        mailboxOf(of.endpointId),
      ],
    )
    return rows.length > 0
  }, signal)

/** A sign of life, and what was laid in after that place and waits for an answer. null: there is no such listener. */
export async function lookIntoMailbox(database: Database, of: { id: string; after: number }): Promise<Mailbox | null> {
  const seen = await noteSeen(database, of.id)
  if (seen === null) return null
  if (seen.wasAway) await callLanes(database, of.id)
  const rows = await database.query<HandedRow>(
    `select delivery_id, place, attempt, headers, body, (extract(epoch from expires_at - now()) * 1000)::float8 as within_ms
       from webhook_mailbox where endpoint_id = $1 and place > $2 and answer is null and expires_at > now()
      order by place limit $3`,
    [of.id, of.after, HANDED_AT_ONCE],
  )
  return { deliveries: rows.map(handedOf), disabledReason: await disabledReasonOf(database, of.id) }
}

/** A sign of life, too. `late`: this attempt is over, or was never handed out. The first answer counts, and may be given again. */
export async function answerFromMailbox(
  database: Database,
  of: { id: string; deliveryId: string; attempt: number; answer: MailboxAnswer },
): Promise<'taken' | 'late' | 'gone'> {
  if ((await noteSeen(database, of.id)) === null) return 'gone'
  const rows = await database.query(
    `update webhook_mailbox set answer = coalesce(answer, $4::jsonb)
      where endpoint_id = $1 and delivery_id = $2 and attempt = $3 and (answer is not null or expires_at > now())
     returning pg_notify($5, '')`,
    [of.id, of.deliveryId, of.attempt, JSON.stringify(of.answer), ANSWERS],
  )
  return rows.length > 0 ? 'taken' : 'late'
}

export async function readAnswers(
  database: Transaction,
  deliveryIds: readonly string[],
): Promise<readonly { deliveryId: string; attempt: number; answer: MailboxAnswer }[]> {
  return database.query(
    `select delivery_id as "deliveryId", attempt, answer from webhook_mailbox where delivery_id = any($1) and answer is not null`,
    [deliveryIds],
  )
}

/** Nobody asks for what these were to be handed. */
export async function emptyMailboxes(tx: Transaction, endpointIds: readonly string[]): Promise<void> {
  await tx.query('delete from webhook_mailbox where endpoint_id = any($1)', [endpointIds])
}

/** A condition on a delivery's id (SQL): its 2xx is there, and only not recorded yet. */
export const isTaken = (deliveryId: string): string => `exists (
  select from webhook_mailbox m where m.delivery_id = ${deliveryId} and (m.answer->>'statusCode')::integer between 200 and 299)`

export async function tidyMailboxes(database: Transaction): Promise<void> {
  await database.query(`delete from webhook_mailbox where expires_at < now() - interval '${KEPT_SECONDS} seconds'`)
}

type HandedRow = {
  delivery_id: string
  place: string
  attempt: number
  headers: Record<string, string>
  body: string
  within_ms: number
}
const handedOf = (row: HandedRow): Handed => ({
  id: row.delivery_id,
  place: Number(row.place),
  attempt: row.attempt,
  headers: row.headers,
  body: row.body,
  answerWithinMs: Math.max(0, Math.floor(row.within_ms)),
})

export const mailboxErasure = rowsOf('webhook_mailbox')
