// What one batch comes to, before anything is written: which events are applied, which keys are quarantined by it, what is left out.
import { type DecodedRecord, isReadableKey } from './decode-records.ts'
import type { Placed } from './projection.ts'
import type { Poison } from './quarantine.ts'
import type { Dead } from './say-dead.ts'

export type BatchPlan = {
  placed: readonly Placed[]
  poisons: readonly Poison[]
  /** Whose they are cannot be read. None of ours is written so: they keep nobody out. */
  nobodys: readonly Dead[]
  leftOut: number
}

/** Pure. `topic` is the name without prefix; `quarantined` are the keys left out already. */
export function planBatch(topic: string, decoded: readonly DecodedRecord[], quarantined: ReadonlySet<string>): BatchPlan {
  const leftOutKeys = new Set(quarantined)
  const placed: Placed[] = []
  const poisons: Poison[] = []
  const nobodys: Dead[] = []
  let leftOut = 0
  for (const one of decoded) {
    const key = one.kind === 'event' ? one.key : one.record.key
    if (leftOutKeys.has(key)) leftOut++
    else if (one.kind === 'event') placed.push(one.placed)
    else if (!isReadableKey(key)) nobodys.push(nobodysRecord(one))
    else {
      leftOutKeys.add(key)
      poisons.push({ topic, offset: one.record.offset, key, code: one.code, message: one.message })
    }
  }
  return { placed, poisons, nobodys, leftOut }
}

const SHOWN_CHARACTERS = 100

export const nobodysRecord = ({ record, code, message }: Dead): Dead => ({
  ...{ record, code },
  message: `expected an instance id as key, got ${JSON.stringify(record.key.slice(0, SHOWN_CHARACTERS))}; ${message}`,
})
