// Messages about messages: edits, revokes and reactions. The account's own housekeeping stays `unknown`, by name, and so does a change
// that its sender has no authority for (authority.ts): no sink takes it for one.
import { proto } from '@whiskeysockets/baileys'
import { authorityToEdit, authorityToRevoke, type MessageOrigin } from './authority.ts'
import { envelopeOf, type Offer, type Origin, unknownDraft } from './draft.ts'
import { textOf } from './kinds/body.ts'
import { convertMedia } from './kinds/media.ts'
import { convertText } from './kinds/text.ts'
import { unwrapMessage } from './unwrap-message.ts'

const { Type } = proto.Message.ProtocolMessage

/** Carries the keys that app-state patches are sealed with: its bytes never enter the log. */
const secretTypes: ReadonlySet<number> = new Set([Type.APP_STATE_SYNC_KEY_SHARE])

/** null: not a message about another one. */
export function convertProtocolMessage(content: proto.IMessage, origin: MessageOrigin): Offer | null {
  if (content.reactionMessage) return reaction(content.reactionMessage, origin)
  const message = content.protocolMessage
  if (!message) return null
  const type = message.type ?? Type.REVOKE
  if (type === Type.REVOKE && message.key?.id) return revoke(message.key, message.key.id, origin)
  if (type === Type.MESSAGE_EDIT && message.key?.id && message.editedMessage)
    return edit({ key: message.key, targetMessageId: message.key.id, edited: message.editedMessage }, origin)
  const kept = secretTypes.has(type) ? { ...origin, raw: null } : origin
  return unknownDraft(kept, `message: protocolMessage ${Type[type] ?? type}`)
}

function reaction({ key, text }: proto.Message.IReactionMessage, origin: Origin): Offer | null {
  if (!key?.id) return null
  return { ...envelopeOf('message.reacted', origin), targetMessageId: key.id, emoji: text ?? '', isGroup: origin.stanza.isGroup }
}

function revoke(key: proto.IMessageKey, targetMessageId: string, origin: MessageOrigin): Offer {
  const { isGranted, targetSenderId } = authorityToRevoke(key, origin)
  if (!isGranted) return unknownDraft(origin, 'message: revoke without authority')
  return { ...envelopeOf('message.revoked', origin), targetMessageId, targetSenderId, isGroup: origin.stanza.isGroup }
}

type Edit = { key: proto.IMessageKey; targetMessageId: string; edited: proto.IMessage }

function edit({ key, targetMessageId, edited }: Edit, origin: MessageOrigin): Offer {
  if (!authorityToEdit(key, origin).isGranted) return unknownDraft(origin, 'message: edit without authority')
  const { content } = unwrapMessage(edited)
  const text = textOf((convertText(content) ?? convertMedia(content))?.text) ?? captionOf(content)
  return { ...envelopeOf('message.edited', origin), targetMessageId, text, isGroup: origin.stanza.isGroup }
}

/** An edited caption comes without the file's key. */
const captionOf = (content: proto.IMessage): string | null =>
  textOf(content.imageMessage?.caption ?? content.videoMessage?.caption ?? content.documentMessage?.caption)
