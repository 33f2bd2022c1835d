// What a companion has not settled yet, in delivery order; nothing leaves it but by the client's own receipt or ack.
import type { BinaryNode } from '@whiskeysockets/baileys'
import { attr } from '../connection/stanza.ts'
import { dropOldest } from './drop-oldest.ts'
import type { Letter } from './send-message.ts'

/**
 * What the client did with a stanza. `how` is `receipt:delivery` (no type), `receipt:<type>` (inactive, sender, peer_msg, read,
 * hist_sync ...), `ack`, `nack:<code>`, or `retry:<count>` (asked for the message again; the stanza is not settled by that).
 */
export type Settlement = { tag: string; id: string; how: string; settledAt: number }
export type Entry = { id: string; stanza: BinaryNode; letter: Letter | null; deliveries: number; retryReceipt: BinaryNode | null }
/** What a client's receipt or ack says about the stanza it means; ids are unique per sender only, so these narrow it down. */
export type Reference = { tag: string; id: string; from: string | undefined; type?: string | undefined }

export type QueueState = { pending: readonly Entry[]; remembered: readonly Entry[]; settled: readonly Settlement[] }
export type Queue = {
  add(stanza: BinaryNode, letter: Letter | null): Entry
  pending(): Entry[]
  find(reference: Reference): Entry | undefined
  /** Records how, and takes the stanza out if it is there. */
  settle(reference: Reference, how: string): { entry: Entry | undefined; settlement: Settlement }
  note(reference: Reference, how: string): Settlement
  settled(): readonly Settlement[]
  /** The newest stanzas sent, settled or not. */
  remembered(): readonly Entry[]
}

const maxRemembered = 10_000
const maxSettlements = 100_000

/** `from`: where another queue was. */
export function createQueue(from: QueueState = { pending: [], remembered: [], settled: [] }): Queue {
  const entries = new Set(from.pending)
  const byId = Map.groupBy(from.pending, ({ id, stanza }) => `${stanza.tag}:${id}`)
  // by stanza: one delivered again takes the place of its earlier entry
  const remembered = new Map<BinaryNode, Entry>(from.remembered.map(entry => [entry.stanza, entry]))
  const settlements: Settlement[] = [...from.settled]

  function find({ tag, id, from, type }: Reference): Entry | undefined {
    const candidates = byId.get(`${tag}:${id}`) ?? []
    const fits = ({ stanza: { attrs } }: Entry) =>
      (from === undefined || attrs.from === from || attrs.recipient === from) && (type === undefined || attrs.type === type)
    return candidates.find(fits) ?? candidates[0]
  }

  function note({ tag, id }: Reference, how: string): Settlement {
    const settlement = { tag, id, how, settledAt: Date.now() }
    settlements.push(settlement)
    if (settlements.length > maxSettlements) settlements.splice(0, maxSettlements / 10)
    return settlement
  }

  function remove(entry: Entry): void {
    entries.delete(entry)
    const key = `${entry.stanza.tag}:${entry.id}`
    const others = (byId.get(key) ?? []).filter(other => other !== entry)
    if (others.length > 0) byId.set(key, others)
    else byId.delete(key)
  }

  return {
    add(stanza, letter) {
      const entry: Entry = { id: attr(stanza, 'id'), stanza, letter, deliveries: 0, retryReceipt: null }
      const key = `${stanza.tag}:${entry.id}`
      entries.add(entry)
      byId.set(key, [...(byId.get(key) ?? []), entry])
      remembered.set(stanza, entry)
      dropOldest(remembered, maxRemembered)
      return entry
    },
    pending: () => [...entries],
    find,
    settle(reference, how) {
      const entry = find(reference)
      if (entry !== undefined) remove(entry)
      return { entry, settlement: note(reference, how) }
    },
    note,
    settled: () => [...settlements],
    remembered: () => [...remembered.values()],
  }
}
