// Each part of the phone's history that a notification in the log tells of is worked off once, in batches that are appended to a topic of their
// own; a few instances at a time, which take turns.
import { isHistoryNotification, notificationIn } from '../convert/history/notification.ts'
import { isRefusal } from '../database/database.ts'
import type { Event, EventOf } from '../events/event.ts'
import type { TopicName } from '../events/topics.ts'
import { LogError } from '../log/log.ts'
import { clearAway } from './clear-away.ts'
import { createAskedWaits } from './download/asked-waits.ts'
import { MAX_RETRY_DELAY_MS, retryWaitMs, waitsOn } from './download/download-answer.ts'
import { openTransfers } from './download/transfers.ts'
import { createHistoryMetrics } from './history/history-metrics.ts'
import { blobKey } from './history/open-blob.ts'
import { aboutPart, type Notified, partOf, positionOf } from './history/part.ts'
import { failsAgain, giveUp, type WorkDeps, type Worked, workOff } from './history/work-off.ts'
import { FILES_IN_HAND, inTurn } from './in-turn.ts'
import { createIncomingRows } from './incoming-rows.ts'
import { MediaError } from './media-error.ts'
import { orMediaError } from './or-media-error.ts'
import type { Answer, Given, Needs, Processor, ProcessorEntry } from './processor.ts'
import { isAway } from './runner/pause-for.ts'

const name = 'history'
const reads: readonly TopicName[] = ['events']
/** Where somebody else works one off: how long until it is looked at again. */
const LOOK_AGAIN_MS = 10_000
const LOG_PAUSE_MS = 5_000

export const takeHistory: ProcessorEntry = {
  name,
  reads,
  open(needs) {
    const transfers = openTransfers({ ...needs.config, logger: needs.logger, maxWorkers: 1 })
    return {
      ...createHistory({ ...workDeps(needs), transfers, retries: needs.config, random: needs.random }),
      close: transfers.close,
    }
  },
}

export const workDeps = (needs: Needs): Omit<WorkDeps, 'transfers'> => ({
  ...needs,
  incomingRows: createIncomingRows(needs.database),
  metrics: createHistoryMetrics(needs.metrics),
})

type HistoryDeps = WorkDeps & { retries: { retryDelaysMs: readonly number[] } /** In [0, 1). */; random: () => number }
type Work = { event: EventOf<'unknown'> }
type Tried = { attempt: number; signal: AbortSignal }

export function createHistory(deps: HistoryDeps): Processor<Work> {
  const attempts = deps.retries.retryDelaysMs.length + 2
  const waits = createAskedWaits(deps.clock)

  async function process({ event }: Work, { record, attempt }: Given, signal: AbortSignal): Promise<Answer> {
    const notified = { event, position: positionOf(record) }
    const work = () => orMediaError(takeUp(deps, { notified, attempt }, signal), signal)
    try {
      const taken = await inTurn(deps.historyTurns, { key: event.instanceId, work }, signal)
      if (taken instanceof MediaError) return await retryOrGiveUp(notified, taken, { attempt, signal })
      return answers[taken]
    } catch (error) {
      return await pauseOrGiveUp(notified, error, { attempt, signal })
    }
  }

  /** What is parked would be on its way for ever: the last attempt ends it. */
  async function pauseOrGiveUp(notified: Notified, error: unknown, { attempt, signal }: Tried): Promise<Answer> {
    if (attempt < attempts || error instanceof LogError || isAway(error)) return pauseForLog(error, signal)
    signal.throwIfAborted()
    await giveUp(deps, { ...ofPart(notified), error: failsAgain(error) }, signal)
    return nothing
  }

  async function retryOrGiveUp(notified: Notified, error: MediaError, { attempt, signal }: Tried): Promise<Answer> {
    const waitMs = retryWaitMs({ ...deps.retries, random: deps.random }, { attempt, error })
    if (waitMs === null) {
      await giveUp(deps, { ...ofPart(notified), error }, signal)
      return nothing
    }
    const { eventId } = notified.event
    if ((error.retryAfterMs ?? 0) > MAX_RETRY_DELAY_MS) waits.wait(eventId, deps.clock() + waitMs)
    const fields = { ...aboutPart(notified.event), attempt, reason: error.code, retryInMs: waitMs, error }
    const counts = [() => deps.metrics.parts.inc({ outcome: 'retried' })]
    const report = { line: { level: 'info' as const, event: 'history.retried', fields }, counts }
    return { kind: 'retry', delayMs: Math.min(waitMs, MAX_RETRY_DELAY_MS), reason: `${error.code}: ${error.message}`, report }
  }

  return {
    name,
    reads,
    types: ['unknown'],
    takes: takenOf,
    limits: {
      // Who waits for a turn holds nothing, and keeps no other record from being passed over.
      concurrency: FILES_IN_HAND,
      bufferedBytes: 16 * 1024 * 1024,
      attempts,
    },
    stillWaits: ({ event }) => {
      const leftMs = waits.leftMs(event.eventId)
      return leftMs > 0 ? waitsOn(leftMs) : null
    },
    process,
    clearAway: (work, signal) => clearAway(deps.objects, { keys: [blobKey(deps.objects, work.event)], prefixes: [] }, signal),
    isSurprise: isRefusal,
    paused: ({ event }) => ({ level: 'warn', event: 'history.paused', fields: aboutPart(event) }),
  }
}

export async function takeUp(
  deps: WorkDeps,
  { notified, attempt }: { notified: Notified; attempt: number },
  signal: AbortSignal,
): Promise<Worked> {
  const part = await partOf(deps, notified, signal)
  return part === null ? 'over' : await workOff(deps, { part, attempt }, signal)
}

const ofPart = ({ event: source, position }: Notified) => ({ source, position, notification: notificationIn(source) })

function takenOf(event: Event): Work | null {
  if (event.type !== 'unknown' || !isHistoryNotification(event)) return null
  return event.raw && notificationIn(event) === null ? null : { event }
}

const nothing: Answer = { kind: 'emit', events: [] }
const answers: Readonly<Record<Worked, Answer>> = {
  over: nothing,
  ended: nothing,
  moved: { kind: 'retry', delayMs: LOOK_AGAIN_MS, reason: 'somebody else works it off', costsAttempt: false },
  more: { kind: 'retry', delayMs: 0, reason: 'others have their turn', costsAttempt: false },
}

/** The log's absence is waited out inside of an append; what it refuses is nobody's history's fault. Others are thrown on. */
function pauseForLog(error: unknown, signal: AbortSignal): Answer {
  if (signal.aborted || !(error instanceof LogError) || error.code === 'aborted') throw error
  return { kind: 'pause', dependency: 'log', delayMs: LOG_PAUSE_MS, reason: error.message }
}
