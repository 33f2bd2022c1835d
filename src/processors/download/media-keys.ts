// The three keys of an encrypted file, derived from its media key by HKDF-SHA256 (Baileys, Utils/messages-media.js).
import { hkdfSync } from 'node:crypto'
import { MediaError } from '../media-error.ts'

/** A file's keys by what it was sealed as, which is not always what its message is. */
export type MediaKeys = { iv: Buffer; cipherKey: Buffer; macKey: Buffer }

const MEDIA_KEY_BYTES = 32

const infos: Readonly<Record<string, string>> = {
  image: 'WhatsApp Image Keys',
  sticker: 'WhatsApp Image Keys',
  product: 'WhatsApp Image Keys',
  video: 'WhatsApp Video Keys',
  ptv: 'WhatsApp Video Keys',
  gif: 'WhatsApp Video Keys',
  audio: 'WhatsApp Audio Keys',
  voice: 'WhatsApp Audio Keys',
  document: 'WhatsApp Document Keys',
  'link-preview': 'WhatsApp Link Thumbnail Keys',
  history: 'WhatsApp History Keys',
}

/** Kinds that show a file above a text of their own. */
const framing: ReadonlySet<string> = new Set(['template', 'interactive', 'buttons'])

/** The kind whose keys a file is sealed with: its message's, or, where that only shows it, what it is declared to be. */
export function sealedAs(kind: string, mimetype: string | null): string {
  if (!framing.has(kind)) return kind
  const [family = ''] = (mimetype ?? '').split('/', 1)
  return ['image', 'video', 'audio'].includes(family) ? family : 'document'
}

/** One kind for each other set of keys, the likeliest first: phones seal documents as what is in them. */
export const otherKinds = (kind: string): readonly string[] =>
  ['document', 'image', 'video', 'audio', 'link-preview'].filter(other => infos[other] !== infos[kind])

/** Throws MediaError `type-not-allowed` for a kind without keys, `corrupt` for a media key of another length. */
export function deriveMediaKeys(mediaKey: Uint8Array, kind: string): MediaKeys {
  const info = infos[kind]
  if (info === undefined) throw new MediaError('type-not-allowed', `deriving keys: no file keys are known for kind ${kind}`)
  if (mediaKey.length !== MEDIA_KEY_BYTES)
    throw new MediaError('corrupt', `deriving keys: expected a media key of ${MEDIA_KEY_BYTES} bytes, got ${mediaKey.length}`)
  const keys = Buffer.from(hkdfSync('sha256', mediaKey, Buffer.alloc(0), info, 112))
  return { iv: keys.subarray(0, 16), cipherKey: keys.subarray(16, 48), macKey: keys.subarray(48, 80) }
}
