// Albums: the marker says how many pictures and films follow, and each of these names it as its parent. WhatsApp Web's form; the protobuf's names are
// all that Baileys has of it.
import { proto } from '@whiskeysockets/baileys'
import type { KeptAlbum, KeptBody } from '../../events/command-bodies.ts'

export function albumContent({ items }: KeptAlbum, context: { contextInfo?: proto.IContextInfo }): proto.IMessage {
  const expectedImageCount = items.filter(({ kind }) => kind === 'image').length
  return {
    albumMessage: { expectedImageCount, expectedVideoCount: items.length - expectedImageCount, ...context },
  }
}

/** Empty: it is in none. */
export function inAlbum({ chatId, known }: KeptBody): Pick<proto.IMessageContextInfo, 'messageAssociation'> {
  if (known?.album === undefined) return {}
  const { MEDIA_ALBUM: associationType } = proto.MessageAssociation.AssociationType
  const parentMessageKey = { remoteJid: chatId, fromMe: true, id: known.album.messageId }
  return { messageAssociation: { associationType, parentMessageKey } }
}
