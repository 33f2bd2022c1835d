// A replay at work: its stretches are copied side by side, a few at a time, under one pace, until all have ended, or, where it is followed, for as
// long as it is ours.
import type { Database } from '../database/database.ts'
import { CodedError } from '../runtime/coded-error.ts'
import { describeError, type Logger } from '../runtime/logger.ts'
import { wait } from '../runtime/wait.ts'
import { AppendLeftOpen } from './append-wholly.ts'
import type { CopyDeps, Job } from './copy-batch.ts'
import { copyPartition, positionOf } from './copy-partition.ts'
import { endReplay } from './held-replays.ts'
import { readStretches, type Stretch } from './stretches.ts'
import { makeTopic } from './target-topics.ts'
import { nothingBefore, readWrittenBefore, type WrittenBefore } from './written-before.ts'

export type RunDeps = CopyDeps & {
  database: Database
  logger: Logger
  /** How often what is followed is looked at [250 ms]. */
  followEveryMs?: number
  /** After a part of zaplog was away [1 s]. */
  againAfterMs?: number
}

const FOLLOW_EVERY_MS = 250
const AGAIN_AFTER_MS = 1_000
/** Of its stretches. Where the log is in Postgres each holds a connection while it appends, for which those of the processors wait, too. */
const AT_ONCE = { elsewhere: 4, inPostgres: 1 } as const
/** A topic is deleted so long after its replay has ended. */
export const KEEP_MS = 7 * 86_400_000

/**
 * Resolves when it has ended, is not ours any more, or the signal aborts; `left-open`: and what it began to append may land still. `troubled`:
 * what keeps it from going on; null: nothing.
 */
export async function runReplay(
  deps: RunDeps,
  job: Job,
  troubled: (trouble: string | null) => void,
  signal: AbortSignal,
): Promise<'over' | 'left-open'> {
  const { logger, againAfterMs = AGAIN_AFTER_MS } = deps
  while (!signal.aborted) {
    try {
      await copyAll(deps, job, () => troubled(null), signal)
      return 'over'
    } catch (error) {
      if (error instanceof AppendLeftOpen) return 'left-open'
      if (signal.aborted) return 'over'
      if (!passes(error)) {
        await fail(deps, job, error)
        return 'over'
      }
      logger.warn('replay.waits', { ...aboutJob(job), error })
      troubled(describeError(error))
    }
    await wait(againAfterMs, signal)
  }
  return 'over'
}

const aboutJob = ({ replay: { replayId, name } }: Job) => ({ replayId, name })

/** What time mends, or others. */
const passes = (error: unknown): boolean =>
  error instanceof CodedError && (error.retryable || error.code === 'commit-unknown' || error.code === 'aborted')

async function fail({ database, logger }: RunDeps, job: Job, error: unknown): Promise<void> {
  const { replay, owner } = job
  const end = { state: 'failed', why: describeError(error), keepMs: KEEP_MS } as const
  if (await endReplay(database, { replayId: replay.replayId, owner }, end))
    logger.error('replay.failed', { ...aboutJob(job), error })
}

async function copyAll(deps: RunDeps, job: Job, goesOn: () => void, signal: AbortSignal): Promise<void> {
  const { database, followEveryMs = FOLLOW_EVERY_MS } = deps
  const { replayId } = job.replay
  const before = await readBefore(deps, job, await stretchesOf(database, replayId), signal)
  do {
    const stretches = (await stretchesOf(database, replayId)).filter(one => !one.ended)
    if (stretches.length === 0) return await finish(deps, job)
    const ends = await endsOf(deps, stretches, signal)
    const copied = await copySome(deps, { job, before, ends }, stretches, signal)
    if (!copied) return
    goesOn()
    if (!job.replay.follow) return await finish(deps, job)
  } while (await wait(followEveryMs, signal))
}

const stretchesOf = async (database: Database, replayId: string): Promise<readonly Stretch[]> =>
  (await readStretches(database, [replayId])).get(replayId) ?? []

async function finish({ database, logger }: RunDeps, job: Job): Promise<void> {
  const { replay, owner } = job
  const ended = await endReplay(database, { replayId: replay.replayId, owner }, { state: 'done', why: null, keepMs: KEEP_MS })
  if (ended) logger.info('replay.done', aboutJob(job))
}

/** By partition. In Postgres what is written and its row are one. A topic that was noted may not have been made. */
async function readBefore(
  deps: RunDeps,
  { replay, made }: Job,
  stretches: readonly Stretch[],
  signal: AbortSignal,
): Promise<ReadonlyMap<number, WrittenBefore>> {
  const found = new Map<number, WrittenBefore>()
  if (deps.log.inside !== null) return found
  const madeTopics = [...new Set([...replay.madeTopics, ...made.keys()])]
  for (const topic of madeTopics) await makeTopic(deps, topic, signal)
  for (const [partition, those] of Map.groupBy(stretches, one => one.partition))
    found.set(partition, await readWrittenBefore(deps.log, { replayId: replay.replayId, madeTopics }, those, signal))
  return found
}

/** Where the log ends now, of each in its order. */
async function endsOf({ log, topic }: RunDeps, stretches: readonly Stretch[], signal: AbortSignal): Promise<readonly bigint[]> {
  const lags = await log.lag(
    stretches.map(one => positionOf(one, topic)),
    signal,
  )
  return lags.map(one => one.endOffset)
}

type Round = { job: Job; before: ReadonlyMap<number, WrittenBefore>; ends: readonly bigint[] }

/**
 * Those of one partition one after another: they write to the same one. false: it is not ours any more. Of several that fail the first is thrown,
 * once none is at work any more; before it that something may land still.
 */
async function copySome(
  deps: RunDeps,
  { job, before, ends }: Round,
  stretches: readonly Stretch[],
  signal: AbortSignal,
): Promise<boolean> {
  const failed = new AbortController()
  const either = AbortSignal.any([signal, failed.signal])
  const partitions = [...Map.groupBy(stretches, one => one.partition).values()]
  const most = deps.log.inside === null ? AT_ONCE.elsewhere : AT_ONCE.inPostgres

  async function work(): Promise<boolean> {
    for (let those = partitions.shift(); those !== undefined; those = partitions.shift())
      for (const stretch of those) {
        const copying = { job, stretch, before: before.get(stretch.partition) ?? nothingBefore }
        if ((await copyPartition(deps, copying, ends[stretches.indexOf(stretch)] ?? 0n, either)) === null) return false
      }
    return true
  }

  const failures: unknown[] = []
  const workers = Array.from({ length: Math.min(most, partitions.length) }, () =>
    work().catch(error => {
      failures.push(error)
      failed.abort()
      return false
    }),
  )
  const outcomes = await Promise.all(workers)
  if (failures.length > 0) throw failures.find(error => error instanceof AppendLeftOpen) ?? failures[0]
  return outcomes.every(one => one)
}
