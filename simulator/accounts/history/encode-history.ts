// A chunk of the phone's history as its bytes (WAProto HistorySync): chats in the order of the messages, each chat's messages newest first.
import { proto } from '@whiskeysockets/baileys'
import type { Contact, Group } from '../accounts.ts'
import { lengthDelimited } from '../content.ts'
import { newMessageId } from '../send-message.ts'
import { conversationOf, type HistoryChat, idOf } from './history-chat.ts'
import {
  chatIdOf,
  encodeHistoryMessage,
  type HistoryMessage,
  type HistoryStatus,
  seconds,
  statusChat,
} from './history-message.ts'

export type HistorySyncName = keyof typeof proto.HistorySync.HistorySyncType
/** What a chunk says; nothing of it has to be there. */
export type HistoryContent = {
  messages?: readonly HistoryMessage[]
  /** What is said of chats, also of those without a message here; of others their names and addresses alone. */
  chats?: readonly HistoryChat[]
  statuses?: readonly HistoryStatus[]
  /** Push names [of everybody who wrote a message of it]. */
  pushNames?: readonly { of: Contact; name: string }[]
  /** Whose phone number belongs to whose LID. */
  mappings?: readonly Contact[]
  pastParticipants?: readonly { group: Group; who: Contact; atMs: number; isRemoved: boolean }[]
  calls?: readonly { from: Contact; callId: string; atMs: number; seconds: number; isVideo: boolean }[]
}
export type HistoryHead = { syncType: HistorySyncName; chunkOrder: number; progress: number }

/** Protobuf, not compressed. */
export function encodeHistory(head: HistoryHead, content: HistoryContent, owner: Contact): Buffer {
  const { messages = [], chats = [], statuses = [], pushNames = authorsOf(messages), mappings = [] } = content
  const syncType = proto.HistorySync.HistorySyncType[head.syncType]
  const said = new Map(chats.map(chat => [idOf(chat), chat]))
  const byChat = Map.groupBy(messages, ({ chat, pnAddressed }) => chatIdOf(chat, pnAddressed))
  const ids = [...new Set([...byChat.keys(), ...said.keys()])]
  const conversations = ids.map(id => encodeConversation(id, byChat.get(id) ?? [], { chat: said.get(id), owner }))
  const rest: proto.IHistorySync = {
    ...{ chunkOrder: head.chunkOrder, progress: head.progress },
    pushnames: pushNames.map(({ of, name }) => ({ id: of.lidJid, pushname: name })),
    pastParticipants: pastOf(content.pastParticipants ?? []),
    callLogRecords: callsOf(content.calls ?? []),
    phoneNumberToLidMappings: mappings.map(({ pnJid, lidJid }) => ({ pnJid, lidJid })),
  }
  return Buffer.concat([
    proto.HistorySync.encode({ syncType }).finish(),
    ...conversations.map(bytes => lengthDelimited(2, bytes)),
    ...statuses.map(status => lengthDelimited(3, encodeStatus(status, owner))),
    proto.HistorySync.encode(rest).finish(),
  ])
}

type Of = { chat: HistoryChat | undefined; owner: Contact }

function encodeConversation(id: string, messages: readonly HistoryMessage[], { chat, owner }: Of): Buffer {
  const newestFirst = messages.toSorted((a, b) => b.timestampMs - a.timestampMs)
  const [newest] = newestFirst
  const about = chat ?? newest
  const rest = about === undefined ? {} : conversationOf(chat ?? saidBy(about), newest?.timestampMs ?? null)
  return Buffer.concat([
    proto.Conversation.encode({ id }).finish(),
    ...newestFirst.map(message => lengthDelimited(2, encodeEntry(id, message, owner))),
    proto.Conversation.encode(rest).finish(),
  ])
}

const saidBy = ({ chat, pnAddressed }: Pick<HistoryChat, 'chat' | 'pnAddressed'>): HistoryChat => ({
  chat,
  ...(pnAddressed !== undefined && { pnAddressed }),
})

/** WAProto HistorySyncMsg: message 1, msgOrderId 2. */
function encodeEntry(chatId: string, message: HistoryMessage, owner: Contact): Buffer {
  const { id = newMessageId(), chat, order } = message
  const info = encodeHistoryMessage({ message, id, chatId, isInGroup: 'members' in chat, owner })
  const place = order === undefined ? Buffer.of() : proto.HistorySyncMsg.encode({ msgOrderId: order }).finish()
  return Buffer.concat([lengthDelimited(1, info), place])
}

/** Their authors stand where those of a group do. */
function encodeStatus(message: HistoryStatus, owner: Contact): Buffer {
  const { id = newMessageId() } = message
  return encodeHistoryMessage({ message, id, chatId: statusChat, isInGroup: true, owner })
}

function authorsOf(messages: readonly HistoryMessage[]): readonly { of: Contact; name: string }[] {
  const authors = new Map(messages.map(({ from }) => [from.lidJid, from]))
  return [...authors.values()].map(of => ({ of, name: of.name }))
}

function pastOf(past: NonNullable<HistoryContent['pastParticipants']>): proto.IPastParticipants[] {
  const { LEFT, REMOVED } = proto.PastParticipant.LeaveReason
  return [...Map.groupBy(past, ({ group }) => group.id)].map(([groupJid, of]) => ({
    groupJid,
    pastParticipants: of.map(({ who, atMs, isRemoved }) => ({
      userJid: who.lidJid,
      leaveReason: isRemoved ? REMOVED : LEFT,
      leaveTs: seconds(atMs),
    })),
  }))
}

function callsOf(calls: NonNullable<HistoryContent['calls']>): proto.ICallLogRecord[] {
  const { CONNECTED } = proto.CallLogRecord.CallResult
  return calls.map(({ from, callId, atMs, seconds: duration, isVideo }) => ({
    ...{ callResult: CONNECTED, duration, startTime: seconds(atMs), isIncoming: true, isVideo, callId },
    callCreatorJid: from.lidJid,
  }))
}
