// The file of a message that zaplog sent is in the store already, as the upload that it was sent from has it: it is not fetched back from WhatsApp,
// and no limit on what others write is for it.
import type { Transaction } from '../../database/database.ts'
import { uploadOfCommand } from '../../instances/commands-shown.ts'
import { findUpload, type ReadyFile } from '../../instances/uploads.ts'
import type { ObjectStore } from '../../objects/objects.ts'
import type { FileToFetch } from './file-to-fetch.ts'
import type { Incoming } from './incoming.ts'

/** Of which command; null: it sent none, or that is forgotten. */
export type FindSentFile = (of: {
  instanceId: string
  commandId: string
}) => Promise<Pick<ReadyFile, 'objectKey' | 'sizeBytes' | 'sha256'> | null>

export const sentFilesIn =
  (database: Transaction): FindSentFile =>
  async ({ instanceId, commandId }) => {
    const uploadId = await uploadOfCommand(database, { instanceId, commandId })
    return uploadId === null ? null : ((await findUpload(database, instanceId, uploadId))?.file ?? null)
  }

/** null: zaplog did not send it, or what it sent is there no more. */
export async function sentFile(
  { objects, findSentFile }: { objects: Pick<ObjectStore, 'head'>; findSentFile: FindSentFile },
  { event, source }: FileToFetch,
  signal: AbortSignal,
): Promise<Incoming | null> {
  if (event.type !== 'message.sent' || event.commandId == null || source.sha256 == null) return null
  const sent = await findSentFile({ instanceId: event.instanceId, commandId: event.commandId })
  if (sent === null || sent.sha256 !== Buffer.from(source.sha256).toString('hex')) return null
  const { objectKey: key, sizeBytes, sha256 } = sent
  const head = await objects.head(key, signal)
  return head?.sizeBytes === sizeBytes ? { key, sizeBytes, sha256 } : null
}
