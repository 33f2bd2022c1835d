// A message as a phone writes it, and what the contract says becomes of it.
import type { proto } from '@whiskeysockets/baileys'

/** `expected`: fields of the event, `interactive` as the object that its JSON is. */
export type KindCase = readonly [title: string, message: proto.IMessage, expected: Record<string, unknown>]

export const file = {
  mediaKey: Buffer.alloc(32, 1),
  fileSha256: Buffer.alloc(32, 2),
  fileEncSha256: Buffer.alloc(32, 3),
  directPath: '/v/t',
}
export const withFile = { mediaSource: { directPath: '/v/t', mediaKey: file.mediaKey } }
export const key = { id: 'T', remoteJid: '200@lid', fromMe: true }
