// The file of a message: what is said about it, and the reference that fetches it. Without a media key it is not sealed, as in channels
// (Baileys issue 2546), or cannot be fetched: that is for whoever tries.
import type { proto } from '@whiskeysockets/baileys'
import type { Media, MediaSource } from '../../events/event.ts'
import { type Body, bufferOf, numberOf, textOf } from './body.ts'

/** As WhatsApp's protobuf names it, of whichever kind. */
export type File = {
  url?: string | null | undefined
  directPath?: string | null | undefined
  mimetype?: string | null | undefined
  mediaKey?: Uint8Array | null | undefined
  fileSha256?: Uint8Array | null | undefined
  fileEncSha256?: Uint8Array | null | undefined
  fileLength?: proto.Message.IImageMessage['fileLength'] | undefined
  jpegThumbnail?: Uint8Array | null | undefined
}
export type FileTraits = { waveform?: Uint8Array | null | undefined } & Pick<
  Media,
  'fileName' | 'width' | 'height' | 'durationSeconds' | 'pages'
>

export function fileOf(file: File, { waveform, ...traits }: FileTraits): Required<Pick<Body, 'media' | 'mediaSource'>> {
  const mediaKey = bufferOf(file.mediaKey) ?? Buffer.of()
  const sha256 = bufferOf(file.fileSha256)
  const sizeBytes = numberOf(file.fileLength)
  const mimetype = textOf(file.mimetype) ?? 'application/octet-stream'
  const mediaSource: MediaSource = {
    url: textOf(file.url),
    directPath: textOf(file.directPath),
    mediaKey,
    encSha256: bufferOf(file.fileEncSha256),
    sha256,
    sizeBytes,
    preview: bufferOf(file.jpegThumbnail),
    waveform: bufferOf(waveform),
  }
  return { media: { mimetype, sizeBytes, sha256: sha256?.toString('hex') ?? null, ...traits }, mediaSource }
}
