// What WhatsApp's server says to messages that were sent: its ack for the id, with an error or without. Baileys reports the bad ones alone. And what tells
// later that it has one: an ack that nobody waits for any more, or somebody's receipt.
import type { BinaryNode } from '@whiskeysockets/baileys'
import { bareJid } from '../../convert/jid.ts'
import { childOf, childrenOf } from '../../convert/notifications/nodes.ts'
import { createLru } from '../../runtime/lru.ts'
import { wait } from '../../runtime/wait.ts'

export type Ack = { error: string | null; saidAt: string | null }
export type Acks = {
  /** Each ack of a message, and each receipt. */
  heard(node: BinaryNode): void
  /** Of the last [256] of which it was heard in this session that WhatsApp has them. null: nothing was. */
  heardOf(messageId: string): Ack | null
  /** From now on, until `end`; of what is sent again for one device, another ack comes under the same id. */
  expect(messageId: string, to: string): Expected
}
export type Expected = {
  /** null: none came within so long, or the signal aborted. */
  within(timeoutMs: number, signal: AbortSignal): Promise<Ack | null>
  end(): void
}

const maxHeard = 256

export function createAcks(): Acks {
  const expected = new Map<string, { to: string; came(ack: Ack): void }>()
  const there = createLru<Ack>(maxHeard)

  function acked({ attrs: { id = '', from, participant, error, t } }: BinaryNode): void {
    const awaited = expected.get(id)
    const ack = { error: error ?? null, saidAt: t ?? null }
    if (participant !== undefined) return
    if (awaited === undefined && ack.error === null) there.set(id, ack)
    if (from !== undefined && bareJid(from) === awaited?.to) awaited.came(ack)
  }

  return {
    heard: node => {
      if (node.tag === 'ack') acked(node)
      else for (const id of receivedIn(node)) there.set(id, { error: null, saidAt: null })
    },
    heardOf: messageId => there.get(messageId) ?? null,
    expect: (messageId, to) => {
      const came = Promise.withResolvers<Ack>()
      expected.set(messageId, { to: bareJid(to), came: came.resolve })
      return {
        within: async (timeoutMs, signal) => {
          const decided = new AbortController()
          const late = wait(timeoutMs, AbortSignal.any([signal, decided.signal])).then(() => null)
          return Promise.race([came.promise, late]).finally(() => decided.abort())
        },
        end: () => void expected.delete(messageId),
      }
    },
  }
}

/** A receipt is of one, or of several at once (lib/Socket/messages-recv.js of Baileys, handleReceipt). */
function receivedIn(receipt: BinaryNode): readonly string[] {
  const list = childOf(receipt, 'list')
  const listed = list === null ? [] : childrenOf(list).map(({ attrs }) => attrs.id)
  return [receipt.attrs.id, ...listed].filter(id => id !== undefined)
}
