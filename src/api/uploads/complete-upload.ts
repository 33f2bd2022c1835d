// An upload's bytes are there, its send is asked for again, or it is given up: each once in effect, however often it is said.
import type { Outbox } from '../../instances/outbox.ts'
import { uploadFailed } from '../../instances/upload-events.ts'
import { confirmUpload, failUpload, objectsOf, type UploadRow } from '../../instances/uploads.ts'
import type { Position } from '../../log/log.ts'
import type { ObjectStore } from '../../objects/objects.ts'
import type { AcceptDeps } from '../commands/accept-command.ts'
import { refuseFields } from '../invalid-input.ts'
import { Problem } from '../problems.ts'
import { type FoundUpload, findWithCommand } from './find-upload.ts'
import { sendUpload } from './send-upload.ts'
import { standingOf } from './upload-shapes.ts'

export type CompleteDeps = AcceptDeps & { objects: Pick<ObjectStore, 'head' | 'delete'>; outbox: Outbox }

/**
 * Its place in its chat is held from then on. Throws Problem `upload-not-found`, `upload-not-received`, `upload-over`, or `invalid-input` where
 * other bytes came than announced; and what `acceptMessage` throws.
 */
export async function completeUpload(
  deps: CompleteDeps,
  uploadId: string,
  signal: AbortSignal,
): Promise<{ found: FoundUpload; positions: readonly Position[] | null }> {
  const { row: before } = await findWithCommand(deps.database, uploadId)
  if (before.state === 'failed') throw over(before, 'it failed')
  if (before.state === 'pending') await checkReceived(deps, before, signal)
  // Before its file can fail: what is told of that names the command. A death in between is an upload that waits: whoever got no answer says it again.
  const positions = before.sends === 0 ? await sendUpload(deps, before, 1, signal) : null
  const row = await confirmUpload(deps.database, uploadId)
  if (row === null || row.state === 'failed') throw over(before, 'it failed')
  return { found: await findWithCommand(deps.database, uploadId), positions }
}

async function checkReceived({ objects }: CompleteDeps, row: UploadRow, signal: AbortSignal): Promise<void> {
  const head = await objects.head(row.incomingKey, signal)
  if (head === null)
    throw new Problem('upload-not-received', `the bytes of upload ${row.uploadId} are not there: PUT them to its url first`)
  if (head.sizeBytes === row.sizeBytes) return
  const expected = `${row.sizeBytes} bytes, as announced`
  throw refuseFields('pointer', [{ pointer: '/sizeBytes', expected, received: `${head.sizeBytes} bytes` }])
}

/** Only what was not sent is sent again. Throws Problem `upload-not-found` or `upload-over`, and what `acceptMessage` throws. */
export async function retryUpload(
  deps: CompleteDeps,
  uploadId: string,
  signal: AbortSignal,
): Promise<{ found: FoundUpload; positions: readonly Position[] | null }> {
  const { row, command } = await findWithCommand(deps.database, uploadId)
  const { state } = standingOf(row, command)
  if (row.state === 'failed') throw over(row, 'its file cannot be sent: ask for a new upload')
  if (state !== 'failed') throw over(row, `it is ${state}, and only a send that failed is tried again`)
  const positions = await sendUpload(deps, row, row.sends + 1, signal)
  return { found: await findWithCommand(deps.database, uploadId), positions }
}

/** Throws Problem `upload-not-found`, or `upload-over` where it was sent, or is being sent. */
export async function giveUpUpload(deps: CompleteDeps, uploadId: string, signal: AbortSignal): Promise<void> {
  const { row, command } = await findWithCommand(deps.database, uploadId)
  const { state } = standingOf(row, command)
  if (state === 'sent' || command?.state === 'sending') throw over(row, state === 'sent' ? 'it was sent' : 'it is being sent')
  const why = { reason: 'given-up', reasonText: 'It was given up' } as const
  const outboxId = await deps.database.transact(async tx => {
    const failed = await failUpload(tx, { uploadId, states: ['pending', 'processing', 'ready'], ...why })
    return failed ? await deps.outbox.owe(tx, uploadFailed('upload.failed', row, { ...why, at: deps.clock() })) : null
  }, signal)
  if (outboxId !== null) await deps.outbox.append(outboxId)
  await deps.objects.delete(objectsOf(row), signal)
}

const over = ({ uploadId }: Pick<UploadRow, 'uploadId'>, why: string) =>
  new Problem('upload-over', `nothing can be done with upload ${uploadId}: ${why}`)
