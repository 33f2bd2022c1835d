// What the media processors stand on, for tests of their handlers: a CDN, an object store, a codec, and records made of events.
import { afterAll, beforeAll } from 'vitest'
import { type Cdn, openCdn } from '../../../simulator/media/cdn.ts'
import { encryptMedia } from '../../../simulator/media/encrypt-media.ts'
import { type Codec, openCodec } from '../../../src/events/codec.ts'
import type { Event, EventOf } from '../../../src/events/event.ts'
import { topicOfEvent } from '../../../src/events/topics.ts'
import type { LaneConsumer, LogRecord, Outcome, ProgressStore } from '../../../src/log/log.ts'
import { type CopiedObject, ObjectError, type ObjectErrorCode, type ObjectStore } from '../../../src/objects/objects.ts'
import { createDownloadMetrics } from '../../../src/processors/download/download-metrics.ts'
import { openTransfers, type Transfers } from '../../../src/processors/download/transfers.ts'
import { createDownloads, type DownloadDeps } from '../../../src/processors/download-media.ts'
import { transferTurns } from '../../../src/processors/in-turn.ts'
import type { IncomingRows } from '../../../src/processors/incoming-rows.ts'
import { laneConsumer } from '../../../src/processors/runner/lane-consumer.ts'
import { openPictures, type Pictures } from '../../../src/processors/store/pictures.ts'
import { createStoreMetrics } from '../../../src/processors/store/store-metrics.ts'
import { createStoring, type StoreDeps } from '../../../src/processors/store-media.ts'
import { type Config, parseConfig } from '../../../src/runtime/config.ts'
import { createLogger, type Logger } from '../../../src/runtime/logger.ts'
import { createMetrics } from '../../../src/runtime/metrics.ts'
import { anEvent } from '../events.ts'
import { memoryRegistry } from '../memory-registry.ts'
import { openStore } from '../objects/open-store.ts'

export type MediaMessage = EventOf<'message.received'>
export type MediaWorld = Awaited<ReturnType<typeof openMediaWorld>>
type HkdfKind = Parameters<typeof encryptMedia>[1]
type Call = Exclude<keyof ObjectStore, 'list' | 'presign'>

export const never = new AbortController().signal

export function mediaConfig(more: Partial<Config['media']> = {}): Config['media'] {
  const parsed = parseConfig({})
  if (!parsed.ok) throw new Error('the defaults do not parse')
  return { ...parsed.config.media, idleTimeoutMs: 400, ...more }
}

export function uploadsConfig(more: Partial<Config['uploads']> = {}): Config['uploads'] {
  const parsed = parseConfig({})
  if (!parsed.ok) throw new Error('the defaults do not parse')
  return { ...parsed.config.uploads, ...more }
}

let hands: { pictures: Pictures; transfers: Transfers } | null = null

/** One decoder, and the same threads, for all worlds of a test file. Call at the top of it. */
export function useHands(): void {
  beforeAll(() => {
    hands = {
      pictures: openPictures(mediaConfig()),
      transfers: openTransfers({ ...mediaConfig(), logger: createLogger({ level: 'silent' }) }),
    }
  })
  afterAll(() => Promise.all([hands?.pictures.close(), hands?.transfers.close()]))
}

export const noRows: IncomingRows = {
  begin: async () => false,
  remember: async () => undefined,
  adopt: async () => undefined,
  due: async () => [],
  forget: async () => undefined,
  isAdopted: async () => true,
  markAdopted: async () => undefined,
}

/** What a handler tells them. */
function rememberingRows() {
  const remembered: string[] = []
  const begun = new Set<string>()
  const incomingRows: IncomingRows = {
    ...noRows,
    begin: async ({ key }) => {
      const isNew = !begun.has(key)
      begun.add(key)
      return isNew
    },
    remember: async ({ key }) => void remembered.push(key),
    adopt: async of => void remembered.push(...of.map(one => `adopted ${one.key}`)),
  }
  return { incomingRows, remembered }
}

/** As some S3 servers are: metadata are taken and never seen again. */
export function forgetful(store: ObjectStore): ObjectStore {
  const without = <Of extends CopiedObject>(of: Of): Of => ({ ...of, metadata: {} })
  const orNull = <Of extends CopiedObject>(of: Of | null) => of && without(of)
  return {
    ...store,
    put: async (object, signal) => without(await store.put(object, signal)),
    head: async (key, signal) => orNull(await store.head(key, signal)),
    copy: async (object, signal) => orNull(await store.copy(object, signal)),
    get: async (object, signal) => {
      const found = await store.get(object, signal)
      return found && { ...found, head: without(found.head) }
    },
  }
}

/** The store's calls are counted, and fail while `failing` names a code for them. */
export function watchedStore(store: ObjectStore) {
  const calls: string[] = []
  const failing = new Map<Call, ObjectErrorCode>()
  const watch = (call: Call, key: string) => {
    calls.push(`${call} ${key}`)
    const code = failing.get(call)
    if (code !== undefined) throw new ObjectError(code, `${call} ${key}: on purpose`)
  }
  const watched: ObjectStore = {
    ...store,
    put: async (object, signal) => {
      watch('put', object.key)
      return await store.put(object, signal)
    },
    get: async (object, signal) => {
      watch('get', object.key)
      return await store.get(object, signal)
    },
    head: async (key, signal) => {
      watch('head', key)
      return await store.head(key, signal)
    },
    copy: async (object, signal) => {
      watch('copy', object.toKey)
      return await store.copy(object, signal)
    },
  }
  return { store: watched, calls, failing }
}

export async function openMediaWorld(logger: Logger) {
  if (hands === null) throw new Error('opening a media world: expected useHands at the top of the file')
  const { pictures, transfers } = hands
  const under = await openStore()
  const cdn = await openCdn({ port: 0 })
  const registry = memoryRegistry()
  const codec = await openCodec(registry, never)
  const objects = watchedStore(under.store)
  const metrics = createMetrics({ processMetrics: false })
  const { incomingRows, remembered } = rememberingRows()
  const purged = new Set<string>()
  const progress: ProgressStore = { take: async () => [], save: async () => true }
  let offset = 0n

  const base = (config: Partial<Config['media']>) => ({
    progress,
    codec,
    objects: objects.store,
    incomingRows,
    findSentFile: async () => null,
    tombstones: { isPurged: async (instanceId: string) => purged.has(instanceId) },
    topic: (name: string) => `wa.${name}`,
    consumerGroup: () => 'zaplog.test',
    pauseMs: 1234,
    logger,
    clock: () => 1_800_000_000_000,
    config: mediaConfig(config),
  })

  return {
    cdn,
    objects,
    registry,
    codec,
    metrics,
    truth: under.store,
    /** Instances with a tombstone. */
    purged,
    /** What was remembered before a put, and adopted. */
    remembered,
    download(config: Partial<Config['media']> = {}, more: Partial<DownloadDeps> = {}) {
      const deps = { ...base(config), ...more }
      const turns = transferTurns(deps.config)
      const ofDownloads = { turns, transfers, cdnUrl: cdn.url, metrics: createDownloadMetrics(metrics, turns, deps.clock) }
      return laneConsumer(deps, createDownloads({ ...ofDownloads, random: () => 0.5, ...deps }))
    },
    store(config: Partial<Config['media']> = {}, more: Partial<StoreDeps> = {}) {
      const deps = { ...base(config), ...more }
      const ofStoring = { pictures, turns: transferTurns(deps.config), metrics: createStoreMetrics(metrics) }
      return laneConsumer(deps, createStoring({ ...ofStoring, ...deps }))
    },
    recordOf(event: Event): LogRecord {
      return { topic: `wa.${topicOfEvent(event)}`, partition: 0, offset: offset++, ...codec.encode(event) }
    },
    close: async () => {
      await cdn.close()
      await under.close()
    },
  }
}

export type MessageFields = Partial<MediaMessage> & { reference?: Partial<NonNullable<MediaMessage['mediaSource']>> }

/** Where the CDN has a message's file. */
export const pathOf = (event: MediaMessage): string => event.mediaSource?.directPath ?? ''

/** A message whose file is on the CDN; `more` wins over every field. */
export function mediaMessage(
  cdn: Cdn,
  file: { bytes: Uint8Array; kind?: string; keys?: HkdfKind; mimetype?: string },
  more: MessageFields = {},
): MediaMessage {
  const { bytes, kind = 'image', keys = 'image', mimetype = 'image/jpeg' } = file
  const encrypted = encryptMedia(bytes, keys)
  const path = cdn.put(encrypted.bytes)
  const { reference, ...fields } = more
  return anEvent('message.received', {
    kind,
    text: null,
    media: { mimetype, sizeBytes: bytes.length, fileName: '../../férias.jpg' },
    mediaSource: {
      url: `https://mmg.whatsapp.net${path}`,
      directPath: path,
      mediaKey: encrypted.mediaKey,
      encSha256: encrypted.fileEncSha256,
      sha256: encrypted.fileSha256,
      sizeBytes: bytes.length,
      ...reference,
    },
    ...fields,
  })
}

export async function handle(world: MediaWorld, consumer: LaneConsumer, event: Event, attempt = 1, signal = never) {
  const outcome = await consumer.handle(world.recordOf(event), attempt, signal)
  return { outcome, events: await eventsOf(world.codec, outcome) }
}

export async function eventsOf(codec: Codec, outcome: Outcome): Promise<readonly Event[]> {
  const records = outcome.kind === 'emit' ? outcome.appends.flatMap(append => append.records) : []
  const events = await Promise.all(records.map(record => codec.decode(record.value, never)))
  return events.filter(event => event !== null)
}
