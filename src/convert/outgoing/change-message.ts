// What is done to a message that is there. `edit` of the stanza says which change it is: WhatsApp's server judges it, and reads nothing else.
//
// Edits go out in the clear inside of their encryption, as WhatsApp Web's do: it seals them with the target's secret only where the server's
// flag message_edit_to_message_secret_sender_enabled is on, and phones read both (whatsapp-rust pull request 762). Those of community
// announcement groups would have to be sealed.
import { proto } from '@whiskeysockets/baileys'
import { usualPinSeconds } from '../../events/command-bodies/about-messages.ts'
import { isGroupAddress, isStatusAddress } from '../../events/command-bodies/addresses.ts'
import type { KeptBody } from '../../events/command-bodies.ts'
import { assertNever } from '../../events/event.ts'
import type { BuildWith, Built } from './build-message.ts'

const kinds = ['reaction', 'edit', 'delete', 'pin'] as const
export type Change = Extract<KeptBody, { kind: (typeof kinds)[number] }>
export const isChange = (body: KeptBody): body is Change => kinds.some(kind => kind === body.kind)

const { ProtocolMessage, PinInChatMessage } = proto.Message

export function changeMessage(body: Change, { now }: Pick<BuildWith, 'now'>): Built {
  const key = keyOf(body)
  switch (body.kind) {
    case 'reaction':
      return {
        content: { reactionMessage: { key, text: body.emoji, senderTimestampMs: now } },
        // Taking it back is a revoke to the server (whatsmeow's send.go, getEditAttribute); Baileys says nothing.
        attributes: body.emoji === '' ? { edit: '7' } : {},
      }
    case 'edit':
      return { content: { protocolMessage: edited(body, key, now) }, attributes: { edit: '1' } }
    case 'delete':
      return {
        content: { protocolMessage: { key, type: ProtocolMessage.Type.REVOKE } },
        attributes: { edit: key.fromMe ? '7' : '8' },
      }
    case 'pin':
      return { ...pinned(body, key, now), attributes: { edit: '2' } }
    default:
      return assertNever(body)
  }
}

/** The target as its sender's devices know it: in a group or among statuses, with whose it is unless it is one's own (whatsmeow's BuildMessageKey). */
function keyOf({ chatId, kind, targetMessageId, known }: Change): proto.IMessageKey {
  const target = known?.target
  if (target === undefined)
    throw new Error(`building ${kind} of ${targetMessageId}: expected what is known of that message, got nothing`)
  const key = { remoteJid: chatId, fromMe: target.fromMe, id: targetMessageId }
  if (target.fromMe || !(isGroupAddress(chatId) || isStatusAddress(chatId))) return key
  if (target.senderId === null) throw new Error(`building ${kind} of ${targetMessageId}: expected who wrote it, got nobody`)
  return { ...key, participant: target.senderId }
}

const edited = (
  { text, mentions }: Extract<Change, { kind: 'edit' }>,
  key: proto.IMessageKey,
  now: number,
): proto.Message.IProtocolMessage => ({
  key,
  type: ProtocolMessage.Type.MESSAGE_EDIT,
  editedMessage: {
    extendedTextMessage: { text, ...(mentions !== undefined && { contextInfo: { mentionedJid: mentions } }) },
  },
  timestampMs: now,
})

const pinned = (body: Extract<Change, { kind: 'pin' }>, key: proto.IMessageKey, now: number): Built => ({
  content: {
    pinInChatMessage: {
      key,
      type: body.on ? PinInChatMessage.Type.PIN_FOR_ALL : PinInChatMessage.Type.UNPIN_FOR_ALL,
      senderTimestampMs: now,
    },
    messageContextInfo: { messageAddOnDurationInSecs: body.on ? (body.durationSeconds ?? usualPinSeconds) : 0 },
  },
})
