// The one way of one instance's events into the log, for one epoch: sequence without gaps from 1, log order = call order,
// one append in flight, and what arrives meanwhile goes together next. An append rejects only after its signal aborted; what the log refuses
// for good is appended in another form, or kept beside the log, and holds nobody up.
import type { EncodedEvent } from '../../events/codec.ts'
import type { Event } from '../../events/event.ts'
import { stateId } from '../../events/ids.ts'
import { type EventLog, isAboutRecord, LogError } from '../../log/log.ts'
import { ObjectError } from '../../objects/objects.ts'
import type { Logger } from '../../runtime/logger.ts'
import { orAbort } from '../../runtime/or-abort.ts'
import { backoffMs, isWorthSaying, wait } from '../../runtime/wait.ts'
import type { Draft } from '../convert/draft.ts'
import type { ProducerMetrics } from '../producer-metrics.ts'
import type { RecordFitter } from './fit-record.ts'

export type AppendQueue = {
  /** All of these in one append; resolves once they are durable. One that was given up leaves gaps: no further one is taken. */
  append(drafts: readonly Draft[]): Promise<void>
}
type Deps = {
  log: EventLog
  fitter: RecordFitter
  /** For an event that the log refuses in every form; resolves once it is durable elsewhere. */
  keep(event: Event, refusal: unknown): Promise<void>
  /** What an append waits for, told at each try. */
  failing(error: unknown): void
  topic: string
  instanceId: string
  epoch: number
  clock: () => number
  random: () => number
  logger: Logger
  metrics: ProducerMetrics
}
type Waiting = { events: readonly Event[]; resolve(): void; reject(error: unknown): void }

export function openAppendQueue(deps: Deps, signal: AbortSignal): AppendQueue {
  const { instanceId, epoch, logger, metrics } = deps
  let sequence = 0
  let waiting: Waiting[] = []
  let isRunning = false
  let broken: { error: unknown } | null = null

  function append(drafts: readonly Draft[]): Promise<void> {
    if (drafts.length === 0) return Promise.resolve()
    if (broken !== null) return Promise.reject(broken.error)
    if (signal.aborted) return Promise.reject(signal.reason)
    const recordedAt = deps.clock()
    const events = drafts.map(draft => place(draft, recordedAt))
    const done = new Promise<void>((resolve, reject) => void waiting.push({ events, resolve, reject }))
    if (!isRunning) void drain()
    return done
  }

  /** From here on the event keeps its place, however often its append is repeated. */
  function place(draft: Draft, recordedAt: number): Event {
    sequence += 1
    const eventId = draft.eventId ?? stateId({ instanceId, type: draft.type, epoch, sequence })
    return { ...draft, eventId, epoch, sequence, recordedAt }
  }

  async function drain(): Promise<void> {
    isRunning = true
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      try {
        await orAbort(appendBatch(batch.flatMap(one => one.events)), () => signal.reason, signal)
        for (const one of batch) one.resolve()
      } catch (error) {
        broken = { error }
        for (const one of [...batch, ...waiting]) one.reject(error)
        waiting = []
      }
    }
    isRunning = false
  }

  async function appendBatch(events: readonly Event[]): Promise<void> {
    const startedAt = performance.now()
    const refusal = await refusalOf(events, event => deps.fitter.fit(event, signal))
    if (refusal === null) for (const event of events) count(event)
    else for (const event of events) await appendAlone(event)
    metrics.appendSeconds.observe((performance.now() - startedAt) / 1000)
  }

  /** Of records refused for good only the one at fault becomes something else, and in the end a row; its neighbours stay as they are. */
  async function appendAlone(event: Event): Promise<void> {
    const { fitter } = deps
    const asItIs = (one: Event) => fitter.fit(one, signal)
    const smaller = async (one: Event) => (await fitter.shrink(one, signal)) ?? asItIs(one)
    let refusal = await refusalOf([event], asItIs)
    if (isTooLarge(refusal)) refusal = await refusalOf([event], smaller)
    if (refusal !== null) refusal = await refusalOf([event], one => fitter.last(one, { isTooLarge: isTooLarge(refusal) }, signal))
    if (refusal === null) return count(event)
    await retried('keeping', () => deps.keep(event, refusal))
  }

  /** null: they are durable. Otherwise why the log, or the object store for their raw bytes, will never take them in this form. */
  async function refusalOf(events: readonly Event[], form: (event: Event) => Promise<EncodedEvent>): Promise<unknown> {
    try {
      const records = await retried('fitting', () => Promise.all(events.map(form)))
      await retried('appending', () => deps.log.append({ topic: deps.topic, records }, signal))
      return null
    } catch (error) {
      if (isForGood(error)) return error
      throw error
    }
  }

  function count(event: Event): void {
    metrics.appended.inc({ type: event.type })
    if (event.type === 'unknown') metrics.unknown.inc({ source: event.source })
  }

  /** The log retries unavailability itself; this also outlasts a missing topic, a refusal and a dead object store, until the socket ends. */
  async function retried<T>(doing: string, work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await work()
      } catch (error) {
        if (signal.aborted) throw signal.reason
        if (isForGood(error)) throw error
        deps.failing(error)
        const delayMs = backoffMs({ attempt, baseMs: 100, capMs: 5_000, jitter: 0.2, random: deps.random() })
        if (isWorthSaying(attempt)) logger.warn('append.retrying', { instanceId, epoch, doing, attempt, delayMs, error })
        await wait(delayMs, signal)
      }
    }
  }

  return { append }
}

/** What no waiting mends: it is about the one record, or the one object. An outage is about all of them. */
const isForGood = (error: unknown): boolean => isAboutRecord(error) || (error instanceof ObjectError && error.code === 'refused')

const isTooLarge = (refusal: unknown): boolean => refusal instanceof LogError && refusal.code === 'record-too-large'
