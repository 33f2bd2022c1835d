// What replays look at so that what is live goes first, asked once for all of them: an answer is good for as long as a pace keeps it. Where nothing
// live is done the loop is theirs: its load is what they make of it themselves, and says nothing.
import { liveLateness } from '../runtime/lateness.ts'
import { loopLoad } from '../runtime/loop-load.ts'
import type { Signs } from '../runtime/pace.ts'

const GOOD_FOR_MS = 200
/** Nothing live for so long, and they are alone. */
const ALONE_AFTER_MS = 2_000

const lateMs = liveLateness.another()
const asked: { at: number; signs: Signs } = { at: Number.NEGATIVE_INFINITY, signs: { load: 0, lateMs: 0 } }

export function liveSigns(): Signs {
  const now = performance.now()
  if (now - asked.at < GOOD_FOR_MS) return asked.signs
  asked.at = now
  asked.signs = { load: isAlone(liveLateness.quietMs()) ? 0 : loopLoad(), lateMs: lateMs() }
  return asked.signs
}

const isAlone = (quietMs: number): boolean => quietMs > ALONE_AFTER_MS
