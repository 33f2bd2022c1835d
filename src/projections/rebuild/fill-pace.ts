// How fast a rebuild is filled: as fast as it can while nothing live comes, beside live records in small steps and no faster than they allow, and
// never slower than 500 a second.
import { createPace, type Pace, type Signs } from '../../runtime/pace.ts'

type Deps = {
  /** How late live records were at worst since it was asked last; 0: none came. */
  lateMs(): number
  load(): number
  /** ms. */
  monotonic(): number
}
export type FillPace = {
  pace: Pace
  /** How many records a step may have now. */
  stepRecords(): number
}

/** A second. */
const LEAST = 500
const MOST = 100_000
/** Nothing live for so long, and it is alone. */
const ALONE_AFTER_MS = 2_000
/** Live records wait for the loop while a step is decided, and for the disk while it is written. */
const BESIDE_LIVE_RECORDS = 100
const ALONE_RECORDS = 1_000
/** What is late for a history is three times too late here: readers wait for the projection that is rebuilt. */
const STRICTER = 3

export function createFillPace({ lateMs, load, monotonic }: Deps): FillPace {
  let liveAt = Number.NEGATIVE_INFINITY
  const isAlone = () => monotonic() - liveAt > ALONE_AFTER_MS
  const signs = (): Signs => {
    const late = lateMs()
    if (late > 0) liveAt = monotonic()
    return isAlone() ? { load: 0, lateMs: 0 } : { load: load(), lateMs: late * STRICTER }
  }
  const paced = createPace({ bounds: { least: LEAST, most: MOST }, signs, monotonic })
  return { pace: paced, stepRecords: () => (isAlone() ? ALONE_RECORDS : BESIDE_LIVE_RECORDS) }
}
