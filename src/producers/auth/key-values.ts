// Keys as text, so that nobody shares an object with Baileys. The records of sessions, of which every message sets one and gets one, hold no
// bytes but as text already: they are spared the functions that look for some at every value (25 µs a message, 6 without; copying the objects
// instead of their text takes as long as that).
import { BufferJSON, proto, type SignalDataSet, type SignalDataTypeMap } from '@whiskeysockets/baileys'
import type { SetKey } from './lagging-keys.ts'
import { withReadableBytes } from './sender-key-bytes.ts'

export function setKeysOf(data: SignalDataSet): readonly SetKey[] {
  return Object.entries(data).flatMap(([type, values]) =>
    Object.entries(values).map(([id, given]) => ({ type, id, given, value: isGone(given) ? null : textOf(type, given) })),
  )
}

export function revive<Type extends keyof SignalDataTypeMap>(type: Type, text: string): SignalDataTypeMap[Type] {
  const value = text.startsWith(recordStart) ? JSON.parse(text) : JSON.parse(text, BufferJSON.reviver)
  if (type === 'sender-key') return withReadableBytes(value) as typeof value // rows of 0.1.0
  return type === 'app-state-sync-key' ? (proto.Message.AppStateSyncKeyData.fromObject(value) as unknown as typeof value) : value
}

/** What serialize() of libsignal/src/session_record.js answers. */
const recordStart = '{"_sessions":'

const isGone = (given: unknown): boolean => given === null || given === undefined

function textOf(type: string, value: unknown): string {
  if (typeof value === 'object' && value !== null && '_sessions' in value) return JSON.stringify(value)
  const isSenderKey = type === 'sender-key' && value instanceof Uint8Array
  return JSON.stringify(isSenderKey ? withReadableBytes(value) : value, BufferJSON.replacer)
}
