// What one batch comes to, before anything is written: which events are applied, which keys are quarantined by it, what is left out.
import { type DecodedRecord, isReadableKey } from './decode-records.ts'
import type { Placed } from './projection.ts'
import type { Poison } from './quarantine.ts'

export type BatchPlan =
  | { kind: 'apply'; placed: readonly Placed[]; poisons: readonly Poison[]; leftOut: number }
  /** Whose record it is cannot be read, so nobody can be left out instead of everybody. */
  | { kind: 'unreadable'; reason: string }

/** Pure. `topic` is the name without prefix; `quarantined` are the keys left out already. */
export function planBatch(topic: string, decoded: readonly DecodedRecord[], quarantined: ReadonlySet<string>): BatchPlan {
  const leftOutKeys = new Set(quarantined)
  const placed: Placed[] = []
  const poisons: Poison[] = []
  let leftOut = 0
  for (const one of decoded) {
    const key = one.kind === 'event' ? one.key : one.record.key
    if (leftOutKeys.has(key)) leftOut++
    else if (one.kind === 'event') placed.push(one.placed)
    else if (!isReadableKey(key)) return { kind: 'unreadable', reason: unreadable(topic, one.record.offset, key, one.message) }
    else {
      leftOutKeys.add(key)
      poisons.push({ topic, offset: one.record.offset, key, code: one.code, message: one.message })
    }
  }
  return { kind: 'apply', placed, poisons, leftOut }
}

const unreadable = (topic: string, offset: bigint, key: string, message: string) =>
  `${topic} offset ${offset}: expected an instance id as key, got ${JSON.stringify(key)}; ${message}`
