// Files: images, videos, sounds, documents and stickers.
import type { proto } from '@whiskeysockets/baileys'
import { plainFileName } from '../../runtime/plain-file-name.ts'
import { type Body, intOf, textOf } from './body.ts'
import { type File, type FileTraits, fileOf } from './file.ts'

type Sent = File & { contextInfo?: proto.IContextInfo | null }
type Traits = FileTraits & { caption?: string | null | undefined; viewOnce?: boolean | null | undefined }

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
      fileName: plainFileName(document.fileName ?? document.title ?? '') || null,
      pages: intOf(document.pageCount),
      caption: document.caption,
    }
    return fileBody('document', document, traits)
  }
  return sticker ? fileBody('sticker', sticker, picture(sticker)) : null
}

/** What is shown above a template, buttons or a card, where it is a file. */
type Attachment = {
  [Field in 'imageMessage' | 'videoMessage' | 'documentMessage' | 'audioMessage']?: proto.IMessage[Field] | undefined
}

/** The file alone: its caption and context are not the message's. */
export function attachmentOf({ imageMessage = null, videoMessage = null, ...of }: Attachment): Attached {
  const { documentMessage = null, audioMessage = null } = of
  const body = convertMedia({ imageMessage, videoMessage, documentMessage, audioMessage })
  return { media: body?.media ?? null, mediaSource: body?.mediaSource ?? null }
}
export type Attached = Pick<Body, 'media' | 'mediaSource'>

const picture = (of: { width?: number | null; height?: number | null }) => ({ width: intOf(of.width), height: intOf(of.height) })
const film = (of: proto.Message.IVideoMessage) => ({ ...picture(of), durationSeconds: intOf(of.seconds) })

const fileBody = (kind: string, file: Sent, { caption, viewOnce, ...traits }: Traits): Body => ({
  kind,
  text: textOf(caption),
  viewOnce: viewOnce ?? null,
  ...fileOf(file, traits),
  context: file.contextInfo,
})
