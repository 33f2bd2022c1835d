// Messages about messages: edits, revokes and reactions. The account's own housekeeping stays `unknown`, by name.
import { proto } from '@whiskeysockets/baileys'
import { type Draft, envelopeOf, type Origin, unknownDraft } from './draft.ts'
import { bareJid } from './jid.ts'
import { textOf } from './kinds/body.ts'
import { convertMedia } from './kinds/media.ts'
import { convertText } from './kinds/text.ts'
import { unwrapMessage } from './unwrap-message.ts'

const { Type } = proto.Message.ProtocolMessage

/** Carries the keys that app-state patches are sealed with: its bytes never enter the log. */
const secretTypes: ReadonlySet<number> = new Set([Type.APP_STATE_SYNC_KEY_SHARE])

/** null: not a message about another one. */
export function convertProtocolMessage(content: proto.IMessage, origin: Origin): Draft | null {
  if (content.reactionMessage) return reaction(content.reactionMessage, origin)
  const message = content.protocolMessage
  if (!message) return null
  const type = message.type ?? Type.REVOKE
  if (type === Type.REVOKE && message.key?.id) return revoke(message.key, message.key.id, origin)
  if (type === Type.MESSAGE_EDIT && message.key?.id && message.editedMessage)
    return edit(message.key.id, message.editedMessage, origin)
  const kept = secretTypes.has(type) ? { ...origin, raw: null } : origin
  return unknownDraft(kept, `message: protocolMessage ${Type[type] ?? type}`)
}

function reaction({ key, text }: proto.Message.IReactionMessage, origin: Origin): Draft | null {
  if (!key?.id) return null
  return { ...envelopeOf('message.reacted', origin), targetMessageId: key.id, emoji: text ?? '', isGroup: origin.stanza.isGroup }
}

function revoke(key: proto.IMessageKey, targetMessageId: string, origin: Origin): Draft {
  const { stanza } = origin
  const author = key.participant ? bareJid(key.participant) : null
  const isOthers = author !== null && author !== stanza.sender.id && author !== stanza.sender.pn
  const targetSenderId = isOthers ? author : null
  return { ...envelopeOf('message.revoked', origin), targetMessageId, targetSenderId, isGroup: stanza.isGroup }
}

function edit(targetMessageId: string, edited: proto.IMessage, origin: Origin): Draft {
  const { content } = unwrapMessage(edited)
  const text = textOf((convertText(content) ?? convertMedia(content))?.text) ?? captionOf(content)
  return { ...envelopeOf('message.edited', origin), targetMessageId, text, isGroup: origin.stanza.isGroup }
}

/** An edited caption comes without the file's key. */
const captionOf = (content: proto.IMessage): string | null =>
  textOf(content.imageMessage?.caption ?? content.videoMessage?.caption ?? content.documentMessage?.caption)
