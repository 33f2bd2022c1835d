// Which kind's keys a file was sealed with, by its MAC alone: nothing is decrypted and nothing kept, whatever the file's size.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { deriveMediaKeys } from './media-keys.ts'

const MAC_BYTES = 10

/** The first of `kinds` whose MAC fits; null: none. Throws what `encrypted` throws, and MediaError for a media key that is none. */
export async function findKeys(
  encrypted: AsyncIterable<Uint8Array>,
  { mediaKey, kinds }: { mediaKey: Uint8Array; kinds: readonly string[] },
): Promise<string | null> {
  const tries = kinds.map(kind => {
    const { iv, macKey } = deriveMediaKeys(mediaKey, kind)
    return { kind, hmac: createHmac('sha256', macKey).update(iv) }
  })
  let held = Buffer.alloc(0)
  for await (const chunk of encrypted) {
    const all = Buffer.concat([held, chunk])
    const sealed = all.subarray(0, Math.max(0, all.length - MAC_BYTES))
    for (const { hmac } of tries) hmac.update(sealed)
    held = Buffer.from(all.subarray(sealed.length))
  }
  if (held.length < MAC_BYTES) return null
  return tries.find(({ hmac }) => timingSafeEqual(hmac.digest().subarray(0, MAC_BYTES), held))?.kind ?? null
}
