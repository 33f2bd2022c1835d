// A record that keeps its key out of a projection is passed over for good: it becomes a dead letter, then its row says so, and the key is read
// again from behind it, and behind what the log has forgotten. The dead letter first: a crash in between repeats it, and nothing is passed over of
// which none is in the log.
import type { TopicName } from '../events/topics.ts'
import { type EventLog, LogError, type LogRecord } from '../log/log.ts'
import type { Logger } from '../runtime/logger.ts'
import { nothingDone } from './apply-events.ts'
import { type Projection, titleOf } from './projection.ts'
import { passOver, type Quarantined } from './quarantine.ts'
import { sayDead } from './say-dead.ts'
import type { Work } from './step.ts'

export type SkipDeps = {
  log: Pick<EventLog, 'append' | 'read' | 'lag'>
  topic(name: TopicName): string
  logger: Logger
  /** One transaction of the partition; false: another owner went on, and the skipping is theirs. */
  step(work: Work): Promise<boolean>
}

/** false: it is not ours any more. Rejects on outages; asked for again then, it is the same. */
export async function skipRecord(
  deps: SkipDeps,
  projection: Projection,
  left: Quarantined,
  signal: AbortSignal,
): Promise<boolean> {
  const record = await recordOf(deps, left, signal)
  if (record !== null) await sayDead(deps, projection, [{ record, code: left.code, message: left.message }], signal)
  const behind = await placesBehind(deps, projection, left, signal)
  const skipped = await deps.step(async tx => {
    await passOver(tx, projection, left, behind)
    return nothingDone
  })
  const { partition, topic, key, offset, code } = left
  if (skipped)
    deps.logger.warn('projection.record-skipped', {
      ...{ projection: titleOf(projection), partition, topic, offset: String(offset), key, code },
      inDeadLetters: record !== null,
    })
  return skipped
}

/** null: the log has forgotten it. */
async function recordOf({ log, topic }: SkipDeps, left: Quarantined, signal: AbortSignal): Promise<LogRecord | null> {
  const at = { topic: topic(left.topic as TopicName), partition: left.partition, nextOffset: left.offset }
  const range = { from: [at], until: [{ ...at, nextOffset: left.offset + 1n }] }
  try {
    for await (const record of log.read(at.topic, range, signal)) return record
    return null
  } catch (error) {
    if (error instanceof LogError && error.code === 'truncated') return null
    throw error
  }
}

/** Per topic, from where the key is read again: none of it is where the log has nothing any more. */
async function placesBehind(
  { log, topic }: SkipDeps,
  { reads }: Projection,
  { partition, offsets, ...left }: Quarantined,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, bigint>> {
  const own = reads.map(name => ({ name, offset: name === left.topic ? left.offset + 1n : (offsets.get(name) ?? 0n) }))
  const lags = await log.lag(
    own.map(({ name, offset }) => ({ topic: topic(name), partition, nextOffset: offset })),
    signal,
  )
  return new Map(own.map(({ name, offset }, nth) => [name, atLeast(offset, lags[nth]?.firstOffset)]))
}

const atLeast = (offset: bigint, first = 0n): bigint => (first > offset ? first : offset)
