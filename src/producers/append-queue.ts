// The one way of one instance's events into the log, for one epoch: sequence without gaps from 1, log order = call order,
// one append in flight, and what arrives meanwhile goes together next. An append rejects only after its signal aborted.
import type { EncodedEvent } from '../events/codec.ts'
import type { Event } from '../events/event.ts'
import { stateId } from '../events/ids.ts'
import { type EventLog, LogError } from '../log/log.ts'
import type { Logger } from '../runtime/logger.ts'
import { orAbort } from '../runtime/or-abort.ts'
import { backoffMs, isWorthSaying, wait } from '../runtime/wait.ts'
import type { Draft } from './draft.ts'
import type { RecordFitter } from './fit-record.ts'
import type { ProducerMetrics } from './producer-metrics.ts'

export type AppendQueue = {
  /** All of these in one append; resolves once they are durable. One that was given up leaves gaps: no further one is taken. */
  append(drafts: readonly Draft[]): Promise<void>
}
type Deps = {
  log: EventLog
  fitter: RecordFitter
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
    const records = await retried('fitting', () => Promise.all(events.map(event => deps.fitter.fit(event, signal))))
    await retried('appending', () => appendRecords(events, records))
    metrics.appendSeconds.observe((performance.now() - startedAt) / 1000)
    for (const { type } of events) metrics.appended.inc({ type })
    for (const event of events) if (event.type === 'unknown') metrics.unknown.inc({ source: event.source })
  }

  /** A log that takes less than was configured refuses a record: the largest one is shrunk until it goes in. */
  async function appendRecords(events: readonly Event[], records: EncodedEvent[]): Promise<void> {
    try {
      await deps.log.append({ topic: deps.topic, records }, signal)
    } catch (error) {
      if (!(error instanceof LogError) || error.code !== 'record-too-large') throw error
      const largest = records.reduce(
        (best, record, index) => (record.value.length > (records[best]?.value.length ?? 0) ? index : best),
        0,
      )
      const event = events[largest]
      const smaller = event === undefined ? null : await deps.fitter.shrink(event, signal)
      if (smaller === null || smaller.value.length >= (records[largest]?.value.length ?? 0)) throw error
      records[largest] = smaller
      await appendRecords(events, records)
    }
  }

  /** The log retries unavailability itself; this also outlasts a missing topic, a refusal and a dead object store, until the socket ends. */
  async function retried<T>(doing: string, work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await work()
      } catch (error) {
        if (signal.aborted) throw signal.reason
        const delayMs = backoffMs({ attempt, baseMs: 100, capMs: 5_000, jitter: 0.2, random: deps.random() })
        if (isWorthSaying(attempt)) logger.warn('append.retrying', { instanceId, epoch, doing, attempt, delayMs, error })
        await wait(delayMs, signal)
      }
    }
  }

  return { append }
}
