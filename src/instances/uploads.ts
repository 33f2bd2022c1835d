// The table uploads: files that clients give an account to send. Who asks for one is here, who prepares it in uploads-at-work.ts, who brings it to
// WhatsApp in uploads-sent.ts: nobody else names it.

import type { Transaction } from '../database/database.ts'
import type { SealedColumn } from '../database/sealed-column.ts'
import { requestId } from '../events/ids.ts'
import { rowsOf } from '../purge/erasure.ts'
import { isPurged } from '../purge/tombstones.ts'
import type { Sealer } from '../runtime/seal.ts'

/** pending: asked for, no bytes confirmed; processing: brought, checked and prepared by role processors; ready: can be sent; failed: for good. */
export type UploadState = 'pending' | 'processing' | 'ready' | 'failed'
/** `url` is sealed at rest: it may carry credentials. */
export type UploadSource = { from: 'upload' } | { from: 'url'; url: string } | { from: 'object'; objectKey: string }
/** What is sent. `thumbnail`: JPEG. */
export type ReadyFile = {
  objectKey: string
  mimetype: string
  sizeBytes: number
  /** Lower-case hex. */
  sha256: string
  fileName: string | null
  width: number | null
  height: number | null
  durationSeconds: number | null
  thumbnail: Buffer | null
  pages: number | null
  /** Of a voice note that was heard: 64 values, 0 to 100. */
  waveform: readonly number[] | null
}

/** What is asked for. `digest`: of what the client wrote; null: not said. Instants in epoch ms. */
export type NewUpload = {
  uploadId: string
  instanceId: string
  digest: string
  source: UploadSource
  kind: string
  chatId: string | null
  caption: string | null
  fileName: string | null
  mimetype: string | null
  sizeBytes: number | null
  incomingKey: string
  askedAt: number
  /** Without its bytes it fails then. */
  expiresAt: number
}
export type UploadRow = Omit<NewUpload, 'source'> & {
  from: UploadSource['from']
  state: UploadState
  /** Why it failed. */
  reason: string | null
  reasonText: string | null
  /** Once it is ready. */
  file: ReadyFile | null
  /** Of the last command that sends it; null: none does. */
  commandId: string | null
  messageId: string | null
  /** How many commands were to send it. */
  sends: number
  /** When a message with it was last with WhatsApp; null: none was. */
  sentAt: number | null
  endedAt: number | null
}

/** Where what is prepared of it under a claim lies: what an earlier holder still puts is never what is sent. */
export const readyKeyOf = ({ incomingKey }: Pick<UploadRow, 'incomingKey'>, claim: string): string =>
  `${incomingKey}-ready-${claim}`
/** Patterns of what its keys are behind the store's prefix. Ids of instances hold nothing that a pattern could mean. */
export const uploadShape = (instanceId: string): string => `incoming/${instanceId}/uploads/[0-9a-f]{64}`
export const readyShape = (instanceId: string): string => `${uploadShape(instanceId)}-ready-[0-9a-f-]{36}`
const endsAs = (shape: string, key: string): boolean => new RegExp(`(?:^|/)${shape}$`).test(key)
/** Whether what lies there was prepared to be sent by that instance; it is never written again. */
export const isReadyKeyOf = ({ instanceId }: Pick<UploadRow, 'instanceId'>, key: string): boolean =>
  endsAs(readyShape(instanceId), key)
/** Keys of all that it has in the store; what a claim puts beside it is that claim's to take away. */
export const objectsOf = ({ incomingKey, file }: Pick<UploadRow, 'incomingKey' | 'file'>): readonly string[] =>
  file === null ? [incomingKey] : [incomingKey, file.objectKey]
/** What an incoming key says. null: it is none. */
export const uploadOfKey = (key: string): string | null => (endsAs(uploadShape('[^/]+'), key) ? key.slice(-64, -32) : null)

/** Payload: nothing. Something is to be prepared. */
export const uploadsChannel = 'uploads'

/** The same for the same Idempotency-Key. */
export const uploadIdOf = (of: { instanceId: string; key: string }): string =>
  requestId({ instanceId: of.instanceId, type: 'upload', requestId: of.key })

/** `isNew` false: the row of who asked with this key before, with whatever body. null: the instance is purged. What is not brought by its client is prepared from now on. */
export async function askUpload(
  { database, sealer }: { database: Transaction; sealer: Pick<Sealer, 'seal'> },
  upload: NewUpload,
): Promise<{ row: UploadRow; isNew: boolean } | null> {
  const { source } = upload
  const place = source.from === 'upload' ? null : source.from === 'url' ? source.url : source.objectKey
  const [row] = await database.query<StoredUpload & { is_new: boolean }>(askSql, [
    ...[upload.uploadId, upload.instanceId, upload.digest, source.from === 'upload' ? 'pending' : 'processing', source.from],
    ...[place && sealer.seal(Buffer.from(place), uploadPlace(upload.uploadId)), upload.kind, upload.chatId, upload.caption],
    ...[upload.fileName, upload.mimetype, upload.sizeBytes, upload.incomingKey, upload.askedAt, upload.expiresAt],
  ])
  return row === undefined ? null : { row: uploadOf(row), isNew: row.is_new }
}

/** What a sealed place is sealed for. */
export const uploadPlace = (uploadId: string): string => `uploads|${uploadId}`
export const sealedPlaces: SealedColumn = {
  table: 'uploads',
  column: 'sealed_place',
  key: { upload_id: 'text' },
  place: uploadPlace,
}

/** null: there is none of this instance, or it is forgotten. */
export async function findUpload(database: Transaction, instanceId: string, uploadId: string): Promise<UploadRow | null> {
  const found = await readUpload(database, uploadId)
  return found?.instanceId === instanceId ? found : null
}

/** Of whichever instance. */
export async function readUpload(database: Transaction, uploadId: string): Promise<UploadRow | null> {
  const [row] = await database.query<StoredUpload>(`select ${uploadColumns} from uploads u where u.upload_id = $1`, [uploadId])
  return row === undefined ? null : uploadOf(row)
}

/** By their ids, those that there are, of whichever instance, without their thumbnails. */
export async function findUploads(database: Transaction, uploadIds: readonly string[]): Promise<ReadonlyMap<string, UploadRow>> {
  const rows = await database.query<StoredUpload>(
    `select ${withoutThumbnail} from uploads u where u.upload_id = any($1::text[])`,
    [uploadIds],
  )
  return new Map(rows.map(row => [row.upload_id, uploadOf(row)]))
}

/** Nobody else changes them until the transaction ends. In one order, whoever asks. */
export async function lockUploads(tx: Transaction, uploadIds: readonly string[]): Promise<readonly UploadRow[]> {
  const sql = `select ${withoutThumbnail} from uploads u where u.upload_id = any($1::text[]) order by u.upload_id for update`
  return (await tx.query<StoredUpload>(sql, [uploadIds])).map(uploadOf)
}

/** update: nobody else changes it until the transaction ends; share: of who does, the end is waited for. */
export async function lockUpload(database: Transaction, uploadId: string, lock: 'update' | 'share'): Promise<UploadRow | null> {
  const [row] = await database.query<StoredUpload>(`select ${uploadColumns} from uploads u where u.upload_id = $1 for ${lock}`, [
    uploadId,
  ])
  return row === undefined ? null : uploadOf(row)
}

/** Newest first, before `last`, without their thumbnails; at most `limit`. */
export async function listUploads(
  database: Transaction,
  of: {
    instanceId: string
    last: { askedAt: number; uploadId: string } | null
    after: number | null
    before: number | null
    limit: number
  },
): Promise<readonly UploadRow[]> {
  const values = [of.instanceId, of.last?.askedAt ?? null, of.last?.uploadId ?? '', of.after, of.before, of.limit]
  return (await database.query<StoredUpload>(listSql, values)).map(uploadOf)
}

/** Its bytes are there. Answers the row as it is then; whoever prepares files is woken by the commit. */
export async function confirmUpload(database: Transaction, uploadId: string): Promise<UploadRow | null> {
  const [row] = await database.query<StoredUpload>(
    `update uploads u set state = 'processing', confirmed_at = now(), due_at = now() where u.upload_id = $1 and u.state = 'pending'
     returning ${uploadColumns}, pg_notify('${uploadsChannel}', '')`,
    [uploadId],
  )
  return row === undefined ? readUpload(database, uploadId) : uploadOf(row)
}

/** The `sends`th command that sends it. */
export async function nameCommand(
  database: Transaction,
  { uploadId, sends, commandId, messageId }: { uploadId: string; sends: number; commandId: string; messageId: string },
): Promise<void> {
  await database.query('update uploads set sends = $2, command_id = $3, message_id = $4 where upload_id = $1 and sends <= $2', [
    ...[uploadId, sends, commandId, messageId],
  ])
}

/** For good, where it is in one of `states`; answers whether it was. Its row still says what it has in the store. Who waits to send it is woken by the commit. */
export const failUpload = async (
  database: Transaction,
  { uploadId, ...how }: { uploadId: string } & HowFailed,
): Promise<boolean> => (await failUploads(database, { uploadIds: [uploadId], ...how })).length > 0

type HowFailed = { states: readonly UploadState[]; reason: string; reasonText: string }

/** The same of several; answers which of them were. */
export async function failUploads(
  database: Transaction,
  { uploadIds, states, reason, reasonText }: { uploadIds: readonly string[] } & HowFailed,
): Promise<readonly string[]> {
  const rows = await database.query<{ upload_id: string }>(
    `update uploads set state = 'failed', reason = $3, reason_text = $4, ended_at = now(), thumbnail = null, claim = null
     where upload_id = any($1::text[]) and state = any($2::text[]) returning upload_id, pg_notify('commands', instance_id)`,
    [uploadIds, states, reason, reasonText],
  )
  return rows.map(row => row.upload_id)
}

/** Those that were never brought. */
export async function expiredUploads(database: Transaction, { limit }: { limit: number }): Promise<readonly UploadRow[]> {
  const sql = `select ${uploadColumns} from uploads u where u.state = 'pending' and u.expires_at < now() order by u.expires_at limit $1`
  return (await database.query<StoredUpload>(sql, [limit])).map(uploadOf)
}

/** Those that were asked for [30 d] ago: what they left in the store may go. */
export async function oldUploads(database: Transaction, { limit }: { limit: number }): Promise<readonly UploadRow[]> {
  const sql = `select ${uploadColumns} from uploads u where u.asked_at < now() - interval '30 days' order by u.asked_at limit $1`
  return (await database.query<StoredUpload>(sql, [limit])).map(uploadOf)
}

/** After what they left in the store. */
export async function forgetUploads(database: Transaction, uploadIds: readonly string[]): Promise<void> {
  await database.query('delete from uploads where upload_id = any($1::text[])', [uploadIds])
}

/** As uploadColumns read it. */
export type StoredUpload = Readonly<Record<'upload_id' | 'instance_id' | 'digest' | 'kind' | 'incoming_key', string>> &
  Readonly<Record<'chat_id' | 'caption' | 'file_name' | 'mimetype' | 'reason' | 'reason_text', string | null>> & {
    state: UploadState
    source: UploadSource['from']
    size_bytes: string | null
    file: (Omit<ReadyFile, 'thumbnail' | 'waveform'> & Partial<Pick<ReadyFile, 'waveform'>>) | null
    thumbnail: Buffer | null
    command_id: string | null
    message_id: string | null
    sends: number
    asked_at: Date
    expires_at: Date
    sent_at: Date | null
    ended_at: Date | null
  }

const bareColumns = `u.upload_id, u.instance_id, u.digest, u.state, u.source, u.kind, u.chat_id, u.caption, u.file_name, u.mimetype,
  u.size_bytes, u.incoming_key, u.reason, u.reason_text, u.file, u.command_id, u.message_id, u.sends, u.asked_at, u.expires_at,
  u.sent_at, u.ended_at`
const withoutThumbnail = `${bareColumns}, null::bytea as thumbnail`
/** Of `uploads u`. */
export const uploadColumns = `${bareColumns}, u.thumbnail`
const askSql = `insert into uploads as u (upload_id, instance_id, digest, state, source, sealed_place, kind, chat_id, caption, file_name,
    mimetype, size_bytes, incoming_key, asked_at, expires_at)
  select $1::text, $2::text, $3::text, $4::text, $5::text, $6::bytea, $7::text, $8::text, $9::text, $10::text, $11::text, $12::bigint, $13::text,
    to_timestamp($14::float8 / 1000), to_timestamp($15::float8 / 1000)
  where not ${isPurged('$2::text')}
  on conflict (upload_id) do update set digest = u.digest
  returning ${uploadColumns}, xmax = 0 as is_new, pg_notify('${uploadsChannel}', '')`
const listSql = `select ${withoutThumbnail} from uploads u where u.instance_id = $1
    and (u.asked_at, u.upload_id) < (coalesce(to_timestamp($2::float8 / 1000), 'infinity'), $3::text)
    and u.asked_at >= coalesce(to_timestamp($4::float8 / 1000), '-infinity') and u.asked_at < coalesce(to_timestamp($5::float8 / 1000), 'infinity')
  order by u.asked_at desc, u.upload_id desc limit $6`

export const uploadOf = (row: StoredUpload): UploadRow => ({
  uploadId: row.upload_id,
  instanceId: row.instance_id,
  digest: row.digest,
  state: row.state,
  from: row.source,
  kind: row.kind,
  chatId: row.chat_id,
  caption: row.caption,
  fileName: row.file_name,
  mimetype: row.mimetype,
  sizeBytes: row.size_bytes === null ? null : Number(row.size_bytes),
  incomingKey: row.incoming_key,
  reason: row.reason,
  reasonText: row.reason_text,
  file: row.file && { ...row.file, waveform: row.file.waveform ?? null, thumbnail: row.thumbnail },
  commandId: row.command_id,
  messageId: row.message_id,
  sends: row.sends,
  askedAt: row.asked_at.getTime(),
  expiresAt: row.expires_at.getTime(),
  sentAt: row.sent_at?.getTime() ?? null,
  endedAt: row.ended_at?.getTime() ?? null,
})

export const uploadsErasure = rowsOf('uploads')
