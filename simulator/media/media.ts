// Media messages: the bytes are encrypted and put on the CDN, the message says where they are and how to open them.
import type { MediaType, proto } from '@whiskeysockets/baileys'
import type { Cdn } from './cdn.ts'
import { encryptMedia } from './encrypt-media.ts'

export const mediaHost = 'mmg.whatsapp.net'

type File = { bytes: Uint8Array; mimetype?: string }
type Picture = { caption?: string; width?: number; height?: number; jpegThumbnail?: Uint8Array }

export function image(cdn: Cdn, file: File & Picture): proto.IMessage {
  const { caption, width, height, jpegThumbnail } = file
  return { imageMessage: given({ ...upload(cdn, file, 'image', 'image/jpeg'), caption, width, height, jpegThumbnail }) }
}

export function video(cdn: Cdn, file: File & Picture & { seconds?: number; isGif?: boolean }): proto.IMessage {
  const { caption, width, height, jpegThumbnail, seconds, isGif } = file
  const uploaded = upload(cdn, file, 'video', 'video/mp4')
  return { videoMessage: given({ ...uploaded, caption, width, height, jpegThumbnail, seconds, gifPlayback: isGif }) }
}

/** A round video. */
export function ptv(cdn: Cdn, file: File & { seconds?: number }): proto.IMessage {
  return { ptvMessage: given({ ...upload(cdn, file, 'ptv', 'video/mp4'), seconds: file.seconds }) }
}

export function audio(cdn: Cdn, file: File & { seconds?: number }): proto.IMessage {
  return { audioMessage: given({ ...upload(cdn, file, 'audio', 'audio/mpeg'), seconds: file.seconds, ptt: false }) }
}

export function voice(cdn: Cdn, file: File & { seconds?: number; waveform?: Uint8Array }): proto.IMessage {
  const uploaded = upload(cdn, file, 'ptt', 'audio/ogg; codecs=opus')
  return { audioMessage: given({ ...uploaded, seconds: file.seconds, waveform: file.waveform, ptt: true }) }
}

type Document = File & { fileName: string; caption?: string; pageCount?: number; jpegThumbnail?: Uint8Array }

/** With a caption it travels as documentWithCaptionMessage, as WhatsApp sends it. */
export function document(cdn: Cdn, file: Document): proto.IMessage {
  const { fileName, caption, pageCount, jpegThumbnail } = file
  const uploaded = upload(cdn, file, 'document', 'application/pdf')
  const documentMessage = given({ ...uploaded, fileName, title: fileName, caption, pageCount, jpegThumbnail })
  return caption === undefined ? { documentMessage } : { documentWithCaptionMessage: { message: { documentMessage } } }
}

export function sticker(cdn: Cdn, file: File & { isAnimated?: boolean }): proto.IMessage {
  return { stickerMessage: given({ ...upload(cdn, file, 'sticker', 'image/webp'), isAnimated: file.isAnimated }) }
}

function upload(cdn: Cdn, { bytes, mimetype }: File, type: MediaType, defaultMimetype: string) {
  const { bytes: encrypted, mediaKey, fileSha256, fileEncSha256, sizeBytes } = encryptMedia(bytes, type)
  const directPath = cdn.put(encrypted)
  return {
    url: `https://${mediaHost}${directPath}`,
    directPath,
    mimetype: mimetype ?? defaultMimetype,
    mediaKey,
    mediaKeyTimestamp: Math.floor(Date.now() / 1000),
    fileSha256,
    fileEncSha256,
    fileLength: sizeBytes,
  }
}

type Given<Fields> = { [Name in keyof Fields]: Exclude<Fields[Name], undefined> }

/** Without the fields that are undefined: protobuf writes what is present. */
function given<Fields extends object>(fields: Fields): Partial<Given<Fields>> {
  const present: Partial<Fields> = { ...fields }
  for (const name of Object.keys(present) as (keyof Fields)[]) if (present[name] === undefined) delete present[name]
  return present as Partial<Given<Fields>>
}
