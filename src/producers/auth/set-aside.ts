// What a crash costs a ratchet: the steps that were lost are of messages that are in the log, and the first message after it skips their keys.
// Nobody will ask for most of them, and they would stay in the record for good. They are put in a row of their own, in the statement of that first
// step, and come back only where a message does not decrypt without them.
import type { SignalDataSet } from '@whiskeysockets/baileys'
import { createLru } from '../../runtime/lru.ts'
import type { AuthRows, KeyWrite } from './auth-rows.ts'
import type { KeyName } from './auth-tables.ts'
import type { KeyOverlay } from './key-overlay.ts'
import type { Outlasting } from './key-reads.ts'
import { revive } from './key-values.ts'
import { joinSkipped, partSkipped, type SkippedKeys } from './skipped-keys.ts'

/** Of an epoch, for those ratchets whose first step in it skipped something. */
export type SetAside = {
  /** The writes of a first step; for whoever asks once for each ratchet. */
  of(step: KeyWrite): readonly KeyWrite[]
  /** What was set aside of these ratchets, as keys to be set in the transaction that needs them: there it is back. null: nothing was. */
  bringBack(ratchets: readonly KeyName[]): Promise<SignalDataSet | null>
}
type Deps = {
  rows: Pick<AuthRows, 'readKeysUnder'>
  outlasting: Outlasting
  overlay: Pick<KeyOverlay, 'known'>
  epoch: number
  /** Epoch milliseconds at which it was found that the epoch before was not left in peace; null: it was. */
  crashFoundAt: number | null
}
type Row = { at: number; skipped: SkippedKeys }

export const setAsideType = 'zaplog-skipped-keys'

/** Of one instance. A ratchet that is forgotten is taken for one that has not stepped yet. */
const maxSteppedRatchets = 4_096

export function createSetAside({ rows, outlasting, overlay, epoch, crashFoundAt }: Deps): SetAside {
  const stepped = createLru<true>(maxSteppedRatchets)

  return {
    of: step => {
      const place = placeOf(step)
      const before = overlay.known(step)
      if (crashFoundAt === null || stepped.get(place) || !before || step.value === null) return [step]
      stepped.set(place, true)
      const parted = partSkipped(step.type, before, step.value)
      if (parted === null) return [step]
      const row: Row = { at: crashFoundAt, skipped: parted.skipped }
      return [
        { ...step, value: parted.record },
        { type: setAsideType, id: `${place}|${epoch}`, value: JSON.stringify(row) },
      ]
    },
    bringBack: async ratchets => {
      const found: { [type: string]: { [id: string]: unknown } } = {}
      for (const ratchet of ratchets) {
        const asides = await outlasting('reading keys that were set aside', () =>
          rows.readKeysUnder(setAsideType, `${placeOf(ratchet)}|`),
        )
        const record = overlay.known(ratchet)
        if (asides.size === 0 || !record) continue
        const joined = joinSkipped(
          ratchet.type,
          record,
          [...asides.values()].map(text => (JSON.parse(text) as Row).skipped),
        )
        found[ratchet.type] = { ...found[ratchet.type], [ratchet.id]: revive(ratchet.type as 'session', joined) }
        found[setAsideType] = { ...found[setAsideType], ...Object.fromEntries([...asides.keys()].map(id => [id, null])) }
      }
      return Object.keys(found).length === 0 ? null : (found as SignalDataSet)
    },
  }
}

/** WhatsApp keeps no message for longer. */
const keptForMs = 30 * 24 * 60 * 60 * 1000

/** Of rows of an instance, as text by id: those that are too old to be asked for. */
export const outdated = (asides: ReadonlyMap<string, string>, nowAt: number): readonly KeyWrite[] =>
  [...asides]
    .filter(([, text]) => (JSON.parse(text) as Row).at < nowAt - keptForMs)
    .map(([id]) => ({ type: setAsideType, id, value: null }))

const placeOf = ({ type, id }: KeyName): string => `${type}|${id}`
