// What a crash costs a ratchet: the steps that were lost are of messages that are in the log, and the first message after it skips their keys.
// Nobody will ask for most of them, and they would stay in the record for good. They are put in rows of their own, in the statement of that first
// step, and come back only where a message does not decrypt without them. A row is found by its chain, wherever the session is by then: it moves
// when its peer turns out to have another address. Those that are too old to be asked for are forgotten (trim-old-rows.ts).
import { createHash } from 'node:crypto'
import type { SignalDataSet } from '@whiskeysockets/baileys'
import { createLru } from '../../runtime/lru.ts'
import type { AuthRows, KeyWrite } from './auth-rows.ts'
import { type KeyName, setAsideId, setAsideType } from './auth-tables.ts'
import type { KeyOverlay } from './key-overlay.ts'
import type { Outlasting } from './key-reads.ts'
import { revive } from './key-values.ts'
import { chainsIn, joinSkipped, partSkipped, type SkippedKeys } from './skipped-keys.ts'

/** Of an epoch, for those ratchets whose first step in it skipped something. */
export type SetAside = {
  /** The writes of a first step; for whoever asks once for each ratchet. */
  of(step: KeyWrite): readonly KeyWrite[]
  /** What was set aside of these ratchets, as keys to be set in the transaction that needs them: there it is back. null: nothing was. */
  bringBack(ratchets: readonly KeyName[]): Promise<SignalDataSet | null>
}
type Deps = {
  rows: Pick<AuthRows, 'readSetAside'>
  outlasting: Outlasting
  overlay: Pick<KeyOverlay, 'known'>
  epoch: number
  /** Epoch milliseconds at which it was found that the epoch before was not left in peace; null: it was. */
  crashFoundAt: number | null
}
/** Of one instance. A ratchet that is forgotten is taken for one that has not stepped yet. */
const maxSteppedRatchets = 4_096

export function createSetAside({ rows, outlasting, overlay, epoch, crashFoundAt }: Deps): SetAside {
  const stepped = createLru<true>(maxSteppedRatchets)
  let rowsSoFar = 0

  /** Those of each chain by themselves; no row replaces another. */
  function rowOf(ratchet: KeyName, [chain, keys]: [string, SkippedKeys[string]], at: number): KeyWrite {
    rowsSoFar += 1
    const id = setAsideId({ chain: digestOf(ratchet, chain), at, row: `${epoch}-${rowsSoFar}` })
    return { type: setAsideType, id, value: JSON.stringify({ [chain]: keys }) }
  }

  return {
    of: step => {
      const place = placeOf(step)
      const before = overlay.known(step)
      if (crashFoundAt === null || stepped.get(place) || !before || step.value === null) return [step]
      stepped.set(place, true)
      const parted = partSkipped(step.type, before, step.value)
      if (parted === null) return [step]
      const rowsOfChains = Object.entries(parted.skipped).map(skipped => rowOf(step, skipped, crashFoundAt))
      return [{ ...step, value: parted.record }, ...rowsOfChains]
    },
    bringBack: async ratchets => {
      const found: { [type: string]: { [id: string]: unknown } } = {}
      for (const ratchet of ratchets) {
        const record = overlay.known(ratchet)
        if (!record) continue
        const chains = chainsIn(ratchet.type, record).map(chain => digestOf(ratchet, chain))
        const asides = await outlasting('reading keys that were set aside', () => rows.readSetAside(chains))
        if (asides.size === 0) continue
        const skipped = [...asides.values()].map((text): SkippedKeys => JSON.parse(text))
        const joined = joinSkipped(ratchet.type, record, skipped)
        found[ratchet.type] = { ...found[ratchet.type], [ratchet.id]: revive(ratchet.type as 'session', joined) }
        found[setAsideType] = { ...found[setAsideType], ...Object.fromEntries([...asides.keys()].map(id => [id, null])) }
      }
      return Object.keys(found).length === 0 ? null : (found as SignalDataSet)
    },
  }
}

/** A session's chains are named by keys that are nobody else's; a sender key's by numbers that are its own. In digits of base64url. */
function digestOf({ type, id }: KeyName, chain: string): string {
  const name = type === 'session' ? chain : `${id}|${chain}`
  return createHash('sha256').update(`${type}|${name}`).digest('base64url')
}

const placeOf = ({ type, id }: KeyName): string => `${type}|${id}`
