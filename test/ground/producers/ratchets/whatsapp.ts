// A model of WhatsApp for one linked device: what it has not settled is kept, and comes again, in order, at its next login.
import type { BinaryNode } from '@whiskeysockets/baileys'

export type Entry = {
  node: BinaryNode
  /** Called when the device refuses it and has asked for it again; null: nobody would write it anew. */
  again: ((retryReceipt: BinaryNode) => Promise<void>) | null
  retryReceipt: BinaryNode | null
}
export type Client = { receive(node: BinaryNode): void }
export type WhatsApp = {
  push(node: BinaryNode, again?: Entry['again']): void
  /** The one before is heard no more. */
  login(client: Client): void
  isLoggedIn(client: Client): boolean
  /** What a client says. */
  say(client: Client, node: BinaryNode): void
  pending(): readonly Entry[]
  /** Ids of messages in the order in which they came to WhatsApp first. */
  arrived(): readonly string[]
}
/** 487: it is in the log already; 500: it is to be written anew. */
export type How = 'taken' | '487' | '500'
type Deps = {
  /** A receipt, ack or nack settles the stanza. */
  settled(entry: Entry, how: How): void
  /** A message of the device has left it, or what it asks of WhatsApp. */
  sent(node: BinaryNode): void
  failed(error: unknown): void
}

export function openWhatsApp(deps: Deps): WhatsApp {
  const entries: Entry[] = []
  const arrived = new Set<string>()
  let online: Client | null = null

  function push(node: BinaryNode, again: Entry['again'] = null): void {
    entries.push({ node, again, retryReceipt: null })
    if (node.tag === 'message') arrived.add(node.attrs.id ?? '')
    online?.receive(copyOf(node))
  }

  const find = ({ tag, attrs }: BinaryNode): Entry | undefined => {
    const of = tag === 'ack' ? attrs.class : 'message'
    return entries.find(({ node }) => node.tag === of && node.attrs.id === attrs.id && node.attrs.from === attrs.to)
  }

  function settle(entry: Entry, how: How): void {
    entries.splice(entries.indexOf(entry), 1)
    deps.settled(entry, how)
    if (how === '500' && entry.retryReceipt !== null) entry.again?.(entry.retryReceipt).catch(deps.failed)
  }

  function say(client: Client, node: BinaryNode): void {
    if (client !== online) return
    if (node.tag === 'receipt' || node.tag === 'ack') hear(node)
    else deps.sent(node)
  }

  function hear(node: BinaryNode): void {
    const entry = find(node)
    if (entry === undefined) return
    if (node.attrs.type === 'retry' && node.tag === 'receipt') entry.retryReceipt = node
    else settle(entry, node.attrs.error === undefined ? 'taken' : node.attrs.error === '487' ? '487' : '500')
  }

  return {
    push,
    login: client => {
      online = client
      for (const { node } of entries) client.receive(copyOf(node))
    },
    isLoggedIn: client => client === online,
    say,
    pending: () => entries,
    arrived: () => [...arrived],
  }
}

/** Each delivery is read from the wire anew. */
function copyOf({ tag, attrs, content }: BinaryNode): BinaryNode {
  if (content === undefined) return { tag, attrs: { ...attrs } }
  if (Array.isArray(content)) return { tag, attrs: { ...attrs }, content: content.map(copyOf) }
  return { tag, attrs: { ...attrs }, content: typeof content === 'string' ? content : Buffer.from(content) }
}
