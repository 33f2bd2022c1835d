// Every media message's file is fetched, verified and held under incoming/ once per instance, or said to have failed and why.
import type { Dispatcher } from 'undici'
import type { Codec } from '../events/codec.ts'
import type { EventOf } from '../events/event.ts'
import type { TopicName } from '../events/topics.ts'
import type { Append, LaneConsumer, LogRecord, Outcome, ProgressStore } from '../log/log.ts'
import type { ObjectStore } from '../objects/objects.ts'
import type { Config } from '../runtime/config.ts'
import type { Logger } from '../runtime/logger.ts'
import { spread } from '../runtime/wait.ts'
import { createAskedWaits } from './asked-waits.ts'
import { fetchIncoming, findIncoming, type Incoming, incomingName } from './incoming.ts'
import type { IncomingRows } from './incoming-rows.ts'
import { MediaError } from './media-error.ts'
import { derivedFrom, fileToFetch, type MediaFile } from './media-file.ts'
import type { MediaMetrics } from './media-metrics.ts'
import { nothing, readEvent } from './read-event.ts'
import { createSharedWork } from './shared-work.ts'
import { maxBytesOf } from './size-limits.ts'
import { orMediaError, pauseFor } from './storage-outcome.ts'
import { clearAway, type Tombstones } from './tombstones.ts'
import type { TransferSlots } from './transfer-slots.ts'

export type DownloadMediaDeps = {
  progress: ProgressStore
  codec: Codec
  objects: ObjectStore
  incomingRows: IncomingRows
  tombstones: Tombstones
  dispatcher: Dispatcher
  /** Takes the place of every WhatsApp media host; null: WhatsApp. */
  cdnUrl: string | null
  slots: TransferSlots
  topic(name: TopicName): string
  consumerGroup: string
  config: Config['media']
  /** How long a dependency that is down is left alone. */
  pauseMs: number
  metrics: MediaMetrics
  logger: Logger
  clock: () => number
  /** In [0, 1). */
  random: () => number
}

type Fetchable = NonNullable<ReturnType<typeof fileToFetch>>

const BY = 'download-media'
const types = ['message.received', 'message.sent', 'media.refreshed', 'media.failed'] as const
const RETRY_JITTER = 0.2
/** The log's own bound on a lane's wait at once. */
const MAX_RETRY_DELAY_MS = 60_000
/** A server that asks for more is not waited for. */
const MAX_RETRY_AFTER_MS = 3_600_000

export function downloadMedia(deps: DownloadMediaDeps): LaneConsumer {
  /** What is final is so by one message's reference: a forward may have a fresher or truer one. What passes by itself is shared. */
  const fetches = createSharedWork<Incoming>(failure => failure instanceof MediaError && !failure.retryable)

  const waits = createAskedWaits(deps.clock)

  const handle: LaneConsumer['handle'] = async (record, attempt, signal) => {
    const read = await readEvent({ ...deps, types }, record, signal)
    if (read.kind === 'outcome') return read.outcome
    const file = fileToFetch(read.event)
    if (file === null) return nothing
    const leftMs = waits.leftMs(nameOf(file))
    if (leftMs > 0) return waitOn(leftMs)
    const release = deps.metrics.hold(record.recordedAt)
    const startAt = deps.clock()
    try {
      if (await isOfPurged(file, signal)) return nothing
      const brought = await orMediaError(bring(file, attempt, signal), signal)
      if (await isOfPurged(file, signal)) return nothing
      if (brought instanceof MediaError) return retryOrFail(file, brought, attempt)
      return succeed({ file, ...brought, attempt, durationMs: deps.clock() - startAt })
    } catch (error) {
      if (signal.aborted) throw error
      return pause(file, pauseFor(error, deps))
    } finally {
      release()
    }
  }

  /** Asked before anything is put, and after it or what failed: what was put meanwhile, or by a try that was killed, is gone then. */
  async function isOfPurged({ event: { instanceId }, source }: Fetchable, signal: AbortSignal): Promise<boolean> {
    if (!(await deps.tombstones.isPurged(instanceId))) return false
    await clearAway(deps.objects, { keys: [deps.objects.newKey(incomingName(instanceId, source))], prefixes: [] }, signal)
    return true
  }

  /** Forwards of one file wait for one fetch; what is there already is not fetched. */
  async function bring(file: Fetchable, attempt: number, signal: AbortSignal): Promise<{ incoming: Incoming; reused: boolean }> {
    const maxBytes = maxBytesOf(deps.config, file.fields.kind)
    const { instanceId } = file.event
    const key = deps.objects.newKey(incomingName(instanceId, file.source))
    const fetched = { here: false }
    const fetchOnce = async () => {
      const known = await findIncoming(deps.objects, key, signal)
      if (known !== null) {
        await deps.incomingRows.adopt([{ key, instanceId, writtenAt: deps.clock() }])
        return known
      }
      fetched.here = true
      return await fetchInTurn(file, { key, attempt, maxBytes }, signal)
    }
    const incoming = await fetches.share(key, fetchOnce, signal)
    if (incoming.sizeBytes > maxBytes)
      throw new MediaError('too-large', `downloading a ${file.fields.kind}: expected at most ${maxBytes} bytes`)
    return { incoming, reused: !fetched.here }
  }

  async function fetchInTurn(
    file: Fetchable,
    of: { key: string; attempt: number; maxBytes: number },
    signal: AbortSignal,
  ): Promise<Incoming> {
    const { instanceId } = file.event
    const live = of.attempt === 1 && file.fields.round === 1
    const giveBack = await deps.slots.take({ instanceId, live }, signal)
    const startAt = deps.clock()
    try {
      const { idleTimeoutMs, minTotalTimeoutMs } = deps.config
      const timeouts = { idleTimeoutMs, minTotalTimeoutMs, timeoutFactor: 2 ** (of.attempt - 1) }
      const { kind } = file.fields
      await deps.incomingRows.remember({ key: of.key, instanceId })
      const wanted = { key: of.key, instanceId, kind, source: file.source, maxBytes: of.maxBytes, timeouts }
      const incoming = await fetchIncoming(deps, wanted, signal)
      deps.metrics.seconds.observe({ kind }, (deps.clock() - startAt) / 1000)
      deps.metrics.downloadedBytes.inc({ kind }, incoming.sizeBytes)
      return incoming
    } finally {
      giveBack()
    }
  }

  function succeed(of: { file: Fetchable; incoming: Incoming; attempt: number; reused: boolean; durationMs: number }): Outcome {
    const { file, incoming, attempt, reused, durationMs } = of
    const { kind } = file.fields
    const announced = file.source.sha256
    const event: EventOf<'media.downloaded'> = {
      ...derivedFrom(file, { type: 'media.downloaded', by: BY, at: deps.clock() }),
      incomingKey: incoming.key,
      sizeBytes: incoming.sizeBytes,
      sha256: incoming.sha256,
      sha256Matches: announced == null || Buffer.from(announced).toString('hex') === incoming.sha256,
      attempts: attempt,
      mediaSource: file.source,
    }
    deps.metrics.downloads.inc({ outcome: reused ? 'reused' : 'downloaded', kind })
    const { sizeBytes, sha256Matches } = event
    deps.logger.info('media.downloaded', { ...logFields(file), attempt, reused, sizeBytes, sha256Matches, durationMs })
    return emit({ topic: deps.topic('media-downloaded'), records: [deps.codec.encode(event)] })
  }

  function retryOrFail(file: Fetchable, error: MediaError, attempt: number): Outcome {
    const plannedMs = deps.config.retryDelaysMs[attempt - 1]
    const askedMs = error.retryAfterMs ?? 0
    if (!error.retryable || plannedMs === undefined || askedMs > MAX_RETRY_AFTER_MS) return fail(file, error, attempt)
    const waitMs = Math.round(Math.max(spread(plannedMs, RETRY_JITTER, deps.random()), askedMs))
    const delayMs = Math.min(waitMs, MAX_RETRY_DELAY_MS)
    if (askedMs > MAX_RETRY_DELAY_MS) waits.wait(nameOf(file), deps.clock() + waitMs)
    deps.metrics.downloads.inc({ outcome: 'retried', kind: file.fields.kind })
    deps.logger.info('media.download-retried', { ...logFields(file), attempt, reason: error.reason, retryInMs: waitMs, error })
    return { kind: 'retry', delayMs, reason: `${error.reason}: ${error.message}` }
  }

  /** The next step of a wait that the server asked for: nothing was tried, and no transfer is held. */
  const waitOn = (leftMs: number): Outcome => {
    const delayMs = Math.min(Math.ceil(leftMs), MAX_RETRY_DELAY_MS)
    return { kind: 'retry', delayMs, reason: `the server asked to wait, ${Math.ceil(leftMs)} ms are left`, costsAttempt: false }
  }

  function fail(file: Fetchable, error: MediaError, attempt: number): Outcome {
    const { kind } = file.fields
    const event: EventOf<'media.failed'> = {
      ...derivedFrom(file, { type: 'media.failed', by: BY, at: deps.clock() }),
      stage: 'download',
      reason: error.reason,
      retryable: error.retryable,
      attempts: attempt,
      detail: error.message,
      mediaSource: file.source,
    }
    deps.metrics.downloads.inc({ outcome: 'failed', kind })
    deps.metrics.failed({ instanceId: event.instanceId, kind, stage: 'download', reason: error.reason })
    const { reason, retryable } = error
    deps.logger.warn('media.failed', { ...logFields(file), stage: 'download', attempt, reason, retryable, error })
    return emit({ topic: deps.topic('media-failed'), records: [deps.codec.encode(event)] })
  }

  function pause(file: Fetchable, outcome: Outcome): Outcome {
    deps.logger.warn('media.paused', { ...logFields(file), stage: 'download', ...pauseFields(outcome) })
    return outcome
  }

  return {
    consumerGroup: deps.consumerGroup,
    topics: [deps.topic('events'), deps.topic('media-failed')],
    deadLetterTopic: deps.topic('dead-letters'),
    progress: deps.progress,
    maxConcurrency: MAX_CONCURRENCY,
    maxBufferedBytes: 16 * 1024 * 1024,
    // One more than ever answer retry: only what throws unforeseen is parked.
    maxAttempts: deps.config.retryDelaysMs.length + 2,
    lane: eventLane,
    handle,
  }
}

/** Far more than may transfer at once: those that wait for their turn hold no connection, and no instance keeps others from being seen. */
export const MAX_CONCURRENCY = 1024

/** Copies of one event one after the other; forwards of one file share a fetch. */
export const eventLane = (record: LogRecord): string => record.headers['event-id'] ?? `${record.topic}/${record.offset}`

const nameOf = ({ fields }: Fetchable): string => `${fields.sourceEventId}/${fields.round}`

const emit = (append: Append): Outcome => ({ kind: 'emit', appends: [append] })

export const logFields = (file: MediaFile) => ({
  instanceId: file.event.instanceId,
  eventId: file.fields.sourceEventId,
  kind: file.fields.kind,
  round: file.fields.round,
})

export const pauseFields = (outcome: Outcome) =>
  outcome.kind === 'pause' ? { dependency: outcome.dependency, reason: outcome.reason, retryInMs: outcome.delayMs } : {}
