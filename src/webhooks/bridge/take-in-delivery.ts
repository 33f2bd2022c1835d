// A delivery as its lane hands it over: attempted at once, or laid down as a row behind those of its lane that wait.
// Nothing here may hold the partition: what cannot start soon, or must wait long, becomes a row and the log goes on.
import { EventError } from '../../events/codec.ts'
import { assertNever } from '../../events/event.ts'
import type { LogRecord } from '../../log/log.ts'
import type { Answer } from '../../processors/processor.ts'
import { AT_ONCE, type FairTurns, type Patience } from '../../runtime/fair-turns.ts'
import { type Released, SHORT_WAIT_MS } from '../deliveries/attempt-record.ts'
import { MOST_COUNTED } from '../deliveries/delivery-counts.ts'
import { isHistoryLane } from '../stream/chat-lanes.ts'
import { type AttemptDeps, type AttemptResult, attemptDelivery } from './attempt-delivery.ts'
import type { Situation, SituationOf } from './delivery-situation.ts'
import type { Due } from './waiting-lanes.ts'
import type { WaitingLanes } from './waiting-together.ts'
import type { BacklogWatch } from './watch-backlog.ts'

export type TakeInDeps = {
  waitingLanes: WaitingLanes
  attempt: AttemptDeps
  /** Attempts in flight, of this process and per endpoint. */
  slots: FairTurns
  readSituation(of: SituationOf): Promise<Situation>
  backlog: Pick<BacklogWatch, 'waitingOf'>
  /** A healthy endpoint's burst passes in memory; behind one that is slow, deliveries become rows before they fill it. */
  patience: Patience
  /** Somebody may have to drain sooner than the next look. */
  wakeDrain(): void
}

const done: Answer = { kind: 'emit', events: [] }
/** Short waits of one delivery in memory; then it waits as a row, like whatever waits long. */
const MAX_TRIES_IN_MEMORY = 10
/** Beyond so many waiting deliveries of one endpoint only their places in the log are kept. */
const MAX_KEPT_VALUES = MOST_COUNTED

/** `tries` counts from 1. Rejects what is down or unforeseen. */
export async function takeInDelivery(deps: TakeInDeps, given: Given, signal: AbortSignal): Promise<Answer> {
  try {
    return await takeIn(deps, given, signal)
  } catch (error) {
    if (error instanceof EventError && !signal.aborted) return { kind: 'park', reason: error.message }
    throw error
  }
}

type Given = { delivery: Released; record: LogRecord; tries: number }

async function takeIn(deps: TakeInDeps, given: Given, signal: AbortSignal): Promise<Answer> {
  const { delivery, record } = given
  // History never stands in the line: it becomes rows, which are claimed after what happens.
  const patience = isHistoryLane(delivery.lane) ? AT_ONCE : deps.patience
  const slot = await deps.slots.take({ key: delivery.endpointId, patience }, signal)
  if (slot === 'aborted') return handedBack
  if (slot === 'full') return layDown(deps, given, { dueInMs: 0, triedMsAgo: 0 })
  try {
    const situation = await deps.readSituation(delivery)
    if (situation.laneWaits && (await deps.waitingLanes.join(waiting(deps, given)))) return done
    signal.throwIfAborted()
    const current = situation.laneWaits ? await deps.readSituation(delivery) : situation
    const result =
      notYet(current) ??
      (await attemptDelivery(deps.attempt, { delivery, record, situation: current, answered: slot.release }, signal))
    return await follow(deps, given, result)
  } finally {
    slot.release()
  }
}

/**
 * Its last attempt is on record, and it did not come to wait for the next one (a crash, or rows that could not be written):
 * it waits now, unless its endpoint has recovered since. Neither a crash nor a failure of ours sends anything before its time.
 */
function notYet({ finished, purged, kept, retryInMs, nowAt, lastAttemptAt, endpoint }: Situation): AttemptResult | null {
  if (finished || purged || kept !== null || lastAttemptAt === null || retryInMs < CLOSE_ENOUGH_MS || endpoint === null)
    return null
  if (endpoint.recoveredAt !== null && endpoint.recoveredAt > lastAttemptAt) return null
  return { kind: 'again', inMs: retryInMs, triedMsAgo: nowAt - lastAttemptAt }
}
/** A wait in memory ends about then. */
const CLOSE_ENOUGH_MS = 1_000

function follow(deps: TakeInDeps, given: Given, result: AttemptResult): Answer | Promise<Answer> {
  switch (result.kind) {
    case 'finished':
      return done
    case 'unrecordable':
      return { kind: 'pause', dependency: 'postgres', delayMs: 1000, reason: result.reason }
    case 'again':
      if (result.inMs <= SHORT_WAIT_MS && given.tries < MAX_TRIES_IN_MEMORY)
        return { kind: 'retry', delayMs: result.inMs, reason: 'the receiver did not take it' }
      return layDown(deps, given, { dueInMs: result.inMs, triedMsAgo: result.triedMsAgo })
    case 'disabled':
      return layDown(deps, given, { dueInMs: 0, triedMsAgo: 0 })
    default:
      return assertNever(result)
  }
}

async function layDown(deps: TakeInDeps, given: Given, due: Due): Promise<Answer> {
  await deps.waitingLanes.enter({ waiting: waiting(deps, given), due })
  if (due.dueInMs === 0) deps.wakeDrain()
  return done
}

const waiting = (deps: TakeInDeps, { delivery, record }: Given) => ({
  delivery,
  record,
  keepValue: deps.backlog.waitingOf(delivery.endpointId) < MAX_KEPT_VALUES,
})

/** The assignment is over: whatever this says is discarded. */
const handedBack: Answer = { kind: 'retry', delayMs: 0, reason: 'the assignment has ended' }
