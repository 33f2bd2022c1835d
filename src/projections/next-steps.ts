// Which of the steps that wait are taken next, and together. Pure. The longest waiting one is never passed over for a later one,
// and steps that are taken alone leave one place to those that share. Those that give way share with none of the others, go while none of them
// can, one transaction at a time, and are passed over for no longer than a second.

/** In the order in which they came. `sinceAt` and `nowAt` are performance.now(). */
export type Waiting = { alone: boolean; givesWay: boolean; sinceAt: number; records: number; sizeBytes: number }
/**
 * Transactions: `givingWay` and `runningAlone` are among `running`. `restsUntil`: until then those that share wait for more of them, where
 * nothing runs that does not give way; see restAfter.
 */
export type Load = { running: number; runningAlone: number; givingWay: number; restsUntil: number; nowAt: number }
export type Pace = {
  /** What comes while a transaction runs waits for its end, at most so long: then it begins beside it. */
  lingerMs: number
  /** The next one begins at most so long after the beginning of a transaction. */
  restMs: number
  /** That a single partition had for itself. */
  restMsAlone: number
  /** Rests so many times as long as it took. */
  times: number
}
export type Limits = Pace & {
  maxRecords: number
  maxBytes: number
  /** Transactions at once. */
  maxConcurrent: number
}
/** take: these, in one transaction. wait: nothing before a transaction ends, or before so many ms have gone by. */
export type Next<Step> = { kind: 'take'; steps: readonly Step[] } | { kind: 'wait'; atMostMs: number | null }

/** A transaction of so many records would hardly be cheaper for more of them: it lingers no longer. */
const ENOUGH_RECORDS = 200

export function nextSteps<Step extends Waiting>(waiting: readonly Step[], load: Load, limits: Limits): Next<Step> {
  if (load.running >= limits.maxConcurrent) return { kind: 'wait', atMostMs: null }
  const yielding = load.givingWay > 0 ? [] : waiting.filter(one => one.givesWay)
  const next = nextOfOthers(
    waiting.filter(one => !one.givesWay),
    load,
    limits,
  )
  const [first] = yielding
  if (first === undefined) return next
  const isOverdue = load.nowAt - first.sinceAt >= PASSED_OVER_MS
  return next.kind === 'take' && !isOverdue
    ? next
    : { kind: 'take', steps: first.alone ? [first] : yieldingOnes(yielding, limits) }
}

/** They are in the way of what is live in their partitions. */
const PASSED_OVER_MS = 1_000

function nextOfOthers<Step extends Waiting>(waiting: readonly Step[], load: Load, limits: Limits): Next<Step> {
  const mayBeAlone = load.runningAlone < Math.max(1, limits.maxConcurrent - 1)
  const lone = mayBeAlone ? waiting.find(one => one.alone) : undefined
  const sharing = waiting.filter(one => !one.alone)
  const [first] = sharing
  if (first === undefined) return lone === undefined ? { kind: 'wait', atMostMs: null } : { kind: 'take', steps: [lone] }
  const lingersMs = lingering(first, sharing, load, limits)
  const isLoneFirst = lone !== undefined && waiting.indexOf(lone) < waiting.indexOf(first)
  if (lone !== undefined && (isLoneFirst || lingersMs > 0)) return { kind: 'take', steps: [lone] }
  return lingersMs > 0 ? { kind: 'wait', atMostMs: lingersMs } : { kind: 'take', steps: fitting(sharing, limits) }
}

function lingering(first: Waiting, sharing: readonly Waiting[], load: Load, { lingerMs }: Limits): number {
  const records = sharing.reduce((sum, one) => sum + one.records, 0)
  if (records >= ENOUGH_RECORDS) return 0
  return load.running === load.givingWay ? Math.max(0, load.restsUntil - load.nowAt) : first.sinceAt + lingerMs - load.nowAt
}

/**
 * In ms, from the beginning of a transaction to that of the next one: so many times what it took, so that projecting has its share of the time
 * and no more, in larger steps; and as much at most as the pace says.
 */
export const restAfter = (ended: { partitions: number; tookMs: number }, { restMs, restMsAlone, times }: Pace): number =>
  Math.min(ended.partitions === 1 ? restMsAlone : restMs, times * ended.tookMs)

/** While there is time nobody waits where nothing else is at work: 25 ms of several took in 1.2 times as much (`npm run bench -- receive-50`). */
const CALM: Pace = { lingerMs: 25, restMs: 25, restMsAlone: 0, times: 4 }
/** Much of what a step costs is the same for one record and for fifty: with this the same bench took in 1.6 times as much once more. */
const BUSY: Pace = { lingerMs: 200, restMs: 200, restMsAlone: 200, times: 20 }

/** Of steps that have a pace of their own: nothing waits for more of them. */
export const NO_REST: Pace = { lingerMs: 0, restMs: 0, restMsAlone: 0, times: 0 }

export const paceOf = (isBusy: boolean): Pace => (isBusy ? BUSY : CALM)

const yieldingOnes = <Step extends Waiting>(yielding: readonly Step[], limits: Limits): readonly Step[] =>
  fitting(
    yielding.filter(one => !one.alone),
    { ...limits, maxRecords: Math.min(limits.maxRecords, ENOUGH_RECORDS) },
  )

/** Those that wait the longest, at least one. */
function fitting<Step extends Waiting>(sharing: readonly Step[], { maxRecords, maxBytes }: Limits): readonly Step[] {
  let records = 0
  let bytes = 0
  const tooMany = sharing.findIndex((one, index) => {
    records += one.records
    bytes += one.sizeBytes
    return index > 0 && (records > maxRecords || bytes > maxBytes)
  })
  return tooMany === -1 ? sharing : sharing.slice(0, tooMany)
}
