// Uploads in the hands of who holds the account that sends them: whether the file is prepared, and where WhatsApp has it.
import type { Transaction } from '../database/database.ts'
import { lockUpload, type ReadyFile } from './uploads.ts'

/** preparing: nobody can send it yet. `reference`: sealed, of at most so long ago as was asked for; null: none. */
export type UploadToSend =
  | { is: 'preparing' }
  | { is: 'ready'; file: ReadyFile; reference: Buffer | null }
  | { is: 'failed'; reasonText: string }

/** What is gone by now has failed. Whoever gives it up at this moment is waited for: what is ready here may go out. */
export async function findUploadToSend(
  database: Transaction,
  { instanceId, uploadId, referenceMs }: { instanceId: string; uploadId: string; referenceMs: number },
): Promise<UploadToSend> {
  const row = await lockUpload(database, uploadId, 'share')
  if (row?.instanceId !== instanceId) return { is: 'failed', reasonText: 'Its upload is not there any more.' }
  if (row.state === 'failed') return { is: 'failed', reasonText: row.reasonText ?? 'Its upload failed.' }
  if (row.file === null) return { is: 'preparing' }
  const [kept] = await database.query<{ reference: Buffer | null }>(
    `select reference from uploads where upload_id = $1 and referenced_at > now() - $2 * interval '1 millisecond'`,
    [uploadId, referenceMs],
  )
  return { is: 'ready', file: row.file, reference: kept?.reference ?? null }
}

/** From now on it is used again, whoever sends the same upload. */
export async function keepReference(
  database: Transaction,
  { uploadId, reference }: { uploadId: string; reference: Buffer },
): Promise<void> {
  await database.query('update uploads set reference = $2, referenced_at = now() where upload_id = $1', [uploadId, reference])
}

/** For the SQL of others: it is neither ready nor failed nor gone. Looked up for each, where `exists` may be a hash of the whole table. */
export const isInPreparation = (uploadId: string): string =>
  `coalesce((select u.state in ('pending', 'processing') from uploads u where u.upload_id = ${uploadId}), false)`

/** Which of these nobody prepares any more. */
export async function settledUploads(database: Transaction, uploadIds: readonly string[]): Promise<readonly string[]> {
  const rows = await database.query<{ upload_id: string }>(
    `select given.upload_id from unnest($1::text[]) as given(upload_id) where not ${isInPreparation('given.upload_id')}`,
    [uploadIds],
  )
  return rows.map(row => row.upload_id)
}

/** For the SQL of others. `given`: rows with an upload_id. */
export const markSent = (given: string): string =>
  `update uploads u set sent_at = now() from ${given} given where u.upload_id = given.upload_id`
