// The phone's history, one chunk per call, as Baileys downloads it: zlib over HistorySync, inline or encrypted on the CDN.
import { deflateSync } from 'node:zlib'
import { proto } from '@whiskeysockets/baileys'
import { encryptMedia } from '../media/encrypt-media.ts'
import type { Contact, Group } from './accounts.ts'
import { newMessageId, rememberContent, sendPeer } from './send-message.ts'
import type { Companion, World } from './world.ts'

export type HistoryMessage = {
  chat: Contact | Group
  from: Contact
  content: proto.IMessage
  timestampMs: number
  id?: string
}
export type HistoryOptions = {
  /** [RECENT] */
  syncType?: proto.HistorySync.HistorySyncType
  /** [1] */
  chunkOrder?: number
  /** Percent [100] */
  progress?: number
  /** [inline] */
  via?: 'inline' | 'cdn'
}
type History = { messages: readonly HistoryMessage[]; options: HistoryOptions }

/** Resolves with the id of the notification once it is queued. */
export function sendHistory(world: World, companion: Companion, { messages, options }: History): Promise<string> {
  const { syncType = proto.HistorySync.HistorySyncType.RECENT, chunkOrder = 1, progress = 100, via = 'inline' } = options
  const conversations = conversationsOf(companion, messages)
  const payload = deflateSync(
    proto.HistorySync.encode({ syncType, conversations, chunkOrder, progress, pushnames: pushNames(messages) }).finish(),
  )
  const where =
    via === 'inline' ? { initialHistBootstrapInlinePayload: payload, fileLength: payload.length } : uploaded(world, payload)
  const historySyncNotification = { ...where, syncType: notificationType(syncType), chunkOrder, progress }
  const type = proto.Message.ProtocolMessage.Type.HISTORY_SYNC_NOTIFICATION
  return sendPeer(companion, { protocolMessage: { type, historySyncNotification } })
}

/** One conversation per chat; messages newest first, as phones send them. */
function conversationsOf(companion: Companion, messages: readonly HistoryMessage[]): proto.IConversation[] {
  const byChat = Map.groupBy(messages, message => chatIdOf(message.chat))
  return [...byChat].map(([id, ofChat]) => {
    const [{ chat } = { chat: null }] = ofChat
    const newestFirst = ofChat.toSorted((a, b) => b.timestampMs - a.timestampMs)
    const shared = { id, messages: newestFirst.map(message => ({ message: historyMessage(companion, message) })) }
    if (chat === null) return shared
    return 'members' in chat ? { ...shared, name: chat.subject } : { ...shared, pnJid: chat.pnJid, displayName: chat.name }
  })
}

function historyMessage(companion: Companion, { chat, from, content, timestampMs, id = newMessageId() }: HistoryMessage) {
  rememberContent(companion, id, content)
  const fromMe = from.pn === companion.account.owner.contact.pn
  const key = { remoteJid: chatIdOf(chat), fromMe, id }
  return {
    key: 'members' in chat ? { ...key, participant: from.lidJid } : key,
    message: content,
    messageTimestamp: Math.floor(timestampMs / 1000),
    pushName: from.name,
  }
}

function pushNames(messages: readonly HistoryMessage[]): proto.IPushname[] {
  const authors = new Map(messages.map(({ from }) => [from.lidJid, from.name]))
  return [...authors].map(([id, pushname]) => ({ id, pushname }))
}

function uploaded({ cdn }: World, payload: Buffer) {
  const { bytes, mediaKey, fileSha256, fileEncSha256, sizeBytes } = encryptMedia(payload, 'md-msg-hist')
  return { directPath: cdn.put(bytes), mediaKey, fileSha256, fileEncSha256, fileLength: sizeBytes }
}

function chatIdOf(chat: Contact | Group): string {
  return 'members' in chat ? chat.id : chat.lidJid
}

/** Two enums of the protocol with the same numbers. */
function notificationType(syncType: proto.HistorySync.HistorySyncType): proto.Message.HistorySyncType {
  return syncType as number
}
