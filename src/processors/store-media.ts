// Every downloaded file gets a final copy of its own under a key that follows from its event; what is there already is not written again.
import type { Codec } from '../events/codec.ts'
import type { EventOf } from '../events/event.ts'
import type { TopicName } from '../events/topics.ts'
import type { LaneConsumer, Outcome, ProgressStore } from '../log/log.ts'
import { ObjectError, type ObjectHead, type ObjectStore } from '../objects/objects.ts'
import type { Config } from '../runtime/config.ts'
import type { Logger } from '../runtime/logger.ts'
import { eventLane, logFields, pauseFields } from './download-media.ts'
import { finalKey, finalPrefix, isThumbnailKey, thumbnailKey } from './final-key.ts'
import { firstCopyAt } from './first-copy.ts'
import { MediaError } from './media-error.ts'
import { derivedFrom, fileOf, MAX_ROUNDS, type MediaFile } from './media-file.ts'
import type { MediaMetrics } from './media-metrics.ts'
import { isPicture, readPicture } from './picture.ts'
import { nothing, readEvent } from './read-event.ts'
import { maxBytesOf } from './size-limits.ts'
import { SNIFFED_BYTES, sniffType } from './sniff-type.ts'
import { storageOutcome } from './storage-outcome.ts'

export type StoreMediaDeps = {
  progress: ProgressStore
  codec: Codec
  objects: ObjectStore
  topic(name: TopicName): string
  group: string
  config: Config['media']
  /** How long a dependency that is down is left alone. */
  pauseMs: number
  metrics: MediaMetrics
  logger: Logger
  clock: () => number
}

/** `keptAt`: the instant whose day its final key names. */
type Downloaded = MediaFile & { event: EventOf<'media.downloaded'>; keptAt: number }

const BY = 'store-media'
const types = ['media.downloaded'] as const

export function storeMedia(deps: StoreMediaDeps): LaneConsumer {
  const handle: LaneConsumer['handle'] = async (record, attempt, signal) => {
    const read = await readEvent({ ...deps, types }, record, signal)
    if (read.kind === 'outcome') return read.outcome
    if (read.event.type !== 'media.downloaded') return nothing
    const { event } = read
    const startAt = deps.clock()
    const file = { ...fileOf(event), event, keptAt: event.occurredAt }
    try {
      file.keptAt = await firstCopyAt(deps.objects, event, signal)
      const stored = (await store(file, signal)) ?? (await findStored(file, signal))
      if (stored === null) return fail(file, lost(file), attempt)
      return succeed({ file, stored, durationMs: deps.clock() - startAt })
    } catch (error) {
      if (signal.aborted) throw error
      const outcome = storageOutcome(error, deps)
      if (outcome instanceof MediaError) return fail(file, outcome, attempt)
      deps.logger.warn('media.paused', { ...logFields(file), stage: 'store', ...pauseFields(outcome) })
      return outcome
    }
  }

  /** null: the incoming object is not there any more. */
  async function store(file: Downloaded, signal: AbortSignal): Promise<ObjectHead | null> {
    const { incomingKey, sha256 } = file.event
    const incoming = await deps.objects.get({ key: incomingKey, fromByte: 0, toByte: SNIFFED_BYTES - 1 }, signal)
    if (incoming === null) return null
    const head = Buffer.concat(await Array.fromAsync(incoming.body))
    if (incoming.head.metadata.sha256 !== sha256) return null
    checkSize(file, incoming.head.sizeBytes)

    const type = await sniffType(head, file.fields.mimetype ?? null)
    const key = finalKey({ ...placeOf(file), extension: type.extension })
    const known = await deps.objects.head(key, signal)
    if (known?.metadata.sha256 === sha256) return known

    const picture = isPicture(file.fields.kind, type.mimetype) ? await storeThumbnail(file, key, signal) : {}
    const metadata = { ...describe(file), sha256, ...picture }
    // Last: who finds the final object finds its thumbnail too.
    return await deps.objects.copy({ fromKey: incomingKey, toKey: key, contentType: type.mimetype, metadata }, signal)
  }

  function checkSize({ fields }: Downloaded, sizeBytes: number): void {
    const maxBytes = maxBytesOf(deps.config, fields.kind)
    if (sizeBytes > maxBytes)
      throw new MediaError('too-large', `storing a ${fields.kind}: expected at most ${maxBytes} bytes, got ${sizeBytes}`)
  }

  /** Answers what the final object's metadata says of the picture. A thumbnail that cannot be had never costs the picture. */
  async function storeThumbnail(file: Downloaded, key: string, signal: AbortSignal): Promise<ObjectHead['metadata']> {
    const load = () => readWhole(file.event.incomingKey, signal)
    const { width, height, thumbnail, problem } = await readPicture(load, deps.config)
    const kept = thumbnail === null ? problem : await putThumbnail({ file, key, thumbnail }, signal)
    if (kept !== null) {
      deps.metrics.thumbnailFailures.inc()
      deps.logger.warn('media.thumbnail-failed', { ...logFields(file), error: kept })
    }
    return {
      ...(width !== null && { width: String(width) }),
      ...(height !== null && { height: String(height) }),
      ...(kept === null && { thumbnail: 'yes' }),
    }
  }

  /** Empty where it vanished meanwhile: the copy that follows meets that too. */
  async function readWhole(key: string, signal: AbortSignal): Promise<Buffer> {
    const whole = await deps.objects.get({ key }, signal)
    return whole === null ? Buffer.of() : Buffer.concat(await Array.fromAsync(whole.body))
  }

  /** Answers why it was refused, or null; an outage is thrown. */
  async function putThumbnail(of: { file: Downloaded; key: string; thumbnail: Buffer }, signal: AbortSignal): Promise<unknown> {
    const object = {
      key: thumbnailKey(of.key),
      body: only(of.thumbnail),
      contentType: 'image/jpeg',
      metadata: { ...describe(of.file), media_type: 'thumbnail' },
    }
    try {
      await deps.objects.put(object, signal)
      return null
    } catch (error) {
      if (error instanceof ObjectError && error.code === 'refused') return error
      throw error
    }
  }

  /** The incoming object may have expired long after its file was stored. */
  async function findStored(file: Downloaded, signal: AbortSignal): Promise<ObjectHead | null> {
    for await (const { key } of deps.objects.list(finalPrefix(placeOf(file)), signal)) {
      const head = isThumbnailKey(key) ? null : await deps.objects.head(key, signal)
      if (head?.metadata.sha256 === file.event.sha256) return head
    }
    return null
  }

  function succeed({ file, stored, durationMs }: { file: Downloaded; stored: ObjectHead; durationMs: number }): Outcome {
    const { width, height, thumbnail } = stored.metadata
    const event: EventOf<'media.stored'> = {
      ...derivedFrom(file, { type: 'media.stored', by: BY, at: deps.clock() }),
      mimetype: stored.contentType,
      width: width === undefined ? (file.fields.width ?? null) : Number(width),
      height: height === undefined ? (file.fields.height ?? null) : Number(height),
      key: stored.key,
      extension: stored.key.slice(finalPrefix(placeOf(file)).length),
      sizeBytes: stored.sizeBytes,
      sha256: file.event.sha256,
      sha256Matches: file.event.sha256Matches,
      thumbnailKey: thumbnail === undefined ? null : thumbnailKey(stored.key),
    }
    deps.metrics.stored.inc({ kind: event.kind })
    deps.metrics.storedBytes.inc({ kind: event.kind }, event.sizeBytes)
    const { sizeBytes, mimetype, extension } = event
    deps.logger.info('media.stored', { ...logFields(file), sizeBytes, mimetype, extension, durationMs })
    return { kind: 'emit', appends: [{ topic: deps.topic('media-stored'), records: [deps.codec.encode(event)] }] }
  }

  function fail(file: Downloaded, error: MediaError, attempt: number): Outcome {
    const { kind, round } = file.fields
    const event: EventOf<'media.failed'> = {
      ...derivedFrom(file, { type: 'media.failed', by: BY, at: deps.clock() }),
      stage: 'store',
      reason: error.reason,
      // What expired under incoming/ is fetched again, in a next round while there is one.
      retryable: error.reason === 'gone' ? round < MAX_ROUNDS : error.retryable,
      attempts: attempt,
      detail: error.message,
      mediaSource: file.source,
    }
    deps.metrics.failures.inc({ kind, stage: 'store', reason: error.reason })
    const { reason, retryable } = event
    deps.logger.warn('media.failed', { ...logFields(file), stage: 'store', attempt, reason, retryable, error })
    return { kind: 'emit', appends: [{ topic: deps.topic('media-failed'), records: [deps.codec.encode(event)] }] }
  }

  return {
    group: deps.group,
    topics: [deps.topic('media-downloaded')],
    deadLetterTopic: deps.topic('dead-letters'),
    progress: deps.progress,
    maxConcurrency: 16,
    maxBufferedBytes: 16 * 1024 * 1024,
    maxAttempts: 5,
    lane: eventLane,
    handle,
  }
}

const placeOf = ({ event, fields, keptAt }: Downloaded) => ({
  instanceId: event.instanceId,
  occurredAt: keptAt,
  eventId: fields.sourceEventId,
})

const describe = ({ event, fields }: Downloaded): ObjectHead['metadata'] => ({
  instance_id: event.instanceId,
  event_id: fields.sourceEventId,
  media_type: fields.kind,
})

const lost = (file: Downloaded): MediaError =>
  new MediaError('gone', `storing a ${file.fields.kind}: nothing with its hash is under ${file.event.incomingKey} any more`)

async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes
}
