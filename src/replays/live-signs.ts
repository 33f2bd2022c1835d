// What replays look at so that what is live goes first, asked once for all of them: an answer is good for as long as a pace keeps it.
import { liveLateness } from '../runtime/lateness.ts'
import { loopLoad } from '../runtime/loop-load.ts'
import type { Signs } from '../runtime/pace.ts'

const GOOD_FOR_MS = 200

const lateMs = liveLateness.another()
const asked: { at: number; signs: Signs } = { at: Number.NEGATIVE_INFINITY, signs: { load: 0, lateMs: 0 } }

export function liveSigns(): Signs {
  const now = performance.now()
  if (now - asked.at < GOOD_FOR_MS) return asked.signs
  asked.at = now
  asked.signs = { load: loopLoad(), lateMs: lateMs() }
  return asked.signs
}
