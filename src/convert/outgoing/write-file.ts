// Files as WhatsApp's messages carry them: where its CDN has the file, what opens it, and what phones show before they fetch it.
import type { proto } from '@whiskeysockets/baileys'
import type { FileKind } from '../../events/command-bodies/files.ts'
import { assertNever } from '../../events/event.ts'
import { plainFileName } from '../../runtime/plain-file-name.ts'
import { argbOf } from './status-looks.ts'

/** A file on WhatsApp's CDN, sealed with `mediaKey`. `sealedAt`: epoch ms; hashes are SHA-256; `sizeBytes`: of the plain file. */
export type MediaReference = {
  url: string
  directPath: string
  mediaKey: Buffer
  sealedAt: number
  sha256: Buffer
  encSha256: Buffer
  sizeBytes: number
  isAnimated: boolean
}
/** `thumbnail`: JPEG. */
export type FileToSend = {
  reference: MediaReference
  mimetype: string
  fileName: string | null
  width: number | null
  height: number | null
  durationSeconds: number | null
  thumbnail: Buffer | null
  pages: number | null
  /** 64 values, 0 to 100. */
  waveform: readonly number[] | null
}
/** What is written beside it. */
export type Beside = { kind: FileKind; caption?: string; fileName?: string; viewOnce?: boolean; backgroundColor?: string }
type Context = { contextInfo?: proto.IContextInfo }

export function fileContent(beside: Beside, file: FileToSend, context: Context): proto.IMessage {
  const content = contentOf(beside, file, context)
  // The caption of a document: WhatsApp's apps read it in this form alone.
  if (beside.kind === 'document' && beside.caption !== undefined) return { documentWithCaptionMessage: { message: content } }
  return beside.viewOnce === true ? { viewOnceMessage: { message: content } } : content
}

function contentOf(
  { kind, caption, fileName, viewOnce, backgroundColor }: Beside,
  file: FileToSend,
  context: Context,
): proto.IMessage {
  const written = { ...(caption !== undefined && { caption }), ...(viewOnce === true && { viewOnce }), ...context }
  const shown = { ...referenceOf(file), ...thumbnailOf(file) }
  switch (kind) {
    case 'image':
      return { imageMessage: { ...shown, ...sizeOf(file), ...written } }
    case 'video':
    case 'gif':
      return { videoMessage: { ...shown, ...filmOf(file), ...(kind === 'gif' && { gifPlayback: true }), ...written } }
    case 'ptv':
      return { ptvMessage: { ...shown, ...filmOf(file), ...written } }
    case 'audio':
    case 'voice':
      return { audioMessage: { ...referenceOf(file), ...soundOf(kind, file), ...backgroundOf(backgroundColor), ...written } }
    case 'document':
      return { documentMessage: { ...shown, ...pagesOf(file), ...namesOf(fileName ?? file.fileName ?? ''), ...written } }
    case 'sticker':
      return { stickerMessage: { ...referenceOf(file), ...sizeOf(file), isAnimated: file.reference.isAnimated, ...written } }
    default:
      return assertNever(kind)
  }
}

const referenceOf = ({ mimetype, reference }: FileToSend) => ({
  url: reference.url,
  directPath: reference.directPath,
  mimetype,
  mediaKey: reference.mediaKey,
  mediaKeyTimestamp: Math.floor(reference.sealedAt / 1000),
  fileSha256: reference.sha256,
  fileEncSha256: reference.encSha256,
  fileLength: reference.sizeBytes,
})

const thumbnailOf = ({ thumbnail }: FileToSend) => (thumbnail === null ? {} : { jpegThumbnail: thumbnail })
const sizeOf = ({ width, height }: FileToSend) => (width === null || height === null ? {} : { width, height })
const durationOf = ({ durationSeconds }: FileToSend) => (durationSeconds === null ? {} : { seconds: durationSeconds })
const filmOf = (file: FileToSend) => ({ ...sizeOf(file), ...durationOf(file) })
const shapeOf = ({ waveform }: FileToSend) => (waveform === null ? {} : { waveform: Uint8Array.from(waveform) })
const pagesOf = ({ pages }: FileToSend) => (pages === null ? {} : { pageCount: pages })
/** As zaplog tells the names of what others send. */
function namesOf(given: string) {
  const fileName = plainFileName(given) || 'file'
  return { fileName, title: fileName }
}

const backgroundOf = (colour: string | undefined) => (colour === undefined ? {} : { backgroundArgb: argbOf(colour) })

/** Phones play a voice note of no other type. */
const soundOf = (kind: 'audio' | 'voice', file: FileToSend) => ({
  ...durationOf(file),
  ptt: kind === 'voice',
  ...(kind === 'voice' && { mimetype: 'audio/ogg; codecs=opus', ...shapeOf(file) }),
})
