// A message as the phone's history has it (WAProto WebMessageInfo): what was written, and beside it all that became of it since.
import { createHash } from 'node:crypto'
import { proto } from '@whiskeysockets/baileys'
import type { Contact, Group } from '../accounts.ts'
import { encodeContent, lengthDelimited, type MessageContent } from '../content.ts'
import { type EventAnswer, responses, secretOf } from '../seal-content.ts'

export const statusChat = 'status@broadcast'

const { Status, StubType } = proto.WebMessageInfo
const statuses = {
  error: Status.ERROR,
  pending: Status.PENDING,
  server: Status.SERVER_ACK,
  delivered: Status.DELIVERY_ACK,
  read: Status.READ,
  played: Status.PLAYED,
}

type Done = { from: Contact; atMs: number }
/** What is said beside the message. Times are epoch milliseconds. */
export type Beside = {
  /** People are named by their phone numbers, as before LIDs. */
  pnAddressed?: boolean
  /** Of what the account wrote, how far it got. */
  status?: keyof typeof statuses
  starred?: boolean
  /** Deleted for everyone: nothing is left of what was written. */
  revokedAtMs?: number
  pinned?: { atMs: number; seconds: number }
  reactions?: readonly (Done & { emoji: string })[]
  /** The whole choice of each, by name. */
  votes?: readonly (Done & { options: readonly string[] })[]
  answers?: readonly (Done & { answer: EventAnswer; extraGuests?: number })[]
  receipts?: readonly { who: Contact; deliveredAtMs?: number; readAtMs?: number; playedAtMs?: number }[]
  /** [follows from its id]; null: the phone has none. */
  secret?: Uint8Array | null
  /** msgOrderId: the phone's own number of it in its chat [not said]. */
  order?: number
  /** WhatsApp's name of what happened instead of a message; CIPHERTEXT: the phone itself could not open it. */
  stub?: { type: keyof typeof StubType; parameters?: readonly string[] }
}
export type HistoryMessage = Beside & {
  chat: Contact | Group
  from: Contact
  /** None: of a stub. */
  content?: MessageContent
  timestampMs: number
  /** [made up] */
  id?: string
}
/** A status of somebody's. */
export type HistoryStatus = Omit<HistoryMessage, 'chat'>

/** `chatId`: of the status where it is one. */
export type Written = { message: HistoryStatus; id: string; chatId: string; isInGroup: boolean; owner: Contact }

export const chatIdOf = (chat: Contact | Group, pnAddressed = false): string =>
  'members' in chat ? chat.id : addressOf(chat, pnAddressed)

export const addressOf = ({ pnJid, lidJid }: Contact, pnAddressed = false): string => (pnAddressed ? pnJid : lidJid)

/** Protobuf. What was written is added behind the rest, so that fields which our protobuf does not know survive. */
export function encodeHistoryMessage(written: Written): Buffer {
  const { content, revokedAtMs } = written.message
  const info = proto.WebMessageInfo.encode({ ...headOf(written), ...besideOf(written), ...stubOf(written.message) }).finish()
  const isLeft = content !== undefined && revokedAtMs === undefined
  return Buffer.concat([info, isLeft ? lengthDelimited(2, encodeContent(content)) : Buffer.of()])
}

function headOf({ message, id, chatId, isInGroup, owner }: Written): proto.IWebMessageInfo {
  const { from, timestampMs, pnAddressed, status, starred, content, secret } = message
  const fromMe = from.pn === owner.pn
  const key = { remoteJid: chatId, fromMe, id, ...(isInGroup && { participant: addressOf(from, pnAddressed) }) }
  const hasSecret = secret !== null && (content !== undefined || secret !== undefined)
  return {
    key,
    messageTimestamp: seconds(timestampMs),
    pushName: from.name,
    ...(status && { status: statuses[status] }),
    ...(starred !== undefined && { starred }),
    ...(hasSecret && { messageSecret: secret ?? secretOf(id) }),
  }
}

function besideOf(written: Written): proto.IWebMessageInfo {
  const { reactions = [], votes = [], answers = [], receipts = [], pinned, pnAddressed } = written.message
  return {
    reactions: reactions.map(({ from, emoji, atMs }, nth) => ({
      ...{ key: keyOf(written, from, `R${nth}`), text: emoji, groupingKey: emoji },
      senderTimestampMs: atMs,
    })),
    pollUpdates: votes.map(({ from, options, atMs }, nth) => ({
      pollUpdateMessageKey: keyOf(written, from, `V${nth}`),
      vote: { selectedOptions: options.map(name => createHash('sha256').update(name).digest()) },
      senderTimestampMs: atMs,
    })),
    eventResponses: answers.map(({ from, answer, extraGuests, atMs }, nth) => ({
      ...{ eventResponseMessageKey: keyOf(written, from, `E${nth}`), timestampMs: atMs },
      eventResponseMessage: {
        ...{ response: responses[answer], timestampMs: atMs },
        ...(extraGuests !== undefined && { extraGuestCount: extraGuests }),
      },
    })),
    userReceipt: receipts.map(({ who, deliveredAtMs, readAtMs, playedAtMs }) => ({
      userJid: addressOf(who, pnAddressed),
      ...(deliveredAtMs !== undefined && { receiptTimestamp: seconds(deliveredAtMs) }),
      ...(readAtMs !== undefined && { readTimestamp: seconds(readAtMs) }),
      ...(playedAtMs !== undefined && { playedTimestamp: seconds(playedAtMs) }),
    })),
    ...(pinned && { pinInChat: pinOf(written, pinned) }),
  }
}

/** Of what somebody did to the message, which was a message of its own. */
function keyOf({ id, chatId, isInGroup, message, owner }: Written, from: Contact, suffix: string): proto.IMessageKey {
  const participant = isInGroup ? { participant: addressOf(from, message.pnAddressed) } : {}
  return { remoteJid: chatId, fromMe: from.pn === owner.pn, id: `${id}${suffix}`, ...participant }
}

function pinOf(written: Written, { atMs, seconds: lasting }: { atMs: number; seconds: number }): proto.IPinInChat {
  return {
    type: proto.PinInChat.Type.PIN_FOR_ALL,
    key: headOf(written).key ?? null,
    ...{ senderTimestampMs: atMs, serverTimestampMs: atMs },
    messageAddOnContextInfo: { messageAddOnDurationInSecs: lasting },
  }
}

/** Of a deleted one the phone keeps who deleted it, and when. */
function stubOf({ stub, revokedAtMs }: HistoryStatus): proto.IWebMessageInfo {
  if (revokedAtMs !== undefined) return { messageStubType: StubType.REVOKE, revokeMessageTimestamp: seconds(revokedAtMs) }
  if (stub === undefined) return {}
  return { messageStubType: StubType[stub.type], messageStubParameters: [...(stub.parameters ?? [])] }
}

export const seconds = (epochMs: number): number => Math.floor(epochMs / 1000)
