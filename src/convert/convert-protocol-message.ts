// Messages about messages: edits, revokes, reactions and pins. The account's own housekeeping stays `unknown`, by name, and so does a change
// that its sender has no authority for (authority.ts): no sink takes it for one.
import { proto } from '@whiskeysockets/baileys'
import { authorityToEdit, authorityToRevoke, type MessageOrigin } from './authority.ts'
import { chatTimer } from './chat-timer.ts'
import { convertKind } from './convert-kind.ts'
import { convertPin } from './convert-pin.ts'
import { envelopeOf, type Offer, type Origin, unknownDraft } from './draft.ts'
import { textOf } from './kinds/body.ts'
import type { Address } from './stanza-identity.ts'
import { type Unwrapped, unwrapMessage } from './unwrap-message.ts'

const { Type } = proto.Message.ProtocolMessage

/** Carry the keys that app-state patches are sealed with, and settings of the account's security: their bytes never enter the log. */
const secretTypes: ReadonlySet<number> = new Set([Type.APP_STATE_SYNC_KEY_SHARE, Type.INITIAL_SECURITY_NOTIFICATION_SETTING_SYNC])

/** null: not a message about another one. `authors`: of what is known under the id of that one in its chat; empty: nothing is. */
export function convertProtocolMessage(unwrapped: Unwrapped, authors: readonly Address[], origin: MessageOrigin): Offer | null {
  const { reactionMessage, pinInChatMessage, protocolMessage } = unwrapped.content
  if (reactionMessage) return reaction(reactionMessage, origin)
  if (pinInChatMessage) return convertPin(pinInChatMessage, unwrapped, authors, origin)
  return protocolMessage ? convertTyped(protocolMessage, authors, origin) : null
}

function convertTyped(message: proto.Message.IProtocolMessage, authors: readonly Address[], origin: MessageOrigin): Offer {
  const type = message.type ?? Type.REVOKE
  if (isSecret(message, type)) return unknownDraft({ ...origin, raw: null }, nameOf(type))
  if (type === Type.REVOKE && message.key?.id)
    return revoke({ key: message.key, targetMessageId: message.key.id, authors }, origin)
  if (type === Type.MESSAGE_EDIT && message.key?.id && message.editedMessage)
    return edit({ key: message.key, targetMessageId: message.key.id, authors, edited: message.editedMessage }, origin)
  const timer = type === Type.EPHEMERAL_SETTING ? chatTimer(message, origin) : null
  return timer ?? unknownDraft(origin, nameOf(type))
}

const nameOf = (type: number): string => `message: protocolMessage ${Type[type] ?? type}`

/** Also where the type says something else. */
const isSecret = (message: proto.Message.IProtocolMessage, type: number): boolean =>
  secretTypes.has(type) || Boolean(message.appStateSyncKeyShare ?? message.initialSecurityNotificationSettingSync)

function reaction({ key, text }: proto.Message.IReactionMessage, origin: Origin): Offer | null {
  if (!key?.id) return null
  return { ...envelopeOf('message.reacted', origin), targetMessageId: key.id, emoji: text ?? '', isGroup: origin.stanza.isGroup }
}

type Change = { key: proto.IMessageKey; targetMessageId: string; authors: readonly Address[] }

function revoke({ key, targetMessageId, authors }: Change, origin: MessageOrigin): Offer {
  const { isGranted, targetSenderId } = authorityToRevoke(key, authors, origin)
  if (!isGranted) return unknownDraft(origin, 'message: revoke without authority')
  return { ...envelopeOf('message.revoked', origin), targetMessageId, targetSenderId, isGroup: origin.stanza.isGroup }
}

function edit({ key, targetMessageId, authors, edited }: Change & { edited: proto.IMessage }, origin: MessageOrigin): Offer {
  if (!authorityToEdit(key, authors, origin).isGranted) return unknownDraft(origin, 'message: edit without authority')
  const { text, interactive = null, location } = convertKind(unwrapMessage(edited).content) ?? {}
  const content = { text: textOf(text), interactive, location: interactive === null ? null : (location ?? null) }
  return { ...envelopeOf('message.edited', origin), targetMessageId, ...content, isGroup: origin.stanza.isGroup }
}
