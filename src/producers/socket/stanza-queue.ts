// Stanzas of one socket enter Baileys one at a time, in arrival order. Baileys itself awaits nothing here, reads keys before its mutex and
// queues offline messages apart: a live message would overtake the offline ones of its chat (lib/Socket/messages-recv.js).
import type { EventEmitter } from 'node:events'
import type { BinaryNode } from '@whiskeysockets/baileys'
import { wait } from '../../runtime/wait.ts'
import { type GatedClass, gatedClasses } from '../gate/ack-gate.ts'
import { createLoopSlices } from './loop-slices.ts'

export type StanzaQueue = {
  /** Resolves when no stanza is inside. */
  idle(): Promise<void>
}
type Deps = {
  isOver(): boolean
  /** Stanzas that enter soon. Never rejects. */
  readAhead(nodes: readonly BinaryNode[]): Promise<void>
  /** The stanza that enters next, while the one before it waits for others; what it needs was read ahead. Never throws. */
  prepare(node: BinaryNode): void
  /** Before Baileys sees the stanza; a rejection keeps it out: not acknowledged, so WhatsApp delivers it again. */
  before(stanzaClass: GatedClass, node: BinaryNode): Promise<void>
  /** After Baileys is done with it. */
  after(stanzaClass: GatedClass, node: BinaryNode): Promise<void>
  failed(error: unknown, node: BinaryNode): void
}
/** `read`: resolves once what it needs was read ahead; null: nobody did yet. */
type Waiting = { node: BinaryNode; read: Promise<void> | null }
type Listener = (node: BinaryNode) => Promise<void>

/** A notification whose own queries take longer (pre-key upload, app state) no longer holds messages; Baileys has locks of its own for it. */
const notificationHoldMs = 5_000

/** Further than an append takes, and short of what the key store keeps in memory. */
const maxAhead = 32

/** Of all sockets of the process, which share its event loop. */
const nextSlice = createLoopSlices()

/** Call right after makeWASocket. */
export function openStanzaQueue(socket: EventEmitter, deps: Deps): StanzaQueue {
  let chain = Promise.resolve()
  /** Not entered yet, in order. */
  const waiting: Waiting[] = []
  for (const stanzaClass of gatedClasses) {
    const event = `CB:${stanzaClass}`
    const inner = soleListener(socket, event)
    socket.off(event, inner)
    socket.on(event, (node: BinaryNode) => {
      waiting.push({ node, read: null })
      chain = chain.then(() => enter(stanzaClass, node, inner)).catch(error => deps.failed(error, node))
    })
  }

  async function enter(stanzaClass: GatedClass, arrived: BinaryNode, inner: Listener): Promise<void> {
    if (deps.isOver()) return // thousands may wait: none of them takes a slice, or a read, any more
    await nextSlice()
    await lookAhead(waiting.shift())
    if (deps.isOver()) return
    const node = withoutOffline(arrived)
    prepareNext()
    await deps.before(stanzaClass, node)
    if (deps.isOver()) return
    const holdsOthers = stanzaClass === 'message' || stanzaClass === 'receipt'
    await (holdsOthers ? inner(node) : handleAside(node, inner))
    await deps.after(stanzaClass, node)
  }

  /** In one go for many of them: when the next has not been read for, or half of those that come soon. Answers when `next` has been. */
  function lookAhead(next: Waiting | undefined): Promise<void> | null {
    if (next === undefined) return null
    const unread = [next, ...waiting.slice(0, maxAhead - 1)].filter(({ read }) => read === null)
    if (next.read !== null && unread.length < maxAhead / 2) return next.read
    const read = deps.readAhead(unread.map(({ node }) => node))
    for (const one of unread) one.read = read
    return next.read
  }

  /** In a later slice of the event loop: in this one Baileys decrypts. */
  function prepareNext(): void {
    const [next] = waiting
    if (next === undefined || next.read === null) return
    void next.read.then(() => setImmediate(() => isNext(next) && deps.prepare(next.node)))
  }

  const isNext = (one: Waiting) => waiting[0] === one && !deps.isOver()

  async function handleAside(node: BinaryNode, inner: Listener): Promise<void> {
    const ended = new AbortController()
    const handled = inner(node)
      .catch(error => deps.failed(error, node))
      .finally(() => ended.abort())
    await Promise.race([handled, wait(notificationHoldMs, ended.signal)])
  }

  return {
    idle: async () => {
      for (let seen = chain; ; seen = chain) {
        await seen
        if (seen === chain) return
      }
    },
  }
}

function soleListener(socket: EventEmitter, event: string): Listener {
  const [inner, ...others] = socket.listeners(event)
  if (inner === undefined || others.length > 0)
    throw new Error(`gating ${event}: expected one listener of Baileys, got ${inner === undefined ? 'none' : others.length + 1}`)
  return inner as Listener
}

/** The very same node, so that ciphertexts keep their object identity: by it a decrypted part is traced to its stanza. */
function withoutOffline(node: BinaryNode): BinaryNode {
  const { offline, ...attrs } = node.attrs
  node.attrs = attrs
  return node
}
