// How far apart the statements begin that deliveries on their way share: the busier it is, the more of them go together.

/**
 * In ms, from the beginning of a batch to that of the next one. After a batch of one nobody waits: nothing else is at work, whatever is in flight.
 * After others no longer than three times what such a statement takes, so that those who hold an endpoint's slots meanwhile lose no more than
 * two of them; and 25 at most, which is what it comes to when the machine has no more to give.
 */
export const gapAfter = ({ size, tookMs }: { size: number; tookMs: number }): number =>
  size === 1 ? 0 : Math.min(MOST_MS, TIMES * tookMs)
const MOST_MS = 25
const TIMES = 3
