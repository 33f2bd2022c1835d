// Opens an edit that a companion sealed with the secret of its own message, as recipients' phones do.
import { createDecipheriv, hkdfSync } from 'node:crypto'
import { proto } from '@whiskeysockets/baileys'
import type { Contact } from './accounts.ts'
import { secretOf } from './seal-content.ts'

const tagBytes = 16

/** The author may be named by its LID or its number, twice. Null where it is no edit, or none of its own: phones show nothing of it. */
export function openEdit(
  { targetMessageKey, secretEncType, encIv, encPayload }: proto.Message.ISecretEncryptedMessage,
  { lidJid, pnJid }: Contact,
  secretOfTarget: (messageId: string) => Uint8Array | null | undefined,
): proto.Message.IProtocolMessage | null {
  const id = targetMessageKey?.id
  if (secretEncType !== proto.Message.SecretEncryptedMessage.SecretEncType.MESSAGE_EDIT || !id || !encIv || !encPayload)
    return null
  const secret = secretOfTarget(id) ?? secretOf(id)
  for (const author of [lidJid, pnJid])
    for (const modifier of [lidJid, pnJid]) {
      const key = Buffer.from(hkdfSync('sha256', secret, '', `${id}${author}${modifier}Message Edit`, 32))
      const plain = decrypt(key, encIv, encPayload)
      if (plain !== null) return proto.Message.decode(plain).protocolMessage ?? null
    }
  return null
}

/** Null: another key. */
function decrypt(key: Buffer, iv: Uint8Array, sealed: Uint8Array): Buffer | null {
  const decipher = createDecipheriv('aes-256-gcm', key, iv)
  decipher.setAuthTag(sealed.subarray(-tagBytes))
  const plain = decipher.update(sealed.subarray(0, -tagBytes))
  try {
    return Buffer.concat([plain, decipher.final()])
  } catch {
    return null // GCM refuses it
  }
}
