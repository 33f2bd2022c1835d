// A file that came whole in a request becomes an upload as any other, ready to be named by a message.
import { createHash } from 'node:crypto'
import { bareType } from '../../instances/upload-kinds.ts'
import type { ObjectStore } from '../../objects/objects.ts'
import { type CompleteDeps, completeUpload } from './complete-upload.ts'
import { type RequestDeps, requestUpload, type WantedUpload } from './request-upload.ts'

export type TakeDeps = CompleteDeps & RequestDeps & { objects: Pick<ObjectStore, 'newKey' | 'head' | 'delete' | 'put'> }

/** Answers the upload's id: the same bytes under the same key are one. Throws Problem as `requestUpload` and `completeUpload` do. */
export async function takeBytes(
  deps: TakeDeps,
  { bytes, key, ...said }: Pick<WantedUpload, 'instanceId' | 'key' | 'kind' | 'mimetype' | 'fileName'> & { bytes: Buffer },
  signal: AbortSignal,
): Promise<string> {
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  // No client's key has a line break.
  const whole = { source: { from: 'upload' }, chatId: null, caption: null, sizeBytes: bytes.length } as const
  const { row, outboxId } = await requestUpload(deps, { ...said, ...whole, key: `${key}\n${sha256}` }, signal)
  if (outboxId !== null) await deps.outbox.append(outboxId)
  if (row.state !== 'pending') return row.uploadId
  const contentType = bareType(said.mimetype ?? '') || 'application/octet-stream'
  await deps.objects.put({ key: row.incomingKey, body: once(bytes), contentType, metadata: {}, sha256 }, signal)
  await completeUpload(deps, row.uploadId, signal)
  return row.uploadId
}

async function* once(bytes: Buffer): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes
}
