// Albums: the marker says how many pictures and films follow, and each of these names it as its parent. WhatsApp Web's form; the protobuf's names are
// all that Baileys has of it.
import { proto } from '@whiskeysockets/baileys'
import type { KeptAlbum, KeptBody } from '../../events/command-bodies.ts'

/** What it replies to and whom it mentions stands around its items, and around the marker its timer alone. */
export function albumContent({ items, known: { expiresInSeconds: expiration } = {} }: KeptAlbum): proto.IMessage {
  const expectedImageCount = items.filter(({ kind }) => kind === 'image').length
  const expectedVideoCount = items.length - expectedImageCount
  const context = expiration === undefined ? {} : { contextInfo: { expiration } }
  return { albumMessage: { expectedImageCount, expectedVideoCount, ...context } }
}

/** Empty: it is in none. */
export function inAlbum({ chatId, known }: KeptBody): Pick<proto.IMessageContextInfo, 'messageAssociation'> {
  if (known?.album === undefined) return {}
  const { MEDIA_ALBUM: associationType } = proto.MessageAssociation.AssociationType
  const parentMessageKey = { remoteJid: chatId, fromMe: true, id: known.album.messageId }
  return { messageAssociation: { associationType, parentMessageKey } }
}
