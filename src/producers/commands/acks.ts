// What WhatsApp's server says to messages that were sent: its ack for the id, with an error or without. Baileys reports the bad ones alone. And what tells
// later that it has one: an ack that nobody waits for any more, or somebody's receipt.
import type { BinaryNode } from '@whiskeysockets/baileys'
import { bareJid, isLid, isPn } from '../../convert/jid.ts'
import { childOf, childrenOf } from '../../convert/notifications/nodes.ts'
import { createLru } from '../../runtime/lru.ts'
import { wait } from '../../runtime/wait.ts'

export type Ack = { error: string | null; saidAt: string | null }
export type Acks = {
  /** Each ack of a message, and each receipt. */
  heard(node: BinaryNode): void
  /** Of the last [256] that this session gave to WhatsApp: what tells that it has it. null: nothing does. */
  heardOf(messageId: string): Ack | null
  /** From now on, until `end`; of what is sent again for one device, another ack comes under the same id. */
  expect(messageId: string, to: string): Expected
}
export type Expected = {
  /** null: none came within so long, or the signal aborted. */
  within(timeoutMs: number, signal: AbortSignal): Promise<Ack | null>
  end(): void
}

const maxGiven = 256

export function createAcks(): Acks {
  const expected = new Map<string, { came(ack: Ack): void }>()
  /** By id; of what others sent, which receipts name by the hundred, nothing is kept. */
  const given = createLru<{ to: string; there: Ack | null }>(maxGiven)

  function isThere(id: string, there: Ack): void {
    const known = given.get(id)
    if (known !== undefined) given.set(id, { ...known, there })
  }

  function acked({ attrs: { id = '', from = '', participant, error, t } }: BinaryNode): void {
    const ack = { error: error ?? null, saidAt: t ?? null }
    const sent = given.get(id)
    if (participant !== undefined || sent === undefined) return
    if (ack.error === null && mayBeSame(bareJid(from), sent.to)) isThere(id, ack)
    if (bareJid(from) === sent.to) expected.get(id)?.came(ack)
  }

  return {
    heard: node => {
      if (node.tag === 'ack') acked(node)
      else for (const id of receivedIn(node)) isThere(id, { error: null, saidAt: null })
    },
    heardOf: messageId => given.get(messageId)?.there ?? null,
    expect: (messageId, to) => {
      const came = Promise.withResolvers<Ack>()
      expected.set(messageId, { came: came.resolve })
      given.set(messageId, { to: bareJid(to), there: given.get(messageId)?.there ?? null })
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

/** The ack of what went to a number may come from the LID of the same person, and the other way round; ids are never those of another message. */
const mayBeSame = (from: string, to: string): boolean => from === to || (isPerson(from) && isPerson(to))
const isPerson = (jid: string): boolean => isPn(jid) || isLid(jid)

/** A receipt is of one, or of several at once (lib/Socket/messages-recv.js of Baileys, handleReceipt). */
function receivedIn(receipt: BinaryNode): readonly string[] {
  const list = childOf(receipt, 'list')
  const listed = list === null ? [] : childrenOf(list).map(({ attrs }) => attrs.id)
  return [receipt.attrs.id, ...listed].filter(id => id !== undefined)
}
