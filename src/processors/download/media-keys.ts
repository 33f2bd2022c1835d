// Whose keys open an encrypted file, and which these are.
import { expandMediaKey, mediaKeyInfos as infos, MEDIA_KEY_BYTES, type MediaKeys } from '../../convert/media-keys.ts'
import { MediaError } from '../media-error.ts'

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
  return expandMediaKey(mediaKey, info)
}
