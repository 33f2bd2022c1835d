// What history's processor stands on in tests: a log and a database of its own, an object store, a CDN, and notifications of any history.
import { deflateSync } from 'node:zlib'
import { proto } from '@whiskeysockets/baileys'
import { type Cdn, openCdn } from '../../../simulator/media/cdn.ts'
import { encryptMedia } from '../../../simulator/media/encrypt-media.ts'
import type { Event, EventOf } from '../../../src/events/event.ts'
import type { TopicName } from '../../../src/events/topics.ts'
import { readSyncs } from '../../../src/instances/history-syncs.ts'
import type { LogRecord } from '../../../src/log/log.ts'
import { createProgressStore } from '../../../src/log/progress.ts'
import { processors } from '../../../src/processors/all.ts'
import { catchUpHistory } from '../../../src/processors/catch-up-history.ts'
import { historyTurns } from '../../../src/processors/in-turn.ts'
import { openProcessors } from '../../../src/processors/open-processors.ts'
import type { Needs } from '../../../src/processors/processor.ts'
import { laneConsumer } from '../../../src/processors/runner/lane-consumer.ts'
import { createTombstones } from '../../../src/processors/runner/tombstones.ts'
import { takeHistory } from '../../../src/processors/take-history.ts'
import type { Config } from '../../../src/runtime/config.ts'
import type { Logger } from '../../../src/runtime/logger.ts'
import { createMetrics } from '../../../src/runtime/metrics.ts'
import type { Role } from '../../../src/runtime/role.ts'
import { createSealer } from '../../../src/runtime/seal.ts'
import { openTestDatabase } from '../database.ts'
import { anEvent, somebody, us } from '../events.ts'
import { openTestLog } from '../log.ts'
import { openStore } from '../objects/open-store.ts'
import { mediaConfig, uploadsConfig, watchedStore } from './media-world.ts'

export const never = new AbortController().signal
export const { HistorySyncType } = proto.HistorySync
const { Type } = proto.Message.ProtocolMessage

export type HistoryWorld = Awaited<ReturnType<typeof openHistoryWorld>>
export type Told = Partial<proto.IHistorySync>

/** Texts of a chat, the newest first, as phones send them. */
export const messagesOf = (chat: string, count: number, more: Partial<proto.IWebMessageInfo> = {}): proto.IHistorySyncMsg[] =>
  Array.from({ length: count }, (_, n) => ({
    msgOrderId: count - n,
    message: {
      key: { remoteJid: chat, fromMe: false, id: `OLD-${chat.slice(0, 6)}-${String(n).padStart(6, '0')}` },
      message: { conversation: `old ${n}` },
      messageTimestamp: 1_700_000_000 - n,
      ...more,
    },
  }))

export const historyOf = (count: number, more: Told = {}): Told => ({
  conversations: [{ id: somebody.lid, name: 'Ana', messages: messagesOf(somebody.lid, count) }],
  pushnames: [{ id: somebody.lid, pushname: 'ana' }],
  phoneNumberToLidMappings: [{ pnJid: somebody.pn, lidJid: somebody.lid }],
  ...more,
})

/** Of a notification that is handled: whatever it brought is in the log by itself. */
export const nothing = { kind: 'emit', appends: [] }

/** Of a history of so many. */
export const inOrder = (count: number) => Array.from({ length: count }, (_, n) => `old ${n}`)

export const texts = async (world: HistoryWorld) => (await world.messages()).map(({ text }) => text)

export const packed = (told: Told): Buffer =>
  deflateSync(proto.HistorySync.encode(proto.HistorySync.fromObject({ syncType: HistorySyncType.RECENT, ...told })).finish())

let told = 0
type Notified = { instanceId?: string; more?: proto.Message.IHistorySyncNotification; fromMe?: boolean }

export function notificationOf(
  said: proto.Message.IHistorySyncNotification,
  { instanceId = 'shop', more = {}, fromMe = true }: Notified = {},
) {
  const historySyncNotification = { syncType: HistorySyncType.RECENT, chunkOrder: 2, progress: 40, ...said, ...more }
  const message = { protocolMessage: { type: Type.HISTORY_SYNC_NOTIFICATION, historySyncNotification } }
  return anEvent('unknown', {
    instanceId,
    name: 'message: protocolMessage HISTORY_SYNC_NOTIFICATION',
    raw: Buffer.from(proto.Message.encode(message as proto.IMessage).finish()),
    ...{ fromMe, chatId: us.lid, chatPn: us.pn, senderId: us.lid, senderPn: us.pn, messageId: `NOTE${++told}` },
  })
}

export const inline = (told: Told, of: Notified = {}) => notificationOf({ initialHistBootstrapInlinePayload: packed(told) }, of)

/** On the CDN, as it is or with some of its bytes changed. */
export function onCdn(cdn: Cdn, blob: Uint8Array, of: Notified & { sent?: (bytes: Buffer) => Buffer } = {}) {
  const { bytes, mediaKey, fileSha256, fileEncSha256, sizeBytes } = encryptMedia(blob, 'md-msg-hist')
  const directPath = cdn.put(of.sent?.(Buffer.from(bytes)) ?? bytes)
  return { directPath, event: notificationOf({ directPath, mediaKey, fileSha256, fileEncSha256, fileLength: sizeBytes }, of) }
}

export async function openHistoryWorld(name: string, logger: Logger) {
  const testDatabase = await openTestDatabase(name)
  const { database } = testDatabase
  const testLog = await openTestLog(testDatabase, { partitions: 1 })
  const under = await openStore()
  const objects = watchedStore(under.store)
  const cdn = await openCdn({ port: 0 })
  const roles: Role[] = []
  for (const one of processors) await testLog.progress.make(`zaplog.${one.name}`, one.reads.map(testLog.topic), 1)

  const needs = (given: Partial<Needs> = {}): Needs => ({
    ...testLog,
    database,
    objects: objects.store,
    sealer: createSealer({ current: Buffer.alloc(32, 1), previous: null }),
    config: mediaConfig({ retryDelaysMs: [1, 1, 1] }),
    uploads: uploadsConfig(),
    records: { rawInlineBytes: 768 * 1024, maxRecordBytes: 2 * 1024 * 1024 },
    pace: { take: async () => undefined },
    historyTurns: historyTurns(),
    cdnUrl: cdn.url,
    logger,
    metrics: createMetrics({ processMetrics: false }),
    clock: Date.now,
    random: () => 0.5,
    ...given,
  })

  async function append(...events: readonly Event[]): Promise<void> {
    for (const event of events)
      await testLog.log.append({ topic: testLog.topic('events'), records: [testLog.codec.encode(event)] }, never)
  }

  async function read(topic: TopicName): Promise<readonly Event[]> {
    const events: Event[] = []
    for await (const { value } of testLog.log.read(testLog.topic(topic), { from: 'first', until: 'end' }, never)) {
      const event = await testLog.codec.decode(value, never)
      if (event !== null) events.push(event)
    }
    return events
  }
  const history = () => read('history')
  const ofType = async <Type extends 'message.history' | 'history.progressed' | 'contact.updated'>(type: Type) =>
    (await history()).filter((event): event is EventOf<Type> => event.type === type)

  const openCatchUp = (given: Partial<Needs> = {}) => catchUpHistory.open(needs(given))

  /** Of the record in the log; appends it where it is not there. */
  async function recordOf(event: Event): Promise<LogRecord> {
    for await (const record of testLog.log.read(testLog.topic('events'), { from: 'first', until: 'end' }, never))
      if (record.headers['event-id'] === event.eventId) return record
    await append(event)
    return recordOf(event)
  }

  return {
    ...testLog,
    database,
    cdn,
    objects,
    truth: under.store,
    needs,
    append,
    history,
    /** eventIds in the order of the log, copies among them. */
    messages: () => ofType('message.history'),
    progress: () => ofType('history.progressed'),
    contacts: () => ofType('contact.updated'),
    syncs: async (instanceId = 'shop') => (await readSyncs(database, instanceId, { limit: 100 })).newest,
    keys: async () => (await Array.fromAsync(under.store.list('', never))).map(({ key }) => key),
    async reserve(instanceId: string, settings: object = { historySync: true }) {
      await database.query(
        `insert into instance_ids (instance_id, request_id, name, settings) values ($1, $1, '', $2)
         on conflict (instance_id) do update set settings = excluded.settings`,
        [instanceId, JSON.stringify(settings)],
      )
    },
    async purge(instanceId: string) {
      await database.query(`insert into purges (instance_id, request_id, requested_by) values ($1, $1, 'test')`, [instanceId])
    },
    /** The record of one event, by a process of its own that ends with it. */
    async handle(event: Event, given: Partial<Needs> = {}, attempt = 1) {
      const processor = takeHistory.open(needs(given))
      const deps = { ...needs(given), tombstones: createTombstones(database), pauseMs: 1234, progress: testLog.progress }
      const consumer = laneConsumer({ ...deps, consumerGroup: one => `zaplog.${one}` }, processor)
      try {
        return await consumer.handle(await recordOf(event), attempt, never)
      } finally {
        await processor.close()
      }
    },
    openCatchUp,
    catchUp: (given: Partial<Needs> = {}) => openCatchUp(given).work(never),
    start(given: Partial<Needs> = {}, config: Partial<Config['media']> = {}): Role {
      const { pace: _, historyTurns: _turns, ...all } = needs(given)
      const role = openProcessors({
        ...all,
        config: { ...all.config, ...config },
        progress: createProgressStore(database),
        consumerGroup: one => `zaplog.${one}`,
        pauseMs: 50,
      })
      roles.push(role)
      return role
    },
    async close() {
      await Promise.all(roles.map(role => role.close()))
      await cdn.close()
      await testLog.close()
      await testDatabase.close()
      await under.close()
    },
  }
}
