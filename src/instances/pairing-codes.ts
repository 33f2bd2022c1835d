// The tables pairing_requests and pairing_codes: somebody wants a code to type on a phone, and what the owner of the instance answers. Both are
// sealed: a code lets a phone in. This file alone reads and writes them; a change of either is told on the channel of its name.

import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { Database, Transaction } from '../database/database.ts'
import type { SealedColumn } from '../database/sealed-column.ts'
import { rowsOf } from '../purge/erasure.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Sealer } from '../runtime/seal.ts'
import { isOwner, type Owned } from './instance-owners.ts'

type Deps = { database: Pick<Database, 'query'>; sealer: Sealer }

export const pairingRequestsChannel = 'pairing_requests'
export const pairingCodesChannel = 'pairing_codes'

const request = z.object({ phone: z.string() })
const answer = z.union([z.object({ phone: z.string(), code: z.string() }), z.object({ phone: z.string(), refusal: z.string() })])
/** For a phone, in digits: the 8 characters that are typed on it, or in words why WhatsApp gives none. */
export type PairingAnswer = z.infer<typeof answer>
export type PairingRequest = { instanceId: string; requestId: string; phone: string }
export type Pairing = {
  /** Of the request that no owner has answered yet; null: there is none. */
  pendingId: string | null
  /** The owner's last one, while it is good; expiresAt in epoch milliseconds. */
  answered: { requestId: string; answer: PairingAnswer; expiresAt: number } | null
}

/**
 * Answers the id of the request, which is an earlier one's where that is for the same phone: one that nobody has answered is good for as long as
 * a new one, and a refusal is not asked for again while it lives. The instance is to be locked before.
 */
export async function requestCode(
  { database: tx, sealer }: { database: Transaction; sealer: Sealer },
  { instanceId, phone, withinMs }: { instanceId: string; phone: string; withinMs: number },
): Promise<string> {
  const [row] = await tx.query<Row>(pairingSql, [instanceId])
  const answered = row?.answer_sealed && openAnswer(sealer, instanceId, row.answer_sealed)
  if (row?.answer_id && answered && answered.phone === phone) return row.answer_id
  const pending = row?.request_sealed && openRequest(sealer, instanceId, row.request_sealed)
  if (row?.request_id && pending && pending.phone === phone) {
    await tx.query(prolongSql, [instanceId, withinMs])
    return row.request_id
  }
  const requestId = randomUUID()
  const sealed = sealer.seal(Buffer.from(JSON.stringify({ phone })), requestPlace(instanceId))
  await tx.query(requestSql, [instanceId, requestId, sealed, withinMs])
  return requestId
}

export async function readPairing({ database, sealer }: Deps, instanceId: string): Promise<Pairing> {
  const [row] = await database.query<Row>(pairingSql, [instanceId])
  if (!row?.answer_id || row.answer_sealed === null) return { pendingId: row?.request_id ?? null, answered: null }
  const given = openAnswer(sealer, instanceId, row.answer_sealed)
  const answered = { requestId: row.answer_id, answer: given, expiresAt: Number(row.expires_at_ms) }
  return { pendingId: row.request_id, answered }
}

/** What these instances have to answer. A row that does not open is told, and keeps no other from its answer. */
export async function readRequests(
  { database, sealer, logger }: Deps & { logger: Pick<Logger, 'warn'> },
  instanceIds: readonly string[],
): Promise<readonly PairingRequest[]> {
  const rows = await database.query<{ instance_id: string; request_id: string; sealed: Buffer }>(
    'select instance_id, request_id, sealed from pairing_requests where instance_id = any($1::text[]) and expires_at > now()',
    [instanceIds],
  )
  return rows.flatMap(({ instance_id: instanceId, request_id: requestId, sealed }) => {
    try {
      return [{ instanceId, requestId, phone: openRequest(sealer, instanceId, sealed).phone }]
    } catch (error) {
      logger.warn('pairing-request.not-read', { instanceId, error })
      return []
    }
  })
}

type Answered = Owned & { requestId: string; answer: PairingAnswer; expiresAt: number }

/** The request is gone with it. Nothing where another epoch owns the instance. */
export async function answerRequest({ database, sealer }: Deps, answered: Answered): Promise<void> {
  const { instanceId, epoch, requestId, expiresAt } = answered
  const sealed = sealer.seal(Buffer.from(JSON.stringify(answered.answer)), answerPlace(instanceId))
  await database.query(answerSql, [instanceId, epoch, requestId, sealed, expiresAt])
}

/** It can be typed no more. */
export async function hidePairingCode(database: Pick<Database, 'query'>, { instanceId, epoch }: Owned): Promise<void> {
  await database.query('delete from pairing_codes where instance_id = $1 and epoch <= $2', [instanceId, epoch])
}

/** What is no longer good, of either; answers how many. */
export const forgetRequests = (database: Transaction, { maxRows }: { maxRows: number }): Promise<number> =>
  forgetOld(database, 'pairing_requests', maxRows)
export const forgetCodes = (database: Transaction, { maxRows }: { maxRows: number }): Promise<number> =>
  forgetOld(database, 'pairing_codes', maxRows)

async function forgetOld(database: Transaction, table: 'pairing_requests' | 'pairing_codes', maxRows: number): Promise<number> {
  const [row] = await database.query<{ gone: number }>(forgetSql(table), [maxRows])
  return row?.gone ?? 0
}

const forgetSql = (table: string) => `with gone as (
  delete from ${table} where ctid = any(array(select ctid from ${table} where expires_at < now() limit $1)) and expires_at < now()
  returning 1
)
select count(*)::int as gone from gone`

type Row = {
  request_id: string | null
  request_sealed: Buffer | null
  answer_id: string | null
  answer_sealed: Buffer | null
  expires_at_ms: string | null
}

/** Both at one moment: an answer takes the place of its request. An answer ends with the epoch that gave it. */
const pairingSql = `select r.request_id, r.sealed as request_sealed, c.request_id as answer_id, c.sealed as answer_sealed,
  (extract(epoch from c.expires_at) * 1000)::bigint as expires_at_ms
from (select $1::text as instance_id) i
left join pairing_requests r on r.instance_id = i.instance_id and r.expires_at > now()
left join pairing_codes c on c.instance_id = i.instance_id and c.expires_at > now() and ${isOwner('c.instance_id', 'c.epoch')}`

const requestSql = `with asked as (
  insert into pairing_requests (instance_id, request_id, sealed, expires_at)
  values ($1, $2, $3, now() + make_interval(secs => $4::float8 / 1000))
  on conflict (instance_id) do update
    set request_id = excluded.request_id, sealed = excluded.sealed, expires_at = excluded.expires_at
)
select pg_notify('${pairingRequestsChannel}', $1)`

const prolongSql = `update pairing_requests set expires_at = now() + make_interval(secs => $2::float8 / 1000) where instance_id = $1`

const answerSql = `with answered as (
  insert into pairing_codes (instance_id, epoch, request_id, sealed, expires_at)
  select $1, $2, $3, $4, to_timestamp($5::float8 / 1000) where ${isOwner('$1', '$2')}
  on conflict (instance_id) do update
    set epoch = excluded.epoch, request_id = excluded.request_id, sealed = excluded.sealed, expires_at = excluded.expires_at
  returning 1
), done as (
  delete from pairing_requests where instance_id = $1 and request_id = $3 and exists (select from answered)
)
select pg_notify('${pairingCodesChannel}', $1)`

const requestPlace = (instanceId: string) => `pairing_requests|${instanceId}`
const answerPlace = (instanceId: string) => `pairing_codes|${instanceId}`

const opened = (sealer: Sealer, sealed: Buffer, place: string): unknown => JSON.parse(sealer.open(sealed, place).toString('utf8'))
const openRequest = (sealer: Sealer, instanceId: string, sealed: Buffer) =>
  request.parse(opened(sealer, sealed, requestPlace(instanceId)))
const openAnswer = (sealer: Sealer, instanceId: string, sealed: Buffer) =>
  answer.parse(opened(sealer, sealed, answerPlace(instanceId)))

export const sealedPairing: readonly SealedColumn[] = [
  { table: 'pairing_requests', column: 'sealed', key: { instance_id: 'text' }, place: requestPlace },
  { table: 'pairing_codes', column: 'sealed', key: { instance_id: 'text' }, place: answerPlace },
]

export const pairingErasures = [rowsOf('pairing_requests'), rowsOf('pairing_codes')]
