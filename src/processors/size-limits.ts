// How large a file of each kind may be; the kind of its message decides, not its bytes.
import type { Config } from '../runtime/config.ts'

export type SizeLimits = Pick<Config['media'], 'maxImageBytes' | 'maxAudioBytes' | 'maxDocumentBytes' | 'maxVideoBytes'>

/** Exactly so many bytes pass. */
export function maxBytesOf(limits: SizeLimits, kind: string): number {
  switch (kind) {
    case 'image':
    case 'sticker':
    case 'product':
    case 'link-preview':
      return limits.maxImageBytes
    case 'video':
    case 'ptv':
    case 'gif':
      return limits.maxVideoBytes
    case 'audio':
    case 'voice':
      return limits.maxAudioBytes
    default:
      return limits.maxDocumentBytes
  }
}
