// Where the topics of the log begin and end, and whether a place is still among what it has.
import type { TopicName } from '../../events/topics.ts'
import type { EventLog, Lag } from '../../log/log.ts'
import type { Logger } from '../../runtime/logger.ts'
import { orAbort } from '../../runtime/or-abort.ts'
import type { Place } from './stream-place.ts'

export type BoundsDeps = { log: Pick<EventLog, 'lag'>; topic(name: TopicName): string; partitions: number }

/** No record is there, so that none is looked at. */
const BEYOND = 2n ** 62n
const PATIENCE_MS = 1_000

/** By partition, where the next record of each will be. Rejects LogError. */
export async function readEnds(deps: BoundsDeps, topic: TopicName, signal: AbortSignal): Promise<readonly bigint[]> {
  return (await readBounds(deps, topic, signal)).map(({ endOffset }) => endOffset)
}

/**
 * `expired`: the log began to forget what comes after it. `unknown`: it is of another log, or of one with other partitions. A log that does
 * not answer within a second is believed to have it: whoever reads on from there will see.
 */
export async function judgePlace(deps: BoundsDeps & { logger: Logger }, place: Place): Promise<'kept' | 'expired' | 'unknown'> {
  if ([...place.values()].some(offsets => offsets.length !== deps.partitions)) return 'unknown'
  const signal = AbortSignal.timeout(PATIENCE_MS)
  try {
    const verdicts = await Promise.all([...place].map(async ([topic, at]) => judge(at, await readBounds(deps, topic, signal))))
    return verdicts.find(verdict => verdict !== 'kept') ?? 'kept'
  } catch (error) {
    deps.logger.warn('stream.log-bounds-unknown', { error })
    return 'kept'
  }
}

function judge(at: readonly bigint[], bounds: readonly Lag[]): 'kept' | 'expired' | 'unknown' {
  if (bounds.some(({ firstOffset }, partition) => (at[partition] ?? 0n) < firstOffset)) return 'expired'
  return bounds.some(({ endOffset }, partition) => (at[partition] ?? 0n) > endOffset) ? 'unknown' : 'kept'
}

/** As /v1/topics has them. */
export const showBounds = (bounds: readonly Lag[]) => ({
  records: bounds.reduce((sum, { firstOffset, endOffset }) => sum + Number(endOffset - firstOffset), 0),
  partitions: bounds.map(({ partition, firstOffset, endOffset }) => ({
    ...{ partition, firstOffset: firstOffset.toString(), endOffset: endOffset.toString() },
  })),
})

/** By partition. Rejects LogError, or with the signal's reason. */
export const readBounds = (deps: BoundsDeps, name: TopicName, signal: AbortSignal): Promise<readonly Lag[]> =>
  readWholeBounds(deps, deps.topic(name), signal)

/** The same of a topic by its whole name. */
export function readWholeBounds(
  { log, partitions }: Omit<BoundsDeps, 'topic'>,
  topic: string,
  signal: AbortSignal,
): Promise<readonly Lag[]> {
  const from = Array.from({ length: partitions }, (_, partition) => ({ topic, partition, nextOffset: BEYOND }))
  return orAbort(log.lag(from, signal), () => signal.reason, signal)
}
