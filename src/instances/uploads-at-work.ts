// Uploads in the hands of whoever prepares them: claimed for a while, held on to, and let go as ready, failed, or to be tried again. A claim has a
// word of its own: what an earlier holder still answers counts for nothing.
import { randomUUID } from 'node:crypto'
import type { Transaction } from '../database/database.ts'
import type { Sealer } from '../runtime/seal.ts'
import {
  type ReadyFile,
  type StoredUpload,
  type UploadRow,
  type UploadSource,
  uploadColumns,
  uploadOf,
  uploadPlace,
} from './uploads.ts'

/**
 * `claims`: how often it was claimed, this time included and without those that only waited or were given back. `died`: the word of whoever had it before and never
 * said how it ended; null: nobody.
 */
export type ClaimedUpload = { row: UploadRow; sealedPlace: Buffer | null; claim: string; claims: number; died: string | null }
type Held = { uploadId: string; claim: string }

/**
 * Of each instance at most one that nobody holds, of those first that have the fewest in hand and of none that has `perInstance`; at most `limit`.
 * One whose holder died is claimed again after `leaseMs`; of `mine`, the ids of what whoever asks has in hand, none is, however late it was held
 * on to. What it costs grows with the instances that wait, not with their uploads.
 */
export async function claimUploads(
  { database }: { database: Transaction },
  { limit, perInstance, leaseMs, mine = [] }: { limit: number; perInstance: number; leaseMs: number; mine?: readonly string[] },
): Promise<readonly ClaimedUpload[]> {
  const claim = randomUUID()
  const claimed = await database.query<Claimed>(claimSql, [claim, leaseMs, limit, perInstance, mine])
  return claimed.map(one => ({
    ...{ row: uploadOf(one), sealedPlace: one.sealed_place, claim, claims: one.claims, died: one.died },
  }))
}

type Claimed = StoredUpload & { sealed_place: Buffer | null; claims: number; died: string | null }

const isFree = (u: string) => `${u}.state = 'processing' and ${u}.due_at <= now() and coalesce(${u}.claimed_until < now(), true)
    and ${u}.upload_id <> all($5::text[])`
const claimSql = `with recursive waiting as (
  (select u.instance_id from uploads u where u.state = 'processing' order by u.instance_id limit 1)
  union all
  select (select u.instance_id from uploads u where u.state = 'processing' and u.instance_id > waiting.instance_id
    order by u.instance_id limit 1)
  from waiting where waiting.instance_id is not null
), firsts as (
  select f.upload_id, f.due_at, held.count from waiting cross join lateral (
    select u.upload_id, u.due_at from uploads u where u.instance_id = waiting.instance_id and ${isFree('u')} order by u.due_at limit 1) f
  cross join lateral (
    select count(*) from uploads h
    where h.instance_id = waiting.instance_id and h.state = 'processing' and h.claim is not null and h.claimed_until >= now()) held
  where waiting.instance_id is not null and held.count < $4
), picked as (
  select u.upload_id, u.claim as died from uploads u join firsts on firsts.upload_id = u.upload_id where ${isFree('u')}
  order by firsts.count, firsts.due_at limit $3 for update of u skip locked
)
update uploads u set claim = $1, claimed_until = now() + make_interval(secs => $2::float8 / 1000), claims = u.claims + 1
from picked where u.upload_id = picked.upload_id returning ${uploadColumns}, u.sealed_place, u.claims, picked.died`

/** Throws SealError. */
export function openSource(
  sealer: Pick<Sealer, 'open'>,
  { row: { uploadId, from }, sealedPlace }: Pick<ClaimedUpload, 'row' | 'sealedPlace'>,
): UploadSource {
  if (from === 'upload' || sealedPlace === null) return { from: 'upload' }
  const place = sealer.open(sealedPlace, uploadPlace(uploadId)).toString()
  return from === 'url' ? { from, url: place } : { from, objectKey: place }
}

/** Answers the ids of those that are held from now on; each of the others is somebody else's meanwhile, or nobody's. */
export async function holdUploads(database: Transaction, held: readonly Held[], leaseMs: number): Promise<ReadonlySet<string>> {
  const rows = await database.query<{ upload_id: string }>(
    `update uploads u set claimed_until = now() + make_interval(secs => $3::float8 / 1000)
     from unnest($1::text[], $2::text[]) as given(upload_id, claim)
     where u.upload_id = given.upload_id and u.claim = given.claim and u.state = 'processing' returning u.upload_id`,
    [held.map(one => one.uploadId), held.map(one => one.claim), leaseMs],
  )
  return new Set(rows.map(row => row.upload_id))
}

/** In how many ms the first of those that are not `mine` is nobody's, if its holder died; null: nobody else holds any. */
export async function othersHeldForMs(database: Transaction, mine: readonly string[]): Promise<number | null> {
  const [row] = await database.query<{ ms: number | null }>(
    `select (extract(epoch from min(claimed_until) - now()) * 1000)::float8 as ms from uploads
     where state = 'processing' and claim is not null and claimed_until > now() and upload_id <> all($1::text[])`,
    [mine],
  )
  return row?.ms ?? null
}

/** By whoever lives and has lost it, once for each claim: that one was no death. One that is over stays as it is. */
export async function giveBackClaim(database: Transaction, { uploadId, claim }: Held): Promise<void> {
  await database.query(
    `update uploads set claims = claims - 1 where upload_id = $1 and claim is distinct from $2 and state = 'processing' and claims > 0`,
    [uploadId, claim],
  )
}

/** For whoever knows that nobody who held one lives any more: all of them are free. Their words stay, as of any that died. */
export async function freeUploads(database: Transaction): Promise<void> {
  await database.query(
    `update uploads set claimed_until = now() - interval '1 second' where state = 'processing' and claim is not null and claimed_until > now()`,
  )
}

/** Who waits to send it is woken by the commit. false: the claim is not believed any more. */
export async function readyUpload(database: Transaction, { uploadId, claim }: Held, file: ReadyFile): Promise<boolean> {
  const { thumbnail, ...rest } = file
  const ended = await database.query(
    `update uploads set state = 'ready', file = $3::jsonb, thumbnail = $4, claim = null, claimed_until = null
     where upload_id = $1 and claim = $2 and state = 'processing' returning pg_notify('commands', instance_id)`,
    [uploadId, claim, JSON.stringify(rest), thumbnail],
  )
  return ended.length > 0
}

/** For good. Answers the row as it is then, with the command that sends it; who waits to send it is woken by the commit. null: the claim is not believed any more. */
export async function spoilUpload(
  database: Transaction,
  { uploadId, claim, reason, reasonText }: Held & { reason: string; reasonText: string },
): Promise<UploadRow | null> {
  const [row] = await database.query<StoredUpload>(
    `update uploads u set state = 'failed', reason = $3, reason_text = $4, ended_at = now(), claim = null, claimed_until = null
     where u.upload_id = $1 and u.claim = $2 and u.state = 'processing' returning ${uploadColumns}, pg_notify('commands', u.instance_id)`,
    [uploadId, claim, reason, reasonText],
  )
  return row === undefined ? null : uploadOf(row)
}

/** It is tried again after `waitMs`; `counts` false: only something of ours was away, and this was no try. false: the claim is not believed any more. */
export async function putOffUpload(
  database: Transaction,
  { uploadId, claim, waitMs, counts }: Held & { waitMs: number; counts: boolean },
): Promise<boolean> {
  const left = await database.query(
    `update uploads set due_at = now() + make_interval(secs => $3::float8 / 1000), claim = null, claimed_until = null,
       claims = claims - case when $4 then 0 else 1 end
     where upload_id = $1 and claim = $2 and state = 'processing' returning 1`,
    [uploadId, claim, waitMs, counts],
  )
  return left.length > 0
}
