// Stanzas of one socket that are not taken in yet, in order. What they need is read for many of them in one go.
import type { BinaryNode } from '@whiskeysockets/baileys'

export type WaitingStanza = { node: BinaryNode; read: Promise<void> | null }
export type WaitingStanzas = {
  add(node: BinaryNode): WaitingStanza
  /** It is the turn of the first of them. */
  shift(): void
  /** Of the one whose turn it is: resolves once what it needs was read, with what those that come soon need. Never rejects. */
  read(next: WaitingStanza): Promise<void>
}
type Deps = {
  /** A guess: where it fails, none costs another more than its own reads. */
  readAhead(nodes: readonly BinaryNode[]): Promise<void>
  failed(error: unknown, node: BinaryNode): void
}

/** Further than an append takes, and short of what the key store keeps in memory. */
const maxRead = 32

export function createWaitingStanzas(deps: Deps): WaitingStanzas {
  const waiting: WaitingStanza[] = []

  async function read(nodes: readonly BinaryNode[], next: BinaryNode): Promise<void> {
    try {
      await deps.readAhead(nodes)
    } catch (error) {
      deps.failed(error, next)
    }
  }

  return {
    add: node => {
      const stanza = { node, read: null }
      waiting.push(stanza)
      return stanza
    },
    shift: () => void waiting.shift(),
    read: async next => {
      const unread = [next, ...waiting.slice(0, maxRead - 1)].filter(one => one.read === null)
      // When the next has not been read for, or half of those that come soon.
      if (next.read === null || unread.length >= maxRead / 2) {
        const reading = read(
          unread.map(({ node }) => node),
          next.node,
        )
        for (const one of unread) one.read = reading
      }
      await next.read
    },
  }
}
