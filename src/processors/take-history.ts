// Each part of the phone's history that a notification in the log tells of is worked off once, in batches that are appended to a topic of their
// own; a few instances at a time, which take turns.
import { isHistoryNotification, notificationIn } from '../convert/history/notification.ts'
import type { Event, EventOf } from '../events/event.ts'
import type { TopicName } from '../events/topics.ts'
import { LogError, type LogRecord } from '../log/log.ts'
import { createFairTurns } from '../runtime/fair-turns.ts'
import { clearAway } from './clear-away.ts'
import { createAskedWaits } from './download/asked-waits.ts'
import { MAX_RETRY_DELAY_MS, retryWaitMs, waitsOn } from './download/download-answer.ts'
import { openTransfers } from './download/transfers.ts'
import { createHistoryMetrics } from './history/history-metrics.ts'
import { blobKey } from './history/open-blob.ts'
import { aboutPart, type Notified, partOf, positionOf } from './history/part.ts'
import { giveUp, type WorkDeps, workOff } from './history/work-off.ts'
import { FILES_IN_HAND, inTurn } from './in-turn.ts'
import { createIncomingRows } from './incoming-rows.ts'
import { MediaError } from './media-error.ts'
import { orMediaError } from './or-media-error.ts'
import type { Answer, Given, Needs, Processor, ProcessorEntry } from './processor.ts'

const name = 'history'
const reads: readonly TopicName[] = ['events']
/** Parts that are worked off at once, each of another instance. */
const AT_ONCE = 2
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

export function createHistory(deps: HistoryDeps): Processor<Work> {
  const turns = createFairTurns({ total: AT_ONCE, perKey: 1 })
  const waits = createAskedWaits(deps.clock)

  async function process({ event }: Work, { record, attempt }: Given, signal: AbortSignal): Promise<Answer> {
    const notified = { event, position: positionOf(record) }
    const work = () => orMediaError(takeUp(deps, { notified, attempt }, signal), signal)
    try {
      const taken = await inTurn(turns, { key: event.instanceId, work }, signal)
      if (taken instanceof MediaError) return await retryOrGiveUp(notified, taken, { attempt, signal })
      return taken === 'moved' ? elsewhere : nothing
    } catch (error) {
      return pauseForLog(error, signal)
    }
  }

  async function retryOrGiveUp(
    notified: Notified,
    error: MediaError,
    { attempt, signal }: { attempt: number; signal: AbortSignal },
  ): Promise<Answer> {
    const waitMs = retryWaitMs({ ...deps.retries, random: deps.random }, { attempt, error })
    if (waitMs === null) {
      const { event: source, position } = notified
      await giveUp(deps, { source, position, notification: notificationIn(source), error }, signal)
      return nothing
    }
    const { eventId } = notified.event
    if ((error.retryAfterMs ?? 0) > MAX_RETRY_DELAY_MS) waits.wait(eventId, deps.clock() + waitMs)
    const fields = { ...aboutPart(notified.event), attempt, reason: error.code, retryInMs: waitMs, error }
    const counts = [{ counter: deps.metrics.parts, labels: { outcome: 'retried' } }]
    const report = { line: { level: 'info' as const, event: 'history.retried', fields }, counts }
    return { kind: 'retry', delayMs: Math.min(waitMs, MAX_RETRY_DELAY_MS), reason: `${error.code}: ${error.message}`, report }
  }

  return {
    name,
    reads,
    types: ['unknown'],
    takes: takenOf,
    lane: laneOf,
    limits: {
      // Who waits for a turn holds nothing, and keeps no other record from being passed over.
      concurrency: FILES_IN_HAND,
      bufferedBytes: 16 * 1024 * 1024,
      attempts: deps.retries.retryDelaysMs.length + 2,
    },
    stillWaits: ({ event }) => {
      const leftMs = waits.leftMs(event.eventId)
      return leftMs > 0 ? waitsOn(leftMs) : null
    },
    process,
    clearAway: (work, signal) => clearAway(deps.objects, { keys: [blobKey(deps.objects, work.event)], prefixes: [] }, signal),
    paused: ({ event }) => ({ level: 'warn', event: 'history.paused', fields: aboutPart(event) }),
  }
}

export async function takeUp(
  deps: WorkDeps,
  { notified, attempt }: { notified: Notified; attempt: number },
  signal: AbortSignal,
): ReturnType<typeof workOff> {
  const part = await partOf(deps, notified, signal)
  return part === null ? 'over' : await workOff(deps, { part, attempt }, signal)
}

/** Notifications of one instance come one after another; what is no notification waits for none of them, as far as its header says. */
const laneOf = ({ headers, topic, offset }: LogRecord): string =>
  (headers['event-type'] === 'unknown' ? headers['instance-id'] : headers['event-id']) ?? `${topic}/${offset}`

function takenOf(event: Event): Work | null {
  if (event.type !== 'unknown' || !isHistoryNotification(event)) return null
  return event.raw && notificationIn(event) === null ? null : { event }
}

const nothing: Answer = { kind: 'emit', events: [] }
const elsewhere: Answer = { kind: 'retry', delayMs: LOOK_AGAIN_MS, reason: 'somebody else works it off', costsAttempt: false }

/** The log's absence is waited out inside of an append; what it refuses is nobody's history's fault. Others are thrown on. */
function pauseForLog(error: unknown, signal: AbortSignal): Answer {
  if (signal.aborted || !(error instanceof LogError) || error.code === 'aborted') throw error
  return { kind: 'pause', dependency: 'log', delayMs: LOG_PAUSE_MS, reason: error.message }
}
