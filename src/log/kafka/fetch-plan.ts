// When a broker is asked again, for which readers, and how long it may wait for records: pure. It may wait only where nobody is held up by that.

/** How a reader of the broker stands. */
export type Standing = {
  /** It has room, and what comes next is not in memory. */
  wants: boolean
  /** Nothing is known to come after what it has. */
  isAtEnd: boolean
  /** It goes on from memory, or did so a moment ago: what others append can wait for that moment. */
  isFed: boolean
  /** Its consumer took something within the last second: it may want more at any time. */
  isTaking: boolean
}
export type FetchPlan<Reader> =
  | { kind: 'fetch'; readers: readonly Reader[]; maxWaitMs: number }
  /** Unless something changes before. */
  | { kind: 'look-again'; inMs: number }

/** `restedMs`: since the broker last answered. `isStarved`: although somebody was not at an end it answered nothing. */
export type Broker = { restedMs: number; isStarved: boolean; maxWaitMs: number }

/** Readers at their end ask no more often than so beside one that works on what it has, and keep it waiting no longer where it is fed. */
export const REST_MS = 20
export const FED_MS = 50
const UNTIL_CHANGED = { kind: 'look-again', inMs: Number.POSITIVE_INFINITY } as const

export function planFetch<Reader extends Standing>(
  all: readonly Reader[],
  { restedMs, isStarved, maxWaitMs }: Broker,
): FetchPlan<Reader> {
  const wanting = all.filter(one => one.wants && !(one.isFed && one.isAtEnd))
  const isFeeding = all.some(one => one.isFed)
  if (wanting.length === 0) return isFeeding ? { kind: 'look-again', inMs: FED_MS } : UNTIL_CHANGED
  // The first of a request gets a whole batch, however large.
  const hungryFirst = [...wanting.filter(one => !one.isAtEnd), ...wanting.filter(one => one.isAtEnd)]
  const isHungry = hungryFirst[0]?.isAtEnd === false
  if (isHungry && !isStarved) return { kind: 'fetch', readers: hungryFirst, maxWaitMs: 0 }
  const isOtherTaking = all.some(one => one.isTaking && !one.wants && !one.isFed)
  if (!isHungry && !isOtherTaking)
    return { kind: 'fetch', readers: hungryFirst, maxWaitMs: isFeeding ? Math.min(maxWaitMs, FED_MS) : maxWaitMs }
  return restedMs < REST_MS
    ? { kind: 'look-again', inMs: REST_MS - restedMs }
    : { kind: 'fetch', readers: hungryFirst, maxWaitMs: 0 }
}
