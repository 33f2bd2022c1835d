// History whose messages were left out is worked off again once its instance takes them, from the notification in the log, for as long as WhatsApp
// has the file.
import { isRefusal } from '../database/database.ts'
import type { EventOf } from '../events/event.ts'
import { type HistorySync, takeAgain } from '../instances/history-syncs.ts'
import { LogError } from '../log/log.ts'
import { purgedAmong } from '../purge/tombstones.ts'
import { createLru, type Lru } from '../runtime/lru.ts'
import { clearAway } from './clear-away.ts'
import { type AskedWaits, createAskedWaits } from './download/asked-waits.ts'
import { retryWaitMs } from './download/download-answer.ts'
import { openTransfers } from './download/transfers.ts'
import { blobKey } from './history/open-blob.ts'
import { failsAgain, giveUp, type WorkDeps, type Worked } from './history/work-off.ts'
import { inTurn } from './in-turn.ts'
import { MediaError } from './media-error.ts'
import { orMediaError } from './or-media-error.ts'
import type { Needs, Timer, TimerEntry } from './processor.ts'
import { takeUp, workDeps } from './take-history.ts'

const name = 'history-catch-up'
const EVERY_MS = 5_000
/** Whoever works one off saves its place far more often, or waits for less. */
const LEFT_AFTER_MS = 5 * 60_000

export const catchUpHistory: TimerEntry = { name, open: historyCatchUp }

/** What was tried and will be again: of a part its attempts, and how long its server asked to wait. */
type Tried = { attempts: Lru<number>; waits: AskedWaits }
const MAX_TRIED = 10_000

function historyCatchUp(needs: Needs): Timer {
  const tried: Tried = { attempts: createLru(MAX_TRIED), waits: createAskedWaits(needs.clock) }
  return {
    name,
    everyMs: EVERY_MS,
    afterFailureMs: EVERY_MS,
    subject: 'history of before',
    async work(signal) {
      const transfers = openTransfers({ ...needs.config, logger: needs.logger, maxWorkers: 1 })
      try {
        await catchUp(needs, { ...workDeps(needs), transfers, tried }, signal)
      } finally {
        await transfers.close()
      }
      return null
    },
    failed: error => ({ level: 'warn', event: 'history.catch-up-failed', fields: { error } }),
  }
}

type AgainDeps = WorkDeps & { tried: Tried }

async function catchUp(needs: Needs, deps: AgainDeps, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted()
    const sync = await takeAgain(deps.database, { leftAfterMs: LEFT_AFTER_MS })
    if (sync === null) return
    // It is left alone, and taken again by then.
    if (deps.tried.waits.leftMs(sync.eventId) > 0) continue
    try {
      await again(needs, deps, sync, signal)
    } finally {
      await clearPurged(deps, sync, signal)
    }
  }
}

/** What was put while its instance was purged, behind what the purge listed. */
async function clearPurged(deps: WorkDeps, sync: HistorySync, signal: AbortSignal): Promise<void> {
  if (signal.aborted || !(await purgedAmong(deps.database, [sync.instanceId])).has(sync.instanceId)) return
  await clearAway(deps.objects, { keys: [blobKey(deps.objects, sync)], prefixes: [] }, signal)
}

async function again(needs: Needs, deps: AgainDeps, sync: HistorySync, signal: AbortSignal): Promise<void> {
  const given = { source: sync, position: sync.position, notification: null }
  const event = await notificationAt(needs, sync, signal)
  if (event === null) {
    const error = new MediaError('gone', 'reading the notification of history: the log does not have it any more')
    return await giveUp(deps, { ...given, error }, signal)
  }
  const attempt = (deps.tried.attempts.get(sync.eventId) ?? 0) + 1
  const taken = await orFailure(deps, { notified: { event, position: sync.position }, attempt }, signal)
  if (!(taken instanceof MediaError)) return deps.tried.attempts.delete(sync.eventId)
  const waitMs = retryWaitMs({ ...needs.config, random: needs.random }, { attempt, error: taken })
  if (waitMs === null) return await giveUp(deps, { ...given, error: taken }, signal)
  // The next one meanwhile: no instance waits for another's server.
  deps.tried.attempts.set(sync.eventId, attempt)
  if (waitMs > LEFT_AFTER_MS) deps.tried.waits.wait(sync.eventId, deps.clock() + waitMs)
}

/** Turn after turn, until it is done. What Postgres will not have it would not have another time either. */
async function orFailure(deps: WorkDeps, of: Parameters<typeof takeUp>[1], signal: AbortSignal): Promise<Worked | MediaError> {
  const key = of.notified.event.instanceId
  const work = () => orMediaError(takeUp(deps, of, signal), signal)
  try {
    let taken = await inTurn(deps.historyTurns, { key, work }, signal)
    while (taken === 'more') taken = await inTurn(deps.historyTurns, { key, work }, signal)
    return taken
  } catch (error) {
    if (signal.aborted || !isRefusal(error)) throw error
    return failsAgain(error)
  }
}

/** null: its record is not in the log any more. */
async function notificationAt(
  { log, codec }: Needs,
  { position, eventId }: HistorySync,
  signal: AbortSignal,
): Promise<EventOf<'unknown'> | null> {
  const until = [{ ...position, nextOffset: position.nextOffset + 1n }]
  try {
    for await (const record of log.read(position.topic, { from: [position], until }, signal)) {
      const event = await codec.decode(record.value, signal)
      if (event?.type === 'unknown' && event.eventId === eventId) return event
    }
  } catch (error) {
    if (!(error instanceof LogError && error.code === 'truncated')) throw error
  }
  return null
}
