// What a device could not read is sent to it again with all that its stanza says besides its content: an edit is an edit, and no message of its own.
// Baileys sends the content alone, and a status to nobody, as its relay names no audience (sendMessagesAgain in lib/Socket/messages-recv.js). So the
// message goes out from here where Baileys, once it has made the session anew, asks how often that was done already, and it is told: too often. It
// acknowledges the receipt after that: a death in between repeats, never loses. It goes to whom Baileys would send it; a status to who asks for it.
import type { EventEmitter } from 'node:events'
import {
  type BinaryNode,
  DEFAULT_CONNECTION_CONFIG,
  jidDecode,
  type proto,
  type SocketConfig,
  type WAMessageKey,
  type WASocket,
} from '@whiskeysockets/baileys'
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
  /** What Baileys counts by how often it sent something again. */
  counters: Counters
  /** Call right after makeWASocket. A rejection is that of the receipt's handling. */
  follow(socket: Sending): void
}
type Counters = NonNullable<SocketConfig['msgRetryCounterCache']>
type Sending = Pick<WASocket, 'relayMessage'> & { ws: EventEmitter }
type Found = { key: WAMessageKey; sent: SentBefore }
type Listener = (node: BinaryNode) => Promise<void>
/** One that asks for messages again. `found`: what goes out from here, by what Baileys counts it by; `failures`: of what did not. */
type Receipt = { node: BinaryNode; socket: Sending; asked: Set<string>; found: Map<string, Found>; failures: unknown[] }

const event = 'CB:receipt'
/** Of one receipt: each costs a read, and a stanza. Clients ask for one at a time (Baileys' and whatsmeow's). */
const mostAsked = 16
/** Of one message for one device: Baileys' own. */
const { maxMsgRetryCount: mostTimes } = DEFAULT_CONNECTION_CONFIG
const tooOften: unknown = mostTimes

export function createSendAgain(findSent: FindSent, counters: Counters): SendAgain {
  /** Which is handled now; null: none. Receipts are handled one at a time (stanza-queue.ts). */
  let receipt: Receipt | null = null

  async function handle(socket: Sending, node: BinaryNode, inner: Listener): Promise<void> {
    if (node.attrs.type !== 'retry') return inner(node)
    const failures: unknown[] = []
    receipt = { node, socket, asked: new Set(), found: new Map(), failures }
    try {
      await inner(node)
    } finally {
      receipt = null
    }
    if (failures.length > 0) throw failures[0]
  }

  async function find(key: WAMessageKey): Promise<proto.IMessage | undefined> {
    if (receipt === null) return (await findSent(key))?.content
    const { asked, found } = receipt
    const { id, remoteJid, participant } = key
    if (!id || asked.has(id) || asked.size >= mostAsked) return undefined
    asked.add(id)
    const sent = await findSent(key)
    if (sent !== undefined && (saysMore(sent) || isStatus(remoteJid ?? ''))) found.set(`${id}:${participant}`, { key, sent })
    return sent?.content
  }

  /** Does not reject where it cannot go out: the others of the receipt do. */
  async function sendOnce({ socket, node, failures }: Receipt, counted: string, one: Found): Promise<void> {
    const own = `from here ${counted}`
    const times = (await counters.get<number>(own)) ?? 0
    if (times >= mostTimes) return
    await counters.set(own, times + 1)
    await sendAgain(socket, one, countOf(node)).catch(error => failures.push(error))
  }

  return {
    find,
    counters: {
      ...counters,
      get: <Value>(key: string) => {
        const one = receipt?.found.get(key)
        if (receipt === null || one === undefined) return counters.get<Value>(key)
        receipt.found.delete(key)
        return sendOnce(receipt, key, one).then(() => tooOften as Value)
      },
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
