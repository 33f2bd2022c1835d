// Stanzas of one socket pass two stages, each one at a time and in arrival order: they are taken in, where their appends begin and their parts
// are decrypted, and they are handed over to Baileys once that is durable. Nothing of the first stage waits for what becomes durable. Baileys
// itself awaits nothing here, reads keys before its mutex and queues offline messages apart: a live message would overtake the offline ones of
// its chat (lib/Socket/messages-recv.js).
import type { EventEmitter } from 'node:events'
import type { BinaryNode } from '@whiskeysockets/baileys'
import { createLoopSlices } from '../../runtime/loop-slices.ts'
import { orNullIfAborted } from '../../runtime/or-abort.ts'
import { wait } from '../../runtime/wait.ts'
import { type GatedClass, gatedClasses } from '../gate/ack-gate.ts'
import type { TakeIn, TakenIn } from '../gate/take-in.ts'
import { createTakenStanzas, type TakenStanza } from './taken-stanzas.ts'
import { createWaitingStanzas, type WaitingStanza } from './waiting-stanzas.ts'

export type StanzaQueue = {
  /** Resolves when no stanza is inside. */
  idle(): Promise<void>
}
type Deps = {
  /** Once aborted nothing is taken in any more; what was, is handed over. */
  noMore: AbortSignal
  /** Nothing is handed over any more: what is in both stages is given up, and WhatsApp delivers it again. */
  isOver(): boolean
  /** Stanzas that are taken in soon. A guess: where it fails, each reads for itself. */
  readAhead(nodes: readonly BinaryNode[]): Promise<void>
  /** A rejection keeps the stanza from Baileys: it is not acknowledged, so WhatsApp delivers it again. */
  takeIn: TakeIn
  failed(error: unknown, node: BinaryNode): void
  /** Baileys is done with it, or holds nobody with it any more; of this one again once it is done. */
  handed?(node: BinaryNode): void
  /**
   * A notification whose own queries take longer (pre-key upload, app state) holds nobody any more, but those for whom the look-ahead ends with it
   * [5 s]; Baileys has locks of its own for the others.
   */
  notificationHoldMs?: number
}
type Listener = (node: BinaryNode) => Promise<void>
type Taken = { stanza: TakenStanza } & Pick<TakenIn, 'durable' | 'after'>

/** Of all sockets of the process, which share its event loop: in each slice one stanza is taken in, and one handed over. */
const nextTaking = createLoopSlices()
const nextHanding = createLoopSlices()

/** Call right after makeWASocket. */
export function openStanzaQueue(socket: EventEmitter, deps: Deps): StanzaQueue {
  let taking: Promise<unknown> = Promise.resolve()
  let handing = Promise.resolve()
  const waiting = createWaitingStanzas(deps)
  const inside = createTakenStanzas()
  for (const stanzaClass of gatedClasses) {
    const event = `CB:${stanzaClass}`
    const inner = soleListener(socket, event)
    socket.off(event, inner)
    socket.on(event, (node: BinaryNode) => {
      const arrived = waiting.add(node)
      const taken = taking.then(() => takeIn(stanzaClass, arrived))
      taking = taken
      handing = handing.then(async () => handOver(stanzaClass, await taken, inner))
    })
  }

  /** Never rejects: whatever is wrong with one stanza, the next are taken in. null: it stays where it is. */
  async function takeIn(stanzaClass: GatedClass, arrived: WaitingStanza): Promise<Taken | null> {
    waiting.shift()
    let stanza: TakenStanza | null = null
    try {
      stanza = await enter(arrived)
      if (stanza === null) return null
      const { end, ...taken } = await deps.takeIn(stanzaClass, stanza.node, stanza.earlier)
      stanza.endsLookAhead(end)
      return { stanza, ...taken }
    } catch (error) {
      deps.failed(error, arrived.node)
      stanza?.leave(null)
      return null
    }
  }

  /** null: nothing is taken in any more. */
  async function enter(arrived: WaitingStanza): Promise<TakenStanza | null> {
    const { node } = arrived
    // Thousands may wait: none of them takes a slice, or a read, any more.
    if (isClosed()) return null
    for (let last = inside.blocking(node); last !== null; last = inside.blocking(node)) {
      await orNullIfAborted(last, deps.noMore)
      if (isClosed()) return null
    }
    await nextTaking()
    await waiting.read(arrived)
    return isClosed() ? null : inside.enter(withoutOffline(node))
  }

  const isClosed = () => deps.noMore.aborted || deps.isOver()

  /** Never rejects. */
  async function handOver(stanzaClass: GatedClass, taken: Taken | null, inner: Listener): Promise<void> {
    if (taken === null) return
    const { stanza, durable, after } = taken
    const holdsOthers = stanzaClass === 'message' || stanzaClass === 'receipt'
    let rest: Promise<void> | null = null
    try {
      await durable
      await nextHanding()
      if (deps.isOver()) return
      if (holdsOthers) await inner(stanza.node)
      else ({ rest } = await handleAside(() => inner(stanza.node), stanza.node, deps))
      await after?.()
    } catch (error) {
      deps.failed(error, stanza.node)
    } finally {
      deps.handed?.(stanza.node)
      void rest?.then(() => deps.handed?.(stanza.node))
      stanza.leave(rest)
    }
  }

  return {
    idle: async () => {
      for (let seen = handing; ; seen = handing) {
        await seen
        if (seen === handing) return
      }
    },
  }
}

/** `rest`: what Baileys is not done with; null: nothing. */
async function handleAside(
  handle: () => Promise<void>,
  node: BinaryNode,
  { failed, notificationHoldMs = 5_000 }: Deps,
): Promise<{ rest: Promise<void> | null }> {
  const ended = new AbortController()
  const handled = handle()
    .catch(error => failed(error, node))
    .finally(() => ended.abort())
  return { rest: (await wait(notificationHoldMs, ended.signal)) ? handled : null }
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
