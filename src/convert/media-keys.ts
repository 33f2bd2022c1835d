// The three keys of an encrypted file, derived from its media key by HKDF-SHA256 (Baileys, Utils/messages-media.js), and the hosts that have it.
import { hkdfSync } from 'node:crypto'

/** A file's keys by what it was sealed as, which is not always what its message is. */
export type MediaKeys = { iv: Buffer; cipherKey: Buffer; macKey: Buffer }

export const MEDIA_KEY_BYTES = 32

/** By kind. */
export const mediaKeyInfos: Readonly<Record<string, string>> = {
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

/** `info`: of mediaKeyInfos. */
export function expandMediaKey(mediaKey: Uint8Array, info: string): MediaKeys {
  const keys = Buffer.from(hkdfSync('sha256', mediaKey, Buffer.alloc(0), info, 112))
  return { iv: keys.subarray(0, 16), cipherKey: keys.subarray(16, 48), macKey: keys.subarray(48, 80) }
}

/** Over https, on a host of WhatsApp's, and nothing else in it that would lead elsewhere. */
export const isWhatsApps = (url: URL): boolean =>
  url.protocol === 'https:' &&
  url.port === '' &&
  url.username === '' &&
  url.password === '' &&
  (url.hostname === 'whatsapp.net' || url.hostname.endsWith('.whatsapp.net'))

/** `cdnUrl` takes the place of its origin; null: nothing does. Joined as text: resolved against the origin, a path that begins with two slashes would name another host. */
export const atCdn = (url: URL, cdnUrl: string | null): URL =>
  cdnUrl === null ? url : new URL(`${new URL(cdnUrl).origin}${url.pathname}${url.search}`)
