// An upload and the command that sends it, one or a page.
import type { Transaction } from '../../database/database.ts'
import { lastSends, type ShownCommand } from '../../instances/commands-shown.ts'
import { isThere } from '../../instances/instance-ids.ts'
import { listUploads, readUpload, type UploadRow } from '../../instances/uploads.ts'
import { decodeCursor, encodeCursor, instantPart } from '../cursor.ts'
import { Problem } from '../problems.ts'
import { type ShownUpload, shownUpload } from './upload-shapes.ts'

export type FoundUpload = { row: UploadRow; command: ShownCommand | null }

/** Throws Problem `upload-not-found`, also where its instance was deleted. */
export async function findWithCommand(database: Transaction, uploadId: string): Promise<FoundUpload> {
  const row = await readUpload(database, uploadId)
  if (row === null || !(await isThere(database, row.instanceId))) throw uploadNotFound(uploadId)
  const sends = await lastSends(database, row.instanceId, [uploadId])
  return { row, command: sends.get(uploadId) ?? null }
}

export const uploadNotFound = (uploadId: string) => new Problem('upload-not-found', `there is no upload ${uploadId.slice(0, 64)}`)

type Page = { cursor?: string | undefined; limit: number; after?: number | undefined; before?: number | undefined }

/** Newest first. */
export async function uploadPage(
  database: Transaction,
  { instanceId, cursor, limit, ...of }: Page & { instanceId: string },
): Promise<{ data: ShownUpload[]; nextCursor: string | null }> {
  const last = cursor === undefined ? null : placeOf(cursor)
  const found = await listUploads(database, {
    instanceId,
    last,
    after: of.after ?? null,
    before: of.before ?? null,
    limit: limit + 1,
  })
  const rows = found.slice(0, limit)
  const ids = rows.map(row => row.uploadId)
  const sends = await lastSends(database, instanceId, ids)
  const data = rows.map(row => shownUpload(row, sends.get(row.uploadId) ?? null))
  const end = rows.at(-1)
  const isLast = end === undefined || found.length <= limit
  return { data, nextCursor: isLast ? null : encodeCursor([String(end.askedAt), end.uploadId]) }
}

function placeOf(cursor: string): { askedAt: number; uploadId: string } {
  const [askedAt = '', uploadId = ''] = decodeCursor(cursor, [instantPart, /^[0-9a-f]{32}$/])
  return { askedAt: Number(askedAt), uploadId }
}
