// What a device could not read is sent to it again with all that its stanza says besides its content: an edit is an edit, and no message of its own.
// Baileys sends the content alone, and a status to nobody, as its relay names no audience (sendMessagesAgain in lib/Socket/messages-recv.js). So it
// is told that there is none where there is more to say, makes the session anew all the same, and once it is done with the receipt the message goes
// out from here, to whom Baileys would send it; a status to who asks for it.
import type { EventEmitter } from 'node:events'
import { type BinaryNode, jidDecode, type proto, type WAMessageKey, type WASocket } from '@whiskeysockets/baileys'
import { bareJid, isStatus } from '../../convert/jid.ts'
import type { StanzaNode } from '../../convert/outgoing/build-message.ts'

/** `attributes`, `nodes`: of its stanza, besides Baileys' own. */
export type SentBefore = {
  content: proto.IMessage
  attributes: Readonly<Record<string, string>>
  nodes: readonly StanzaNode[]
}
/** undefined: none of ours, or of another chat. */
export type FindSent = (key: WAMessageKey) => Promise<SentBefore | undefined>
export type SendAgain = {
  /** As Baileys asks for it. */
  find(key: WAMessageKey): Promise<proto.IMessage | undefined>
  /** Call right after makeWASocket. A rejection is that of the receipt's handling. */
  follow(socket: Sending): void
}
type Sending = Pick<WASocket, 'relayMessage'> & { ws: EventEmitter }
type Found = { key: WAMessageKey; sent: SentBefore }
type Listener = (node: BinaryNode) => Promise<void>

const event = 'CB:receipt'

export function createSendAgain(findSent: FindSent): SendAgain {
  /** For the receipt that is handled now, which asks for something again; null: none does. Receipts are handled one at a time (stanza-queue.ts). */
  let found: Found[] | null = null

  async function handle(socket: Sending, node: BinaryNode, inner: Listener): Promise<void> {
    if (node.attrs.type !== 'retry') return inner(node)
    const asked: Found[] = []
    found = asked
    try {
      await inner(node)
    } finally {
      found = null
    }
    for (const one of asked) await sendAgain(socket, one, countOf(node))
  }

  return {
    find: async key => {
      const sent = await findSent(key)
      if (sent === undefined || found === null || !(saysMore(sent) || isStatus(key.remoteJid ?? ''))) return sent?.content
      found.push({ key, sent })
      return undefined
    },
    follow: socket => {
      const [inner, ...others] = socket.ws.listeners(event) as Listener[]
      if (inner === undefined || others.length > 0)
        throw new Error(
          `hearing ${event}: expected one listener of Baileys, got ${inner === undefined ? 'none' : others.length + 1}`,
        )
      socket.ws.off(event, inner)
      socket.ws.on(event, (node: BinaryNode) => handle(socket, node, inner))
    },
  }
}

const saysMore = ({ attributes, nodes }: SentBefore): boolean => Object.keys(attributes).length > 0 || nodes.length > 0

async function sendAgain({ relayMessage }: Sending, { key, sent }: Found, count: number): Promise<void> {
  const { id, remoteJid, participant } = key
  if (!id || !remoteJid) return
  const { content, attributes, nodes } = sent
  const whom = isStatus(remoteJid) ? readers(participant) : devicesOf(participant, count)
  const beside = { additionalAttributes: { ...attributes }, additionalNodes: [...nodes] }
  await relayMessage(remoteJid, content, { messageId: id, ...beside, ...whom })
}

/** A phone stands for all devices of its chat, any other device for itself, as in Baileys. */
const devicesOf = (participant: WAMessageKey['participant'], count: number) =>
  participant != null && jidDecode(participant)?.device
    ? { participant: { jid: participant, count } }
    : { useUserDevicesCache: false }

const readers = (participant: WAMessageKey['participant']) => ({
  statusJidList: participant == null ? [] : [bareJid(participant)],
  useUserDevicesCache: false,
})

/** How often it was asked for. */
function countOf({ content }: BinaryNode): number {
  const children = Array.isArray(content) ? content : []
  return Number(children.find(({ tag }) => tag === 'retry')?.attrs.count ?? 1) || 1
}
