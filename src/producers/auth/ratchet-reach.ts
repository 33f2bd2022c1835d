// How far the chains of a ratchet have come, as its record tells: what another record of the same ratchet is ahead of it. Pure.
import { BufferJSON } from '@whiskeysockets/baileys'

/** Each chain by its name, and the counter that it has reached; -1: none. */
export type Reach = ReadonlyMap<string, number>

export const nowhere: Reach = new Map()

/** null: no record of a ratchet, or none that can be read. */
export function reachOf(type: string, value: unknown): Reach | null {
  if (type === 'session') return reachOfSession(value)
  return type === 'sender-key' ? reachOfSenderKey(value) : null
}

/** As it was written. */
export const reachOfText = (type: string, text: string): Reach | null => reachOf(type, JSON.parse(text, BufferJSON.reviver))

/** The most that a chain is ahead. One that was not there begins before its first message. */
export function stepsBetween(before: Reach, now: Reach): number {
  let most = 0
  for (const [chain, counter] of now) most = Math.max(most, counter - (before.get(chain) ?? -1))
  return most
}

export const haveSameChains = (one: Reach, other: Reach): boolean =>
  one.size === other.size && [...one.keys()].every(chain => other.has(chain))

/** The chains that a peer writes on (libsignal/src/chain_type.js). Ours are as far as what we sent, which nothing lags behind. */
const receiving = 2

type Session = { _chains: { [key: string]: { chainType: number; chainKey: { counter: number } } } }

/** As session_record.js of libsignal writes it. */
function reachOfSession(value: unknown): Reach | null {
  if (typeof value !== 'object' || value === null || !('_sessions' in value)) return null
  const reach = new Map<string, number>()
  for (const { _chains: chains } of Object.values(value._sessions as { [baseKey: string]: Session }))
    for (const key in chains) {
      const chain = chains[key]
      if (chain?.chainType === receiving) reach.set(key, chain.chainKey.counter)
    }
  return reach
}

type SenderKeyState = { senderKeyId: number; senderChainKey: { iteration: number } }

/** As Signal/Group/sender-key-record.js of Baileys writes it: a state of each distribution, the newest last, of the iteration that is next. */
function reachOfSenderKey(value: unknown): Reach | null {
  if (!(value instanceof Uint8Array)) return null
  const states: readonly SenderKeyState[] = JSON.parse(Buffer.from(value).toString())
  return new Map(
    states.map(({ senderKeyId, senderChainKey }, place) => [`${place} ${senderKeyId}`, senderChainKey.iteration - 1]),
  )
}
