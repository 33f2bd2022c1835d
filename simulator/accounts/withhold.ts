// Placeholders: the server tells a companion that there is a message, and the message stays on the phone; what the phone answers when it is asked.
import { type BinaryNode, proto } from '@whiskeysockets/baileys'
import { attr, node } from '../connection/stanza.ts'
import type { Contact, Group } from './accounts.ts'
import { deliver } from './deliver.ts'
import { dropOldest } from './drop-oldest.ts'
import { secretOf } from './seal-content.ts'
import { addressIn, addressOf, maxRememberedContents, newMessageId, type SendOptions, sendPeer } from './send-message.ts'
import type { Companion } from './world.ts'

export type Withheld = {
  from: Contact
  group?: Group
  /** As WhatsApp's server says it: view_once, fanout, bot_unavailable_fanout … */
  type: string
  /** What the phone hands over when it is asked [nothing, as a phone that is off]. */
  content?: proto.IMessage
  options?: Pick<SendOptions, 'id' | 'timestampMs' | 'pnAddressed'>
}

const { Type } = proto.Message.ProtocolMessage
const { PLACEHOLDER_MESSAGE_RESEND } = proto.Message.PeerDataOperationRequestType

/** Answers its message id. */
export function withhold(companion: Companion, { from, group, type, content, options = {} }: Withheld): string {
  const id = options.id ?? newMessageId()
  const seconds = Math.floor((options.timestampMs ?? Date.now()) / 1000)
  const address = group === undefined ? addressOf(from, options) : addressIn(group, from, options)
  const attrs = { id, ...address, type: 'text', t: String(seconds), notify: from.name }
  if (content !== undefined) {
    companion.withheld.set(id, handedOver({ id, from, group, content, seconds }))
    dropOldest(companion.withheld, maxRememberedContents)
  }
  deliver(companion, node('message', attrs, [node('unavailable', { type })]))
  return id
}

type HandedOver = { id: string; from: Contact; group: Group | undefined; content: proto.IMessage; seconds: number }

/** The phone says the message's secret beside it. */
function handedOver({ id, from, group, content, seconds }: HandedOver): Uint8Array {
  const key = { id, fromMe: false, remoteJid: group?.id ?? from.lidJid, participant: group === undefined ? null : from.lidJid }
  const about = { messageTimestamp: seconds, pushName: from.name, messageSecret: secretOf(id) }
  return proto.WebMessageInfo.encode({ key, message: content, ...about }).finish()
}

/** `content`: what the companion wrote to its own phone. */
export async function answerPlaceholderRequest(
  companion: Companion,
  stanza: BinaryNode,
  content: proto.IMessage | null,
): Promise<void> {
  const request = content?.protocolMessage?.peerDataOperationRequestMessage
  if (request?.peerDataOperationRequestType !== PLACEHOLDER_MESSAGE_RESEND) return
  const asked = (request.placeholderMessageResendRequest ?? []).map(({ messageKey }) => messageKey?.id ?? '')
  const peerDataOperationResult = asked.flatMap(id => {
    const webMessageInfoBytes = companion.withheld.get(id)
    return webMessageInfoBytes === undefined ? [] : [{ placeholderMessageResendResponse: { webMessageInfoBytes } }]
  })
  if (peerDataOperationResult.length === 0) return
  const answer = {
    peerDataOperationRequestType: PLACEHOLDER_MESSAGE_RESEND,
    stanzaId: attr(stanza, 'id'),
    peerDataOperationResult,
  }
  const type = Type.PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE
  await sendPeer(companion, { protocolMessage: { type, peerDataOperationRequestResponseMessage: answer } })
}
