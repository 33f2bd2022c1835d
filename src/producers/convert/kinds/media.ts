// Files: what the message says about one, and the reference that fetches it. A file without a media key cannot be fetched: no Body.
import type { proto } from '@whiskeysockets/baileys'
import type { Media, MediaSource } from '../../../events/event.ts'
import { type Body, bufferOf, intOf, numberOf, textOf } from './body.ts'

type File = {
  url?: string | null
  directPath?: string | null
  mimetype?: string | null
  mediaKey?: Uint8Array | null
  fileSha256?: Uint8Array | null
  fileEncSha256?: Uint8Array | null
  fileLength?: proto.Message.IImageMessage['fileLength']
  jpegThumbnail?: Uint8Array | null
  contextInfo?: proto.IContextInfo | null
}
type Traits = {
  caption?: string | null | undefined
  viewOnce?: boolean | null | undefined
  waveform?: Uint8Array | null | undefined
} & Pick<Media, 'fileName' | 'width' | 'height' | 'durationSeconds' | 'pages'>

export function convertMedia(content: proto.IMessage): Body | null {
  const { imageMessage: image, videoMessage: video, ptvMessage: round } = content
  const { audioMessage: audio, documentMessage: document, stickerMessage: sticker } = content
  if (image) return fileBody('image', image, { ...picture(image), caption: image.caption, viewOnce: image.viewOnce })
  if (video)
    return fileBody(video.gifPlayback ? 'gif' : 'video', video, {
      ...film(video),
      caption: video.caption,
      viewOnce: video.viewOnce,
    })
  if (round) return fileBody('ptv', round, { ...film(round), caption: round.caption, viewOnce: round.viewOnce })
  if (audio) {
    const traits = { durationSeconds: intOf(audio.seconds), viewOnce: audio.viewOnce, waveform: audio.waveform }
    return fileBody(audio.ptt ? 'voice' : 'audio', audio, traits)
  }
  if (document) {
    const traits = {
      fileName: textOf(document.fileName ?? document.title),
      pages: intOf(document.pageCount),
      caption: document.caption,
    }
    return fileBody('document', document, traits)
  }
  return sticker ? fileBody('sticker', sticker, picture(sticker)) : null
}

const picture = (of: { width?: number | null; height?: number | null }) => ({ width: intOf(of.width), height: intOf(of.height) })
const film = (of: proto.Message.IVideoMessage) => ({ ...picture(of), durationSeconds: intOf(of.seconds) })

function fileBody(kind: string, file: File, { caption, viewOnce, waveform, ...traits }: Traits): Body | null {
  const mediaKey = bufferOf(file.mediaKey)
  if (mediaKey === null) return null
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
  const media: Media = { mimetype, sizeBytes, sha256: sha256?.toString('hex') ?? null, ...traits }
  return { kind, text: textOf(caption), viewOnce: viewOnce ?? null, media, mediaSource, context: file.contextInfo }
}
