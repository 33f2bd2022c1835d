// What a file may be sent as: by its type, and how large. Said before its bytes come, and asked again of the bytes themselves.
import type { FileKind } from '../events/command-bodies/files.ts'
import type { Config } from '../runtime/config.ts'

const images = ['image/jpeg', 'image/png', 'image/webp']
/** WhatsApp's apps play no others. */
const videos = ['video/mp4', 'video/3gpp', 'video/quicktime']
const audios = ['audio/ogg', 'audio/mpeg', 'audio/mp4', 'audio/aac', 'audio/amr']
/** null: any. */
const types: Readonly<Record<FileKind, readonly string[] | null>> = {
  image: images,
  video: videos,
  gif: videos,
  ptv: videos,
  audio: audios,
  voice: ['audio/ogg'],
  document: null,
  sticker: ['image/webp'],
}

/** Lower case, without parameters; '' where that is no type. */
export function bareType(mimetype: string): string {
  const bare = mimetype.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  return sameTypes[bare] ?? (/^[a-z0-9]+\/[a-z0-9.+_-]{1,100}$/.test(bare) ? bare : '')
}

/** Spellings of one type. */
const sameTypes: Readonly<Record<string, string>> = {
  'image/jpg': 'image/jpeg',
  'audio/mp3': 'audio/mpeg',
  'audio/x-m4a': 'audio/mp4',
  'audio/m4a': 'audio/mp4',
  'audio/opus': 'audio/ogg',
  'application/ogg': 'audio/ogg',
  'audio/x-wav': 'audio/wav',
  'audio/wave': 'audio/wav',
  'audio/vnd.wave': 'audio/wav',
  'audio/x-flac': 'audio/flac',
  'audio/x-aac': 'audio/aac',
  'audio/x-aiff': 'audio/aiff',
}

/** Of what a voice note is made, and what FFmpeg calls it. A list of other files, as a playlist is one, is none of them. */
export const demuxers: Readonly<Record<string, string>> = {
  'audio/ogg': 'ogg',
  'audio/mpeg': 'mp3',
  'audio/mp4': 'mov',
  'audio/aac': 'aac',
  'audio/amr': 'amr',
  'audio/wav': 'wav',
  'audio/flac': 'flac',
  'audio/aiff': 'aiff',
  'audio/webm': 'matroska',
}

export function kindOfType(mimetype: string): FileKind {
  const type = bareType(mimetype)
  if (images.includes(type)) return 'image'
  if (videos.includes(type)) return 'video'
  return audios.includes(type) ? 'audio' : 'document'
}

/** What is expected instead, in words; null: it may be sent as that. `converts`: other audio is made a voice note. */
export function refuseType(kind: FileKind, mimetype: string, converts: boolean): string | null {
  const type = bareType(mimetype)
  const taken = kind === 'voice' && converts ? Object.keys(demuxers) : types[kind]
  if (taken === null || taken.includes(type)) return null
  const how = kind === 'voice' && !converts ? ' (Opus); other audio needs FFMPEG_PATH' : ''
  return `${taken.join(', ')}${how} for ${kind}`
}

/** Below them people read a caption. */
export const captionedKinds: readonly FileKind[] = ['image', 'video', 'gif', 'document']

export type UploadLimits = Pick<Config['uploads'], 'maxImageBytes' | 'maxVideoBytes' | 'maxAudioBytes' | 'maxDocumentBytes'>

/** WhatsApp's stickers have some 100 KB, moving ones 500. */
const MAX_STICKER_BYTES = 1024 * 1024

/** Exactly so many bytes pass. */
export function maxUploadBytes(limits: UploadLimits, kind: FileKind): number {
  switch (kind) {
    case 'image':
      return limits.maxImageBytes
    case 'sticker':
      return Math.min(MAX_STICKER_BYTES, limits.maxImageBytes)
    case 'video':
    case 'gif':
    case 'ptv':
      return limits.maxVideoBytes
    case 'audio':
    case 'voice':
      return limits.maxAudioBytes
    case 'document':
      return limits.maxDocumentBytes
  }
}
