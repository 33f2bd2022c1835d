// Every downloaded file gets a final copy of its own under a key that follows from its event; what is there already is not written again.
import type { Codec } from '../events/codec.ts'
import type { EventOf } from '../events/event.ts'
import type { TopicName } from '../events/topics.ts'
import type { LaneConsumer, Outcome, ProgressStore } from '../log/log.ts'
import { ObjectError, type ObjectHead, type ObjectStore } from '../objects/objects.ts'
import type { Config } from '../runtime/config.ts'
import type { Logger } from '../runtime/logger.ts'
import { eventLane, logFields, MAX_CONCURRENCY, pauseFields } from './download-media.ts'
import { finalKey, finalPrefix, isThumbnailKey, thumbnailKey } from './final-key.ts'
import { firstCopyAt, firstCopyName } from './first-copy.ts'
import type { IncomingRows } from './incoming-rows.ts'
import { MediaError } from './media-error.ts'
import { derivedFrom, fileOf, MAX_ROUNDS, type MediaFile } from './media-file.ts'
import type { MediaMetrics } from './media-metrics.ts'
import { isPicture } from './picture-types.ts'
import type { Pictures } from './pictures.ts'
import { nothing, readEvent } from './read-event.ts'
import { maxBytesOf } from './size-limits.ts'
import { SNIFFED_BYTES, sniffType } from './sniff-type.ts'
import { orMediaError, pauseFor } from './storage-outcome.ts'
import { clearAway, type Tombstones } from './tombstones.ts'
import type { TransferSlots } from './transfer-slots.ts'
import { sha256Of } from './true-hash.ts'

export type StoreMediaDeps = {
  progress: ProgressStore
  codec: Codec
  objects: ObjectStore
  incomingRows: Pick<IncomingRows, 'remember'>
  tombstones: Tombstones
  pictures: Pictures
  /** For what is done to one file in the store; its picture has turns of its own. */
  slots: TransferSlots
  topic(name: TopicName): string
  consumerGroup: string
  config: Config['media']
  /** How long a dependency that is down is left alone. */
  pauseMs: number
  metrics: MediaMetrics
  logger: Logger
  clock: () => number
}

/** `keptAt`: the instant whose day its final key names. */
type Downloaded = MediaFile & { event: EventOf<'media.downloaded'>; keptAt: number }
/** `isNew`: it was not there already. */
type Stored = { head: ObjectHead; isNew: boolean }
type PictureFacts = { width: number | null; height: number | null; thumbnailKey: string | null }

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
      if (await isOfPurged(file, signal)) return nothing
      const kept = await orMediaError(keep(file, signal), signal)
      if (await isOfPurged(file, signal)) return nothing
      if (kept instanceof MediaError) return fail(file, kept, attempt)
      return succeed({ file, ...kept, durationMs: deps.clock() - startAt })
    } catch (error) {
      if (signal.aborted) throw error
      const outcome = pauseFor(error, deps)
      deps.logger.warn('media.paused', { ...logFields(file), stage: 'store', ...pauseFields(outcome) })
      return outcome
    }
  }

  /** Asked before anything is put, and after it or what failed: what was put meanwhile, or by a try that was killed, is gone then. */
  async function isOfPurged(file: Downloaded, signal: AbortSignal): Promise<boolean> {
    const { event } = file
    if (!(await deps.tombstones.isPurged(event.instanceId))) return false
    const { newKey } = deps.objects
    // Both days that it may be under: the first copy's may have been taken already.
    const days = [file.keptAt, event.occurredAt].map(occurredAt => finalPrefix({ ...placeOf(file), occurredAt }))
    await clearAway(deps.objects, { keys: [newKey(firstCopyName(event))], prefixes: [...new Set(days)].map(newKey) }, signal)
    return true
  }

  async function keep(
    file: Downloaded,
    signal: AbortSignal,
  ): Promise<{ stored: ObjectHead; picture: PictureFacts | null } | MediaError> {
    file.keptAt = await firstCopyAt(deps, file.event, signal)
    const stored = await storeInTurn(file, signal)
    if (stored === null) return lost(file)
    // After the file itself is where it belongs: what its bytes do to a decoder delays no other file.
    return { stored: stored.head, picture: await pictureOf(file, stored, signal) }
  }

  async function storeInTurn(file: Downloaded, signal: AbortSignal): Promise<Stored | null> {
    const live = file.fields.round === 1
    const giveBack = await deps.slots.take({ instanceId: file.event.instanceId, live }, signal)
    try {
      return (await store(file, signal)) ?? (await findStored(file, signal))
    } finally {
      giveBack()
    }
  }

  /** null: the incoming object is not there any more. */
  async function store(file: Downloaded, signal: AbortSignal): Promise<Stored | null> {
    const { incomingKey, sha256 } = file.event
    const incoming = await deps.objects.get({ key: incomingKey, fromByte: 0, toByte: SNIFFED_BYTES - 1 }, signal)
    if (incoming === null) return null
    const head = Buffer.concat(await Array.fromAsync(incoming.body))
    checkSize(file, incoming.head.sizeBytes)
    if ((await sha256Of(deps.objects, incoming.head, signal)) !== sha256) return null

    const type = await sniffType(head, file.fields.mimetype ?? null)
    const key = deps.objects.newKey(finalKey({ ...placeOf(file), extension: type.extension }))
    const known = await deps.objects.head(key, signal)
    if (known !== null && (await isSame(file, known, signal))) return { head: known, isNew: false }
    const metadata = { ...describe(file), sha256 }
    const copied = await deps.objects.copy({ fromKey: incomingKey, toKey: key, contentType: type.mimetype, metadata }, signal)
    return copied && { head: copied, isNew: true }
  }

  const isSame = async ({ event }: Downloaded, head: ObjectHead, signal: AbortSignal): Promise<boolean> =>
    head.sizeBytes === event.sizeBytes && (await sha256Of(deps.objects, head, signal)) === event.sha256

  function checkSize({ fields }: Downloaded, sizeBytes: number): void {
    const maxBytes = maxBytesOf(deps.config, fields.kind)
    if (sizeBytes > maxBytes)
      throw new MediaError('too-large', `storing a ${fields.kind}: expected at most ${maxBytes} bytes, got ${sizeBytes}`)
  }

  async function pictureOf(file: Downloaded, { head, isNew }: Stored, signal: AbortSignal): Promise<PictureFacts | null> {
    if (!isPicture(file.fields.kind, head.contentType)) return null
    return (isNew ? null : await findPicture(file, head, signal)) ?? (await makePicture(file, head.key, signal))
  }

  /** What an earlier try left of the same file. 0.1.0 wrote it to the file itself, now it is with the thumbnail; null: nowhere. */
  async function findPicture(file: Downloaded, stored: ObjectHead, signal: AbortSignal): Promise<PictureFacts | null> {
    const key = thumbnailKey(stored.key)
    if (stored.metadata.thumbnail !== undefined) return { ...dimensionsIn(stored), thumbnailKey: key }
    const thumbnail = await deps.objects.head(key, signal)
    return thumbnail?.metadata.sha256 === file.event.sha256 ? { ...dimensionsIn(thumbnail), thumbnailKey: key } : null
  }

  /** A thumbnail that cannot be had never costs the picture. */
  async function makePicture(file: Downloaded, key: string, signal: AbortSignal): Promise<PictureFacts> {
    const { instanceId } = file.event
    const picture = await deps.pictures.read({ instanceId, load: () => readWhole(key, signal) }, signal)
    const { width, height, thumbnail } = picture
    const problem = thumbnail === null ? picture.problem : await putThumbnail({ file, key, thumbnail, width, height }, signal)
    if (problem !== null) {
      deps.metrics.thumbnailFailures.inc()
      deps.logger.warn('media.thumbnail-failed', { ...logFields(file), error: problem })
    }
    return { width, height, thumbnailKey: problem === null ? thumbnailKey(key) : null }
  }

  /** Empty where it vanished meanwhile. */
  async function readWhole(key: string, signal: AbortSignal): Promise<Buffer> {
    const whole = await deps.objects.get({ key }, signal)
    return whole === null ? Buffer.of() : Buffer.concat(await Array.fromAsync(whole.body))
  }

  /** Answers why it was refused, or null; an outage is thrown. */
  async function putThumbnail({ file, key, thumbnail, width, height }: NewThumbnail, signal: AbortSignal): Promise<unknown> {
    const metadata = {
      ...describe(file),
      media_type: 'thumbnail',
      // Of the picture that it shows: a later try finds them here.
      sha256: file.event.sha256,
      ...(width !== null && { width: String(width) }),
      ...(height !== null && { height: String(height) }),
    }
    const object = { key: thumbnailKey(key), body: only(thumbnail), contentType: 'image/jpeg', metadata }
    try {
      await deps.objects.put(object, signal)
      return null
    } catch (error) {
      if (error instanceof ObjectError && error.code === 'refused') return error
      throw error
    }
  }

  /** The incoming object may have expired long after its file was stored. */
  async function findStored(file: Downloaded, signal: AbortSignal): Promise<Stored | null> {
    for await (const { key } of deps.objects.list(deps.objects.newKey(finalPrefix(placeOf(file))), signal)) {
      const head = isThumbnailKey(key) ? null : await deps.objects.head(key, signal)
      if (head !== null && (await isSame(file, head, signal))) return { head, isNew: false }
    }
    return null
  }

  function succeed(of: { file: Downloaded; stored: ObjectHead; picture: PictureFacts | null; durationMs: number }): Outcome {
    const { file, stored, picture, durationMs } = of
    const event: EventOf<'media.stored'> = {
      ...derivedFrom(file, { type: 'media.stored', by: BY, at: deps.clock() }),
      mimetype: stored.contentType,
      width: picture?.width ?? file.fields.width ?? null,
      height: picture?.height ?? file.fields.height ?? null,
      key: stored.key,
      extension: stored.key.slice(deps.objects.newKey(finalPrefix(placeOf(file))).length),
      sizeBytes: stored.sizeBytes,
      sha256: file.event.sha256,
      sha256Matches: file.event.sha256Matches,
      thumbnailKey: picture?.thumbnailKey ?? null,
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
    deps.metrics.failed({ instanceId: event.instanceId, kind, stage: 'store', reason: error.reason })
    const { reason, retryable } = event
    deps.logger.warn('media.failed', { ...logFields(file), stage: 'store', attempt, reason, retryable, error })
    return { kind: 'emit', appends: [{ topic: deps.topic('media-failed'), records: [deps.codec.encode(event)] }] }
  }

  return {
    consumerGroup: deps.consumerGroup,
    topics: [deps.topic('media-downloaded')],
    deadLetterTopic: deps.topic('dead-letters'),
    progress: deps.progress,
    // As for downloads: turns are taken by instance, and who waits for one holds nothing.
    maxConcurrency: MAX_CONCURRENCY,
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

type NewThumbnail = { file: Downloaded; key: string; thumbnail: Uint8Array } & Pick<PictureFacts, 'width' | 'height'>

const dimensionsIn = ({ metadata: { width, height } }: ObjectHead) => ({
  width: width === undefined ? null : Number(width),
  height: height === undefined ? null : Number(height),
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
