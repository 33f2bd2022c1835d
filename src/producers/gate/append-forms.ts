// Appends events in the first form that the log takes: together as they are; then each by itself, as it is, smaller, as the last form that
// reuses nothing of what failed; and what it refuses in every form is kept beside it. Nothing is lost, and only the one at fault changes.
import type { EncodedEvent } from '../../events/codec.ts'
import type { Event } from '../../events/event.ts'
import { type EventLog, isAboutRecord, LogError } from '../../log/log.ts'
import { ObjectError } from '../../objects/objects.ts'
import type { Logger } from '../../runtime/logger.ts'
import { outlast } from '../outlast.ts'
import type { ProducerMetrics } from '../producer-metrics.ts'
import type { RecordFitter } from './fit-record.ts'

export type FormDeps = {
  log: EventLog
  fitter: RecordFitter
  /** For an event that the log refuses in every form; resolves once it is durable elsewhere. */
  keep(event: Event, refusal: unknown): Promise<void>
  /** What an append waits for, told at each try. */
  failing(error: unknown): void
  /** Told of each event once it is durable in the log. */
  tally: { appended(event: Event): void }
  topic: string
  instanceId: string
  epoch: number
  random: () => number
  logger: Logger
  metrics: ProducerMetrics
}

/** Resolves once all of them are durable, in their order. Rejects only once the signal has aborted. */
export async function appendInSomeForm(events: readonly Event[], deps: FormDeps, signal: AbortSignal): Promise<void> {
  const startedAt = performance.now()
  const refusal = await refusalOf(events, event => deps.fitter.fit(event, signal), { deps, signal })
  if (refusal === null) for (const event of events) count(event, deps)
  else for (const event of events) await appendAlone(event, { deps, signal })
  deps.metrics.appendSeconds.observe((performance.now() - startedAt) / 1000)
}

type Of = { deps: FormDeps; signal: AbortSignal }

/** Of records refused for good only the one at fault becomes something else, and in the end a row; its neighbours stay as they are. */
async function appendAlone(event: Event, of: Of): Promise<void> {
  const { deps, signal } = of
  const { fitter } = deps
  const asItIs = (one: Event) => fitter.fit(one, signal)
  const smaller = async (one: Event) => (await fitter.shrink(one, signal)) ?? asItIs(one)
  let refusal = await refusalOf([event], asItIs, of)
  if (isTooLarge(refusal)) refusal = await refusalOf([event], smaller, of)
  if (refusal !== null) {
    const how = { isTooLarge: isTooLarge(refusal) }
    refusal = await refusalOf([event], one => fitter.last(one, how, signal), of)
  }
  if (refusal === null) return count(event, deps)
  await untilTaken('keeping', () => deps.keep(event, refusal), of)
}

/** null: they are durable. Otherwise why the log, or the object store for their raw bytes, will never take them in this form. */
async function refusalOf(events: readonly Event[], form: (event: Event) => Promise<EncodedEvent>, of: Of): Promise<unknown> {
  const { log, topic } = of.deps
  try {
    const records = await untilTaken('fitting', () => Promise.all(events.map(form)), of)
    await untilTaken('appending', () => log.append({ topic, records }, of.signal), of)
    return null
  } catch (error) {
    if (isForGood(error)) return error
    throw error
  }
}

/** The log retries unavailability itself; this also outlasts a missing topic, a refusal and a dead object store, until the socket ends. */
function untilTaken<T>(doing: string, work: () => Promise<T>, { deps, signal }: Of): Promise<T> {
  const { failing, instanceId, epoch, random, logger } = deps
  const line = { event: 'append.retrying', instanceId, epoch }
  return outlast(doing, work, { life: { signal, failing }, isForGood, line, random, logger })
}

/** What no waiting mends: it is about the one record, or the one object. An outage is about all of them. */
const isForGood = (error: unknown): boolean => isAboutRecord(error) || (error instanceof ObjectError && error.code === 'refused')

const isTooLarge = (refusal: unknown): boolean => refusal instanceof LogError && refusal.code === 'record-too-large'

function count(event: Event, { metrics, tally }: FormDeps): void {
  tally.appended(event)
  metrics.appended.inc({ type: event.type })
  if (event.type === 'unknown') metrics.unknown.inc({ source: event.source })
}
