// Messages of the account's own phone that hold messages of other chats: those it hands over (placeholder resends), and history that is
// inside its notification. Their bytes lose what is of an ignored chat; without one they stay as they came. Pure.
import { deflateSync, inflateSync } from 'node:zlib'
import { proto } from '@whiskeysockets/baileys'
import type { Ignores } from './draft.ts'
import { bareJid } from './jid.ts'
import { unwrapMessage } from './unwrap-message.ts'

/** `chats`: those whose messages are still in the bytes, as far as that matters; `isCut`: the bytes are not all that came. */
export type Carried = { raw: Uint8Array; chats: readonly string[]; isCut: boolean }

/** Far above what a stanza can bring; more is not looked through, and not kept either. */
const maxHistoryBytes = 64 * 1024 * 1024

/** `raw`: the bytes of `message`. What cannot be told to belong to a chat that is kept is left out as well. */
export function withoutIgnored(message: proto.IMessage, raw: Uint8Array, ignores: Ignores): Carried {
  const { peerDataOperationRequestResponseMessage: handedOver, historySyncNotification: history } = carrierIn(message) ?? {}
  // Where nothing is ignored nothing is looked through.
  if (!(handedOver || history) || !ignores(null)) return { raw, chats: [], isCut: false }
  const chats: string[] = []
  let isCut = false
  const isKept = (chat: string | null): boolean => {
    const isIgnored = ignores(chat)
    if (!isIgnored && chat !== null) chats.push(chat)
    isCut ||= isIgnored
    return !isIgnored
  }
  const left = proto.Message.decode(raw)
  keepIn(carrierIn(left), isKept)
  return { raw: isCut ? proto.Message.encode(left).finish() : raw, chats, isCut }
}

const carrierIn = (message: proto.IMessage) => unwrapMessage(message).content.protocolMessage

function keepIn(carrier: proto.Message.IProtocolMessage | null | undefined, isKept: IsKept): void {
  const { peerDataOperationRequestResponseMessage: handedOver, historySyncNotification: history } = carrier ?? {}
  if (handedOver) handedOver.peerDataOperationResult = keptResults(handedOver.peerDataOperationResult ?? [], isKept)
  if (history?.initialHistBootstrapInlinePayload)
    history.initialHistBootstrapInlinePayload = keptHistory(history.initialHistBootstrapInlinePayload, isKept)
}

type IsKept = (chat: string | null) => boolean
type Result = proto.Message.PeerDataOperationRequestResponseMessage.IPeerDataOperationResult

const keptResults = (results: readonly Result[], isKept: IsKept): Result[] =>
  results.filter(
    ({ placeholderMessageResendResponse: resend }) => !resend?.webMessageInfoBytes || isKept(chatIn(resend.webMessageInfoBytes)),
  )

function chatIn(webMessageInfo: Uint8Array): string | null {
  try {
    return chatOf(proto.WebMessageInfo.decode(webMessageInfo).key?.remoteJid)
  } catch {
    // Whose it is cannot be read.
    return null
  }
}

const chatOf = (jid: string | null | undefined): string | null => (jid ? bareJid(jid) : null)

/** null: it cannot be read, or holds more than may be looked through. */
function keptHistory(payload: Uint8Array, isKept: IsKept): Uint8Array | null {
  try {
    const history = proto.HistorySync.decode(inflateSync(payload, { maxOutputLength: maxHistoryBytes }))
    history.conversations = history.conversations.filter(({ id }) => isKept(chatOf(id)))
    history.statusV3Messages = history.statusV3Messages.filter(({ key }) => isKept(chatOf(key?.remoteJid)))
    history.pastParticipants = history.pastParticipants.filter(({ groupJid }) => isKept(chatOf(groupJid)))
    // A call between two people names no group.
    history.callLogRecords = history.callLogRecords.filter(({ groupJid }) => !groupJid || isKept(chatOf(groupJid)))
    return deflateSync(proto.HistorySync.encode(history).finish())
  } catch {
    return isKept(null) ? payload : null
  }
}
