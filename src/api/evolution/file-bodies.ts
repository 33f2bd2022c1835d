// The bodies of Evolution API's calls that send a file, which is a URL or base64, and the message that each asks for. Pure.
import { z } from 'zod'
import type { FileKind } from '../../events/command-bodies/files.ts'
import { given, optional } from '../dialect.ts'
import { mentioning, mentions, mentionsNobody, quoted, replyTo, to } from './send-bodies.ts'

/** Bytes that have to be taken first; null: it is fetched, or was uploaded. */
export type FileToTake = { kind: FileKind; bytes: Buffer; mimetype: string | null; fileName: string | null }
export type File = { url: string } | { bytes: Buffer; mimetype: string | null }
/** `field`: where the file is said. */
type SendingFile<Body extends z.ZodObject> = { path: string; field: string; body: Body; ask(said: z.infer<Body>): AskedFile }
/** Hands the call to whoever routes it, what it asks for beside the body that it is asked of. */
export type FileCall = (route: <Body extends z.ZodObject>(call: SendingFile<Body>) => void) => void
/** `message`: without `media`; `file` null: it has none. */
export type AskedFile =
  | { kind: FileKind; file: File; fileName?: string | undefined; mimetype?: string | undefined; message: object }
  | { file: null; message: object }

const base64 = /^[A-Za-z0-9+/]+={0,2}$/

/** A URL, or the file itself in base64, with or without `data:type;base64,` before it. */
export const file = z.string().transform((text, context): File => {
  if (/^https?:\/\//i.test(text)) return { url: text }
  const [, mimetype = null, data = text] = /^data:([^;,]+)(?:;[^,]*)?,(.*)$/s.exec(text) ?? []
  if (data.length % 4 === 0 && base64.test(data)) return { bytes: Buffer.from(data, 'base64'), mimetype }
  context.issues.push({ code: 'custom', message: 'expected an http or https URL, or a file in base64', input: text.slice(0, 50) })
  return z.NEVER
})

export const calling =
  <Body extends z.ZodObject>(path: string, field: string, body: Body, ask: SendingFile<Body>['ask']): FileCall =>
  route =>
    route({ path, field, body, ask })
const text = optional(z.string())

const sendMedia = calling(
  'sendMedia',
  'media',
  z.object({
    ...{ ...to, ...quoted, ...mentions, media: file, mimetype: text, caption: text, fileName: text },
    mediatype: z.enum(['image', 'document', 'video', 'audio', 'ptv']),
  }),
  ({ number, mediatype: kind, media, mimetype, fileName, caption, ...said }) => ({
    ...{ kind, file: media, mimetype, fileName },
    message: {
      ...{ chatId: number, kind, ...given({ caption }), ...replyTo(said), ...mentioning({ number, ...said }) },
      ...(kind === 'document' && given({ fileName })),
    },
  }),
)

const sendWhatsAppAudio = calling(
  'sendWhatsAppAudio',
  'audio',
  z.object({ ...to, ...quoted, ...mentionsNobody, audio: file }),
  ({ number, audio, ...said }) => ({ kind: 'voice', file: audio, message: { chatId: number, kind: 'voice', ...replyTo(said) } }),
)

const sendPtv = calling(
  'sendPtv',
  'video',
  z.object({ ...to, ...quoted, ...mentionsNobody, video: file }),
  ({ number, video, ...said }) => ({ kind: 'ptv', file: video, message: { chatId: number, kind: 'ptv', ...replyTo(said) } }),
)

const sendSticker = calling(
  'sendSticker',
  'sticker',
  z.object({ ...to, ...quoted, ...mentionsNobody, sticker: file }),
  ({ number, sticker, ...said }) => ({
    kind: 'sticker',
    file: sticker,
    message: { chatId: number, kind: 'sticker', ...replyTo(said) },
  }),
)

export const fileCalls: readonly FileCall[] = [sendMedia, sendWhatsAppAudio, sendPtv, sendSticker]
