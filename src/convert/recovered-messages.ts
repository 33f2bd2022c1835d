// Messages that the phone hands over because this device could not read them (placeholder resends), each under its own address.
// What the server called a change is not among what is handed over: a pin counts all the same, an admin's revoke of somebody else's does not.
// Pure; the same message handed over twice is the same event, also where its own stanza is decrypted after all.
import { proto } from '@whiskeysockets/baileys'
import type { MessageOrigin } from './authority.ts'
import { webMessageInfoNumbers } from './generated/history-field-numbers.ts'
import { bareJid, deviceOf, isBroadcast, isGroup, isPn } from './jid.ts'
import { fieldOf } from './message-content.ts'
import type { Address, Stanza } from './stanza-identity.ts'

/** `raw`: the bytes of the message. `secret`: its own, where the phone says it beside the message. */
export type Recovered = { message: proto.IMessage; origin: MessageOrigin & { raw: Uint8Array }; secret: Uint8Array | null }

const { Type } = proto.Message.ProtocolMessage

/** Only the account's own phone may speak for others; from anybody else this is a forgery. */
export function recoveredFrom({ protocolMessage: carrier }: proto.IMessage, origin: MessageOrigin): readonly Recovered[] {
  if (carrier?.type !== Type.PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE || !origin.stanza.fromMe) return []
  const results = carrier.peerDataOperationRequestResponseMessage?.peerDataOperationResult ?? []
  return results.flatMap(({ placeholderMessageResendResponse: resend }) =>
    resend?.webMessageInfoBytes ? recover(resend.webMessageInfoBytes, origin) : [],
  )
}

/** Empty for what cannot be read; its bytes are in the event of the message that carries it. */
function recover(bytes: Uint8Array, origin: MessageOrigin): readonly Recovered[] {
  try {
    const info = proto.WebMessageInfo.decode(bytes)
    // As it came, fields of the future included.
    const raw = fieldOf(bytes, webMessageInfoNumbers.message)
    const stanza = stanzaOf(info, origin.stanza)
    if (!info.message || raw === null || stanza === null) return []
    // The carrier's sender is the account itself; who else wrote is known by what the phone says.
    const aliases = stanza.fromMe ? origin.aliases : []
    const own = { ...origin, stanza, ordinal: { part: 0, index: 0 }, raw, aliases, isHandedOver: true as const }
    return [{ message: info.message, origin: own, secret: info.messageSecret ?? null }]
  } catch {
    return []
  }
}

function stanzaOf(info: proto.IWebMessageInfo, carrier: Stanza): Stanza | null {
  const { key } = info
  if (!key?.id || !key.remoteJid) return null
  const chat = addressOf(key.remoteJid)
  const isShared = isGroup(chat.id) || isBroadcast(chat.id)
  const fromMe = key.fromMe === true
  const author = isShared ? (key.participant ?? info.participant) : key.remoteJid
  if (!author && !fromMe) return null
  return {
    instanceId: carrier.instanceId,
    stanzaClass: carrier.stanzaClass,
    stanzaId: key.id,
    fromMe,
    chat,
    // What the account wrote itself is its own, wherever the phone leaves that out.
    sender: fromMe ? carrier.sender : addressOf(author ?? ''),
    senderDevice: fromMe ? 0 : deviceOf(author ?? ''),
    isGroup: isGroup(chat.id),
    saidAt: info.messageTimestamp == null ? null : String(info.messageTimestamp),
    senderName: info.pushName || null,
    // The phone does not say what the server called it: see isHandedOver of MessageOrigin.
    edit: null,
    isPeer: false,
  }
}

function addressOf(jid: string): Address {
  const id = bareJid(jid)
  return { id, pn: isPn(id) ? id : null }
}
