// The bridge's intake, as a processor: every released delivery of the stream is taken in, by its lane.
import { isRefusal } from '../../database/database.ts'
import { type Event, eventTypes } from '../../events/event.ts'
import type { TopicName } from '../../events/topics.ts'
import type { Processor } from '../../processors/processor.ts'
import type { Config } from '../../runtime/config.ts'
import type { Patience } from '../../runtime/fair-turns.ts'
import { type TakeInDeps, takeInDelivery } from './take-in-delivery.ts'

/** Known before anything is open: for the start step that makes the progress rows. */
export const intakeEntry: { name: string; reads: readonly TopicName[] } = { name: 'webhooks', reads: ['webhook-deliveries'] }

/** How long what is down is left alone. */
export const INTAKE_PAUSE_MS = 1_000
/** A delivery that comes again is known by its row, and sent to nobody. */
const SAVE_PROGRESS_WITHIN_MS = 1_000
const MAX_BUFFERED_BYTES = 16 * 1024 * 1024
/** Lanes that may be busy or wait for a slot, per slot of this process. */
const LANES_PER_SLOT = 16
const MAX_WAIT_MS = 2_000
const LEAST_WAITING = 500

type Limits = Pick<Config['webhooks'], 'maxInFlight' | 'maxInFlightPerEndpoint' | 'retryDelaysMs'>

export const deliveryIntake = (deps: Omit<TakeInDeps, 'patience'>, limits: Limits): Processor<Event> => ({
  ...intakeEntry,
  types: eventTypes,
  takes: event => event,
  lane: record => record.key,
  limits: {
    concurrency: LANES_PER_SLOT * limits.maxInFlight,
    bufferedBytes: MAX_BUFFERED_BYTES,
    saveWithinMs: SAVE_PROGRESS_WITHIN_MS,
    // Our own schedule ends sooner: this bounds surprises only.
    attempts: limits.retryDelaysMs.length + 20,
  },
  process: async (event, { record, attempt }, signal) =>
    event.type === 'delivery.released'
      ? takeInDelivery({ ...deps, patience: patienceOf(limits) }, { delivery: event, record, tries: attempt }, signal)
      : { kind: 'park', reason: `expected delivery.released, got ${event.type}` },
  // What Postgres refuses is a surprise, and costs tries.
  isSurprise: isRefusal,
})

/** One endpoint may have a long line where it is served fast, and never more than half of all that may wait here. */
const patienceOf = ({ maxInFlight, maxInFlightPerEndpoint }: Limits): Patience => ({
  maxWaiting: Math.min(Math.max(LEAST_WAITING, LANES_PER_SLOT * maxInFlightPerEndpoint), (LANES_PER_SLOT * maxInFlight) / 2),
  maxWaitMs: MAX_WAIT_MS,
})
