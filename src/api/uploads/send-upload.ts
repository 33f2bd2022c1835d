// The message with an uploaded file is accepted as any other; its key follows from the upload, so that it is sent once for each time it was asked for.
import { messageBody } from '../../events/command-bodies.ts'
import { nameCommand, type UploadRow } from '../../instances/uploads.ts'
import type { Position } from '../../log/log.ts'
import type { AcceptDeps } from '../commands/accept-command.ts'
import { acceptMessage } from '../commands/accept-message.ts'
import { invalidInput } from '../invalid-input.ts'

/** The `sends`th time, from 1. Where it is sent nowhere, null. Throws Problem, as `acceptMessage` does, and rejects as that. */
export async function sendUpload(
  deps: AcceptDeps,
  row: UploadRow,
  sends: number,
  signal: AbortSignal,
): Promise<readonly Position[] | null> {
  if (row.chatId === null) return null
  const { uploadId, instanceId, kind, chatId, caption } = row
  const asked = { kind, chatId, ...(caption !== null && { caption }), media: { uploadId } }
  const body = messageBody.safeParse(asked)
  if (!body.success) throw invalidInput(body.error.issues, asked, 'pointer')
  const key = sends === 1 ? `upload-${uploadId}` : `upload-${uploadId}-${sends}`
  const { ids, positions } = await acceptMessage(deps, { instanceId, key, body: body.data }, signal)
  await nameCommand(deps.database, { uploadId, sends, commandId: ids.commandId, messageId: ids.messageId })
  return positions
}
