// What phones seal since 2026 with the secret of the message that it is about, as whatsmeow's msgsecret.go does: votes and answers to events,
// which never came otherwise, edits, and what announcement groups and channels hold. A message's secret follows from its id, so that whoever
// refers to it has it.
import { createCipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto'
import { proto } from '@whiskeysockets/baileys'
import type { Contact } from './accounts.ts'
import { edit, keyFor, type MessageContent, type Target } from './content.ts'
import { dropOldest } from './drop-oldest.ts'

export type SealOptions = {
  /** As which of its addresses the author of the target is named [lid]. */
  author?: 'lid' | 'pn'
  /** As which of its addresses whoever seals names itself [lid]. */
  modifier?: 'lid' | 'pn'
  /** [the target's own] */
  secret?: Uint8Array
}
type Label = 'Poll Vote' | 'Event Response' | 'Message Edit' | 'Event Edit' | 'Enc Reaction' | 'Enc Comment'
/** Addresses without device. */
type Sealing = { targetId: string; author: string; modifier: string; secret?: Uint8Array }

const { Message } = proto
const { SecretEncType } = Message.SecretEncryptedMessage
const bound: readonly Label[] = ['Poll Vote', 'Event Response']

export const secretOf = (messageId: string): Buffer => createHash('sha256').update(`secret of ${messageId}`).digest()

/** Of what companions wrote, whose secrets are drawn: who votes there seals with these. */
const drawn = new Map<string, Uint8Array>()
const maxDrawn = 10_000

export function noteSecret(messageId: string, secret: Uint8Array | null | undefined): void {
  if (!secret) return
  drawn.set(messageId, secret)
  dropOldest(drawn, maxDrawn)
}

export function poll(name: string, options: readonly string[], selectableOptionsCount = 1): proto.IMessage {
  return { pollCreationMessageV3: { name, options: options.map(optionName => ({ optionName })), selectableOptionsCount } }
}

/** The whole choice, by name; empty: withdrawn. */
export function vote(by: Contact, names: readonly string[], target: Target, options: SealOptions = {}): proto.IMessage {
  const selectedOptions = names.map(name => createHash('sha256').update(name).digest())
  const plain = Message.PollVoteMessage.encode({ selectedOptions }).finish()
  const pollUpdateMessage = {
    pollCreationMessageKey: keyFor(by, target),
    vote: seal('Poll Vote', plain, sealingOf(by, target, options)),
    senderTimestampMs: Date.now(),
  }
  return { pollUpdateMessage }
}

/** WAProto EventResponseMessage.EventResponseType. */
export const responses = { going: 1, 'not-going': 2, maybe: 3 } as const
export type EventAnswer = keyof typeof responses

export function eventAnswer(by: Contact, answer: EventAnswer, target: Target, options: SealOptions = {}): proto.IMessage {
  const plain = Message.EventResponseMessage.encode({ response: responses[answer], timestampMs: Date.now() }).finish()
  const sealed = seal('Event Response', plain, sealingOf(by, target, options))
  return { encEventResponseMessage: { eventCreationMessageKey: keyFor(by, target), ...sealed } }
}

export const sealedEdit = (by: Contact, newBody: string, target: Target, options: SealOptions = {}): proto.IMessage =>
  sealChange('Message Edit', edit(by, newBody, target), sealingOf(by, target, options))

export function eventEdit(by: Contact, name: string, target: Target, options: SealOptions = {}): proto.IMessage {
  const { protocolMessage } = edit(by, '', target)
  const changed = { protocolMessage: { ...protocolMessage, editedMessage: { eventMessage: { name } } } }
  return sealChange('Event Edit', changed, sealingOf(by, target, options))
}

function sealChange(label: 'Message Edit' | 'Event Edit', change: proto.IMessage, sealing: Sealing): proto.IMessage {
  const secretEncType = label === 'Event Edit' ? SecretEncType.EVENT_EDIT : SecretEncType.MESSAGE_EDIT
  const sealed = seal(label, Message.encode(change).finish(), sealing)
  return { secretEncryptedMessage: { targetMessageKey: change.protocolMessage?.key ?? null, ...sealed, secretEncType } }
}

/** As in announcement groups. */
export function sealedReaction(by: Contact, emoji: string, target: Target, options: SealOptions = {}): proto.IMessage {
  const plain = Message.ReactionMessage.encode({ text: emoji, senderTimestampMs: Date.now() }).finish()
  const sealed = seal('Enc Reaction', plain, sealingOf(by, target, options))
  return { encReactionMessage: { targetMessageKey: keyFor(by, target), ...sealed } }
}

/** As in channels. */
export function sealedComment(by: Contact, content: proto.IMessage, target: Target, options: SealOptions = {}): proto.IMessage {
  const sealed = seal('Enc Comment', Message.encode(content).finish(), sealingOf(by, target, options))
  return { encCommentMessage: { targetMessageKey: keyFor(by, target), ...sealed } }
}

function sealingOf(by: Contact, { messageId, author }: Target, options: SealOptions): Sealing {
  const addressOf = (one: Contact, as: 'lid' | 'pn' = 'lid') => (as === 'lid' ? one.lidJid : one.pnJid)
  const parties = { author: addressOf(author, options.author), modifier: addressOf(by, options.modifier) }
  return { targetId: messageId, ...parties, ...(options.secret && { secret: options.secret }) }
}

function seal(
  label: Label,
  plain: Uint8Array,
  { targetId, author, modifier, secret }: Sealing,
): { encPayload: Buffer; encIv: Buffer } {
  const key = Buffer.from(
    hkdfSync('sha256', secret ?? drawn.get(targetId) ?? secretOf(targetId), '', `${targetId}${author}${modifier}${label}`, 32),
  )
  const encIv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, encIv)
  if (bound.includes(label)) cipher.setAAD(Buffer.from(`${targetId}\0${modifier}`))
  return { encPayload: Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]), encIv }
}

export type PhoneHabits = {
  /** Edits come in clear, as phones wrote them until May 2026. */
  plain?: boolean
  /** The message's own secret [follows from its id]; null: it brings none. */
  secret?: Uint8Array | null
}

/** What is written brings its secret, and edits come sealed. */
export function asPhonesSend(content: MessageContent, of: { by: Contact; id: string; habits: PhoneHabits }): MessageContent {
  const { by, id, habits } = of
  if ('protobuf' in content) return content
  const { key, type } = content.protocolMessage ?? {}
  if (type === Message.ProtocolMessage.Type.MESSAGE_EDIT && habits.plain !== true) {
    const author = key?.participant ?? key?.remoteJid ?? by.lidJid
    return sealChange('Message Edit', content, { targetId: key?.id ?? '', author, modifier: by.lidJid })
  }
  if (!isWritten(content) || habits.secret === null) return content
  return { ...content, messageContextInfo: { ...content.messageContextInfo, messageSecret: habits.secret ?? secretOf(id) } }
}

/** Not what is about another message, nor keys. */
const isWritten = (content: proto.IMessage): boolean =>
  !(content.protocolMessage || content.reactionMessage || content.pollUpdateMessage || content.secretEncryptedMessage) &&
  !(content.encReactionMessage || content.encCommentMessage || content.encEventResponseMessage) &&
  !content.senderKeyDistributionMessage
