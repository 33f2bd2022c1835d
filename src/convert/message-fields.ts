// What each field of WhatsApp's Message is to zaplog, in one table: a field that a newer Baileys brings is one that this does not compile
// without. Of several in one message the first in this order counts.
import type { proto } from '@whiskeysockets/baileys'
import { messageFieldNumbers } from './generated/message-field-numbers.ts'
import { convertAlbum } from './kinds/album.ts'
import { convertAnswer } from './kinds/answer.ts'
import { convertAssistant } from './kinds/assistant.ts'
import type { Body } from './kinds/body.ts'
import { convertButtons } from './kinds/buttons.ts'
import { convertCall } from './kinds/call.ts'
import { convertOrder, convertProduct } from './kinds/commerce.ts'
import { convertContacts } from './kinds/contacts.ts'
import { convertEvent } from './kinds/event.ts'
import { convertInteractive } from './kinds/interactive-message.ts'
import { convertInvite } from './kinds/invite.ts'
import { convertList } from './kinds/list.ts'
import { convertLocation } from './kinds/location.ts'
import { convertMedia } from './kinds/media.ts'
import { convertNotice } from './kinds/notice.ts'
import { convertPayment } from './kinds/payment.ts'
import { convertPoll } from './kinds/poll.ts'
import { convertStickerPack } from './kinds/sticker-pack.ts'
import { convertTemplate } from './kinds/template.ts'
import { convertText } from './kinds/text.ts'

export type MessageField = (typeof messageFieldNumbers)[number][0]

type Convert = (content: proto.IMessage) => Body | null
type Role =
  /** Holds a message in its field `message`, whose number is `inner`. */
  | { is: 'wrapper'; inner: number }
  /** What somebody wrote. */
  | { is: 'kind'; convert: Convert }
  /** About another message, in the clear (convert-protocol-message.ts). */
  | { is: 'change' }
  /** About another message, sealed with its secret. */
  | { is: 'sealed' }
  /** Keys and context, without content. */
  | { is: 'carrier' }
  /** Between devices, or of no use to anybody: `unknown`, with its bytes. */
  | { is: 'not ours'; why: string }

const wrapper = { is: 'wrapper', inner: 1 } as const
const change = { is: 'change' } as const
const sealed = { is: 'sealed' } as const
const carrier = { is: 'carrier' } as const
const kind = (convert: Convert) => ({ is: 'kind', convert }) as const
const notOurs = (why: string) => ({ is: 'not ours', why }) as const

const roles = {
  deviceSentMessage: { is: 'wrapper', inner: 2 },
  commentMessage: wrapper,
  ephemeralMessage: wrapper,
  viewOnceMessage: wrapper,
  viewOnceMessageV2: wrapper,
  viewOnceMessageV2Extension: wrapper,
  documentWithCaptionMessage: wrapper,
  editedMessage: wrapper,
  associatedChildMessage: wrapper,
  groupMentionedMessage: wrapper,
  groupStatusMessage: wrapper,
  groupStatusMessageV2: wrapper,
  groupStatusMentionMessage: wrapper,
  statusMentionMessage: wrapper,
  statusAddYours: wrapper,
  botInvokeMessage: wrapper,
  botTaskMessage: wrapper,
  botForwardedMessage: wrapper,
  lottieStickerMessage: wrapper,
  eventCoverImage: wrapper,
  pollCreationMessageV4: wrapper,
  pollCreationOptionImageMessage: wrapper,
  limitSharingMessage: wrapper,
  questionMessage: wrapper,
  questionReplyMessage: wrapper,

  protocolMessage: change,
  reactionMessage: change,
  pinInChatMessage: change,

  imageMessage: kind(convertMedia),
  videoMessage: kind(convertMedia),
  ptvMessage: kind(convertMedia),
  audioMessage: kind(convertMedia),
  documentMessage: kind(convertMedia),
  stickerMessage: kind(convertMedia),
  stickerPackMessage: kind(convertStickerPack),
  locationMessage: kind(convertLocation),
  liveLocationMessage: kind(convertLocation),
  contactMessage: kind(convertContacts),
  contactsArrayMessage: kind(convertContacts),
  pollCreationMessage: kind(convertPoll),
  pollCreationMessageV2: kind(convertPoll),
  pollCreationMessageV3: kind(convertPoll),
  pollCreationMessageV5: kind(convertPoll),
  pollResultSnapshotMessage: kind(convertPoll),
  pollResultSnapshotMessageV3: kind(convertPoll),
  albumMessage: kind(convertAlbum),
  eventMessage: kind(convertEvent),
  productMessage: kind(convertProduct),
  orderMessage: kind(convertOrder),
  listMessage: kind(convertList),
  listResponseMessage: kind(convertList),
  buttonsMessage: kind(convertButtons),
  buttonsResponseMessage: kind(convertButtons),
  templateMessage: kind(convertTemplate),
  templateButtonReplyMessage: kind(convertTemplate),
  interactiveMessage: kind(convertInteractive),
  interactiveResponseMessage: kind(convertInteractive),
  groupInviteMessage: kind(convertInvite),
  newsletterAdminInviteMessage: kind(convertInvite),
  newsletterFollowerInviteMessageV2: kind(convertInvite),
  questionResponseMessage: kind(convertAnswer),
  statusQuestionAnswerMessage: kind(convertAnswer),
  statusQuotedMessage: kind(convertAnswer),
  richResponseMessage: kind(convertAssistant),
  sendPaymentMessage: kind(convertPayment),
  requestPaymentMessage: kind(convertPayment),
  declinePaymentRequestMessage: kind(convertPayment),
  cancelPaymentRequestMessage: kind(convertPayment),
  paymentInviteMessage: kind(convertPayment),
  invoiceMessage: kind(convertPayment),
  callLogMesssage: kind(convertCall),
  scheduledCallCreationMessage: kind(convertCall),
  scheduledCallEditMessage: kind(convertCall),
  bcallMessage: kind(convertCall),
  call: kind(convertCall),
  keepInChatMessage: kind(convertNotice),
  requestPhoneNumberMessage: kind(convertNotice),
  highlyStructuredMessage: kind(convertNotice),
  messageHistoryNotice: kind(convertNotice),
  statusNotificationMessage: kind(convertNotice),
  statusStickerInteractionMessage: kind(convertNotice),
  // Last: some clients write a text for old ones beside what it stands for.
  extendedTextMessage: kind(convertText),
  conversation: kind(convertText),

  pollUpdateMessage: sealed,
  encReactionMessage: sealed,
  encCommentMessage: sealed,
  encEventResponseMessage: sealed,
  secretEncryptedMessage: sealed,

  senderKeyDistributionMessage: carrier,
  fastRatchetKeySenderKeyDistributionMessage: carrier,
  messageContextInfo: carrier,

  placeholderMessage: notOurs('stands for a message that linked devices do not get'),
  messageHistoryBundle: notOurs('a file of the messages that a group shows a new member: history'),
  stickerSyncRmrMessage: notOurs('a list of the stickers that the account’s devices share'),
  chat: notOurs('names a chat, written by no client that is known'),
} as const satisfies Record<MessageField, Role>

type RoleOf<Is extends Role['is']> = {
  [Field in MessageField]: (typeof roles)[Field]['is'] extends Is ? Field : never
}[MessageField]

const isKnown = (name: string): name is MessageField => name in roles
const isWrapper = (name: MessageField): name is RoleOf<'wrapper'> => roles[name].is === 'wrapper'

const names: readonly MessageField[] = Object.keys(roles).filter(isKnown)
const numbers: ReadonlyMap<MessageField, number> = new Map(messageFieldNumbers)

export const wrappers: readonly RoleOf<'wrapper'>[] = names.filter(isWrapper)

/** Each converter once, in the order of their first fields. */
export const converters: readonly Convert[] = [
  ...new Set(
    names.flatMap(name => {
      const role: Role = roles[name]
      return role.is === 'kind' ? [role.convert] : []
    }),
  ),
]

/** Numbers of the fields that carry keys and context only. */
export const carrierNumbers: ReadonlySet<number> = new Set(names.filter(name => roles[name].is === 'carrier').map(numberOfField))

/** Numbers that this version's protobuf has; others are newer. */
export const knownNumbers: ReadonlySet<number> = new Set(numbers.values())

export function numberOfField(name: MessageField): number {
  const number = numbers.get(name)
  if (number === undefined) throw new Error(`expected a number for the field ${name} of Message, got none`)
  return number
}

/** Where the message is inside of a wrapper, as numbers of fields. */
export const pathInto = (name: RoleOf<'wrapper'>): readonly [number, number] => [numberOfField(name), roles[name].inner]

/** What is in a message besides keys and context: the first of its fields in the order of the table; null: none that is known. */
export const firstFieldOf = (content: proto.IMessage): MessageField | null =>
  names.find(name => roles[name].is !== 'carrier' && content[name] !== null && content[name] !== undefined) ?? null
