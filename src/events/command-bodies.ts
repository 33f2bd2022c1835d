// What a client may ask an account to send: the body of POST /v1/instances/{id}/messages; and what command.accepted keeps of it as JSON text.
import { z } from 'zod'
import { refuseWord } from '../runtime/later-version.ts'
import { deletion, edit, forward, pin, reaction } from './command-bodies/about-messages.ts'
import { album } from './command-bodies/albums.ts'
import { event, poll } from './command-bodies/asked.ts'
import { buttons, list } from './command-bodies/choices.ts'
import { messageExamples } from './command-bodies/examples.ts'
import { type FileKind, fileKinds, files, isFile, isFileKind } from './command-bodies/files.ts'
import { type Known, known } from './command-bodies/known.ts'
import { contacts, location, text } from './command-bodies/written.ts'
import { type SentBody, sentOperations } from './operations.ts'

const refuseKind = refuseWord({
  here: [
    ...['text', 'location', 'contacts', 'poll', 'event', 'list', 'buttons', 'reaction', 'edit', 'delete', 'pin'],
    ...['forward', 'album', ...fileKinds],
  ],
  later: [],
})

export const messageBody = z
  .discriminatedUnion(
    'kind',
    [text, location, contacts, poll, event, list, buttons, reaction, edit, deletion, pin, forward, album, ...files],
    { error: ({ code, input }) => (code === 'invalid_union' ? refuseKind({ input: kindIn(input) }) : undefined) },
  )
  .meta({ 'x-examples': messageExamples })
/** As a client asks for it. `chatId`: an address as events carry them. */
export type MessageBody = z.infer<typeof messageBody>

const sentBody = z.discriminatedUnion('kind', [...messageBody.options, ...Object.values(sentOperations)])

/** What goes out as a message, with what zaplog knew when it took it; api/commands/complete-body.ts adds it. */
export type KeptBody = (MessageBody | SentBody) & { known?: Known }

/** Of what command.accepted keeps. Throws where it is none. */
export function parseKeptBody(json: unknown): KeptBody {
  const { known: given, ...asked } = z.looseObject({ known: z.exactOptional(known) }).parse(json)
  return { ...sentBody.parse(asked), ...(given !== undefined && { known: given }) }
}

/** null: this version can send nothing of it. */
export function keptBodyIn(json: unknown): KeptBody | null {
  try {
    return parseKeptBody(json)
  } catch (error) {
    if (error instanceof z.ZodError) return null
    throw error
  }
}

/** What the answer says of a body that goes out in another form than it was asked for in; null: it does not. */
export const renderedAs = (body: MessageBody): 'text' | null =>
  (body.kind === 'list' || body.kind === 'buttons') && !body.native ? 'text' : null

/** Of an album: its marker. */
export type KeptAlbum = Extract<KeptBody, { kind: 'album' }>

/** The upload whose file it sends, and as what; null: it sends none. */
export function uploadIn(body: KeptBody): { uploadId: string; kind: FileKind } | null {
  if (isFile(body)) return 'uploadId' in body.media ? { uploadId: body.media.uploadId, kind: body.kind } : null
  const forwarded = body.kind === 'forward' ? body.known?.forwarded?.content : undefined
  return forwarded !== undefined && 'uploadId' in forwarded ? { uploadId: forwarded.uploadId, kind: forwarded.kind } : null
}

/** How many people are sent it; null: it goes to a chat, or this version can send nothing of it. */
export const audienceSizeIn = (json: unknown): number | null => keptBodyIn(json)?.known?.audience?.length ?? null

/** Of what is kept of a body; null: it sends none, or this version can send nothing of it. */
export function uploadIdIn(json: unknown): string | null {
  const kind = kindIn(json)
  const body = isFileKind(kind) || kind === 'forward' ? keptBodyIn(json) : null
  return body === null ? null : (uploadIn(body)?.uploadId ?? null)
}

const kindIn = (input: unknown): unknown =>
  typeof input === 'object' && input !== null && 'kind' in input ? input.kind : undefined
