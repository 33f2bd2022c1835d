// Message keys that a ratchet skipped, taken out of its record and put back. A record is read and written whole at every message: keys of
// messages that will hardly come make each of those dearer. Pure; records are text, as they are stored.
import { BufferJSON } from '@whiskeysockets/baileys'

/** By chain, as the record has them. */
export type SkippedKeys = { [chain: string]: MessageKeys }
type MessageKeys = { [counter: string]: unknown }

/** What `record` skipped since `before`; null: nothing. */
export function partSkipped(type: string, before: string, record: string): { record: string; skipped: SkippedKeys } | null {
  const { chains: old } = open(type, before)
  const { chains, text } = open(type, record)
  const skipped: SkippedKeys = {}
  for (const [name, { keys, put }] of chains) {
    const known = old.get(name)?.keys ?? {}
    const isKnown = ([counter]: [string, unknown]) => counter in known
    const apart = Object.entries(keys).filter(one => !isKnown(one))
    if (apart.length === 0) continue
    skipped[name] = Object.fromEntries(apart)
    put(Object.fromEntries(Object.entries(keys).filter(isKnown)))
  }
  return Object.keys(skipped).length === 0 ? null : { record: text(), skipped }
}

export const chainsIn = (type: string, record: string): readonly string[] => [...open(type, record).chains.keys()]

/** Chains that are gone by now took their keys with them. */
export function joinSkipped(type: string, record: string, skipped: readonly SkippedKeys[]): string {
  const { chains, text } = open(type, record)
  for (const [name, { keys, put }] of chains) put(Object.assign({}, ...skipped.map(one => one[name] ?? {}), keys))
  return text()
}

type Chain = { keys: MessageKeys; put(keys: MessageKeys): void }
type Opened = { chains: ReadonlyMap<string, Chain>; text(): string }

const open = (type: string, text: string): Opened => (type === 'session' ? openSession(text) : openSenderKey(text))

type SessionRecord = { _sessions: { [baseKey: string]: { _chains: { [chain: string]: { messageKeys: MessageKeys } } } } }

/** As session_record.js of libsignal writes it. */
function openSession(text: string): Opened {
  const record: SessionRecord = JSON.parse(text)
  const chains = new Map<string, Chain>()
  for (const { _chains: ofSession } of Object.values(record._sessions))
    for (const [name, chain] of Object.entries(ofSession)) {
      const put = (keys: MessageKeys) => Object.assign(chain, { messageKeys: keys })
      chains.set(name, { keys: chain.messageKeys, put })
    }
  return { chains, text: () => JSON.stringify(record) }
}

type SenderKeyState = { senderKeyId: number; senderMessageKeys: readonly { iteration: number }[] }

/**
 * As Signal/Group/sender-key-record.js of Baileys writes it. Of two states with one id it uses the first. Their bytes, which it writes as lists of
 * numbers and does not read again as bytes, are written as it reads them.
 */
function openSenderKey(text: string): Opened {
  const states: readonly SenderKeyState[] = JSON.parse(
    Buffer.from(JSON.parse(text, BufferJSON.reviver)).toString(),
    (_, value) => (value?.type === 'Buffer' ? Buffer.from(value.data, 'base64') : value),
  )
  const chains = new Map<string, Chain>()
  for (const state of states.toReversed()) {
    const put = (keys: MessageKeys) => Object.assign(state, { senderMessageKeys: Object.values(keys) })
    chains.set(`${state.senderKeyId}`, {
      keys: Object.fromEntries(state.senderMessageKeys.map(key => [key.iteration, key])),
      put,
    })
  }
  return { chains, text: () => JSON.stringify(Buffer.from(JSON.stringify(states, BufferJSON.replacer)), BufferJSON.replacer) }
}
