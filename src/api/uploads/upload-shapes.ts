// What goes in and out of /v1/instances/{id}/uploads and /v1/uploads.

import { z } from 'zod'
import { chatId } from '../../events/command-bodies/addresses.ts'
import { fileKinds } from '../../events/command-bodies/files.ts'
import { MAX_TEXT } from '../../events/command-bodies/written.ts'
import { uploadReasons } from '../../events/definitions/uploads.ts'
import { ana, exampleAt, exampleIds, exampleNextDayAt } from '../../events/example-ids.ts'
import { uploadStates, wordsOf } from '../../events/vocabulary.ts'
import type { ShownCommand } from '../../instances/commands-shown.ts'
import type { UploadRow } from '../../instances/uploads.ts'

/** Of any file; each kind has a limit of its own. WhatsApp takes no larger one. */
const MAX_BYTES = 2 * 1024 ** 3

const wanted = z.strictObject({
  chatId: z
    .exactOptional(chatId)
    .describe('where it is sent once it is complete; left out: nowhere, until a message names it (media.uploadId)'),
  fileName: z.string().trim().min(1).max(255).describe('as the receiver of a document sees it'),
  mimetype: z
    .string()
    .max(200)
    .regex(/^[\w.+-]+\/[\w.+-]+ *(;.*)?$/, { error: 'a type such as image/jpeg' })
    .describe('what its bytes are; they are asked, too'),
  sizeBytes: z.int().min(1).max(MAX_BYTES).describe('exactly'),
  kind: z.exactOptional(z.enum(fileKinds)).describe('what it is sent as; left out: by its type'),
  caption: z.exactOptional(z.string().min(1).max(MAX_TEXT)).describe('below an image, a video or a document'),
})
const photo = { fileName: 'bolo.jpg', mimetype: 'image/jpeg', sizeBytes: 48_213 }
export const newUpload = wanted.meta({
  examples: [
    { chatId: '+55 11 90000-0011', ...photo, caption: 'Com morangos' },
    { fileName: 'recado.ogg', mimetype: 'audio/ogg', sizeBytes: 9_120, kind: 'voice' },
  ],
})
export type NewUploadBody = z.infer<typeof newUpload>

const text = z.string().nullable()
export const asked = z
  .object({
    uploadId: z.string(),
    url: text.describe('where the bytes go; null: they are there already'),
    method: z.literal('PUT'),
    headers: z.record(z.string(), z.string()).describe('to be sent with it as they are'),
    expiresAt: text.describe('until when; the same request with the same Idempotency-Key answers a new one'),
    idempotencyKey: z.string().describe('whoever asks with it again asks for the same upload'),
  })
  .describe('PUT the bytes there, then POST /v1/uploads/{id}/complete')
  .meta({
    examples: [
      {
        ...{ uploadId: exampleIds.upload, url: 'https://zaplog.example/objects/incoming/…?sig=…', method: 'PUT' },
        headers: { 'content-type': photo.mimetype, 'content-length': String(photo.sizeBytes) },
        ...{ expiresAt: '2026-01-05T12:05:00.000Z', idempotencyKey: exampleIds.key },
      },
    ],
  })

const sentUpload = {
  ...{ uploadId: exampleIds.upload, instanceId: exampleIds.instance, chatId: ana.id, kind: 'image', ...photo },
  ...{ caption: 'Com morangos', state: 'sent', reason: null, reasonText: null, width: 1280, height: 960 },
  ...{ durationSeconds: null, commandId: exampleIds.command, messageId: exampleIds.sent, createdAt: exampleAt },
  expiresAt: exampleNextDayAt,
}
export const upload = z
  .object({
    uploadId: z.string(),
    instanceId: z.string(),
    chatId: text,
    kind: z.string(),
    fileName: text,
    mimetype: text,
    sizeBytes: z.int().nullable(),
    caption: text,
    state: z.string().describe(wordsOf(uploadStates)),
    reason: text.describe(`why it failed; clients must accept new ones: ${uploadReasons.join(', ')}, or that of its command`),
    reasonText: text.describe('for people'),
    width: z.int().nullable(),
    height: z.int().nullable(),
    durationSeconds: z.int().nullable(),
    commandId: text.describe('of the last command that sends it'),
    messageId: text,
    createdAt: z.string(),
    expiresAt: z.string().describe('it is given up then where nobody has completed it'),
  })
  .describe('A file that an account is to send')
  .meta({ title: 'Upload', examples: [sentUpload] })
/** Once its bytes are there. */
export const takenUpload = upload.meta({ examples: [{ ...sentUpload, state: 'processing', width: null, height: null }] })
export type ShownUpload = z.infer<typeof upload>

type Shown = Pick<ShownUpload, 'state' | 'reason' | 'reasonText'>

/** What became of its last command says more than the file itself, once that is over; that it was sent is known for longer. */
export function standingOf(row: UploadRow, command: ShownCommand | null): Shown {
  if (command?.outcome?.type === 'command.completed') return { state: 'sent', reason: null, reasonText: null }
  const { state, reason, reasonText } = row
  if (command === null && row.sentAt !== null) return { state: 'sent', reason: null, reasonText: null }
  if (state === 'failed' || command?.outcome?.type !== 'command.failed') return { state, reason, reasonText }
  return { state: 'failed', reason: command.outcome.reason, reasonText: command.outcome.reasonText }
}

export const shownUpload = (row: UploadRow, command: ShownCommand | null): ShownUpload => ({
  ...{ uploadId: row.uploadId, instanceId: row.instanceId, kind: row.kind, fileName: row.fileName },
  // Of one that was asked for by number, the command says what the chat is called by now.
  chatId: command?.chatId || row.chatId,
  mimetype: row.file?.mimetype ?? row.mimetype,
  sizeBytes: row.file?.sizeBytes ?? row.sizeBytes,
  caption: row.caption,
  ...standingOf(row, command),
  width: row.file?.width ?? null,
  height: row.file?.height ?? null,
  durationSeconds: row.file?.durationSeconds ?? null,
  ...{ commandId: command?.commandId ?? row.commandId, messageId: command?.messageId ?? row.messageId },
  createdAt: new Date(row.askedAt).toISOString(),
  expiresAt: new Date(row.expiresAt).toISOString(),
})
