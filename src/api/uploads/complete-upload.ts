// An upload's bytes are there, its send is asked for again, or it is given up: each once in effect, however often it is said.
import type { Transaction } from '../../database/database.ts'
import { howSent } from '../../instances/commands-shown.ts'
import type { Outbox } from '../../instances/outbox.ts'
import { uploadFailed } from '../../instances/upload-events.ts'
import { confirmUpload, failUpload, lockUpload, objectsOf, type UploadRow } from '../../instances/uploads.ts'
import type { Position } from '../../log/log.ts'
import type { ObjectStore } from '../../objects/objects.ts'
import type { AcceptDeps } from '../commands/accept-command.ts'
import { refuseFields } from '../invalid-input.ts'
import { Problem } from '../problems.ts'
import { type FoundUpload, findWithCommand, uploadNotFound } from './find-upload.ts'
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
  if (row.chatId === null) throw over(row, 'it has no chat of its own: ask for the message again that names it')
  const positions = await sendUpload(deps, row, row.sends + 1, signal)
  return { found: await findWithCommand(deps.database, uploadId), positions }
}

/** Throws Problem `upload-not-found`, or `upload-over` where it was sent, or may be from now on. */
export async function giveUpUpload(deps: CompleteDeps, uploadId: string, signal: AbortSignal): Promise<void> {
  const { command } = await findWithCommand(deps.database, uploadId)
  const why = { reason: 'given-up', reasonText: 'It was given up' } as const
  const { row, outboxId } = await deps.database.transact(async tx => {
    const row = await lockUnsent(tx, uploadId)
    const failed = await failUpload(tx, { uploadId, states: ['pending', 'processing', 'ready'], ...why })
    const told = { ...row, commandId: command?.commandId ?? null, messageId: command?.messageId ?? null }
    const event = uploadFailed('upload.failed', told, { ...why, at: deps.clock() })
    return { row, outboxId: failed ? await deps.outbox.owe(tx, event) : null }
  }, signal)
  if (outboxId !== null) await deps.outbox.append(outboxId)
  await deps.objects.delete(objectsOf(row), signal)
}

/** Whoever sends it asks for its file first, and waits for what becomes of it here (findUploadToSend). */
async function lockUnsent(tx: Transaction, uploadId: string): Promise<UploadRow> {
  const row = await lockUpload(tx, uploadId, 'update')
  if (row === null) throw uploadNotFound(uploadId)
  const sent = row.sentAt === null ? await howSent(tx, row) : 'sent'
  if (sent !== null) throw over(row, sent === 'sent' ? 'it was sent' : 'it is being sent')
  return row
}

const over = ({ uploadId }: Pick<UploadRow, 'uploadId'>, why: string) =>
  new Problem('upload-over', `nothing can be done with upload ${uploadId}: ${why}`)
