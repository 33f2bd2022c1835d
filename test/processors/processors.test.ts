// Both processors over the Postgres log: from the message to the final object, through outages, losses and restarts.
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Cdn, openCdn } from '../../simulator/media/cdn.ts'
import { sampleJpeg } from '../../simulator/media/sample-media.ts'
import type { Event, EventOf } from '../../src/events/event.ts'
import { type TopicName, topicOf } from '../../src/events/topics.ts'
import { createProgressStore } from '../../src/log/progress.ts'
import { processors } from '../../src/processors/all.ts'
import { openProcessors } from '../../src/processors/open-processors.ts'
import type { Config } from '../../src/runtime/config.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'
import type { Role } from '../../src/runtime/role.ts'
import { createSealer } from '../../src/runtime/seal.ts'
import type { StoreUnderTest } from '../contracts/object-store-under-test.ts'
import { openTestDatabase, type TestDatabase } from '../ground/database.ts'
import { anEvent } from '../ground/events.ts'
import { openTestLog, type TestLog } from '../ground/log.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { openStore } from '../ground/objects/open-store.ts'
import { mediaConfig, mediaMessage, never, pathOf, uploadsConfig, watchedStore } from '../ground/processors/media-world.ts'
import { until } from '../ground/until.ts'

type World = {
  cdn: Cdn
  under: StoreUnderTest
  objects: ReturnType<typeof watchedStore>
  testDatabase: TestDatabase
  testLog: TestLog
}

const PARTITIONS = 2
const logger = collectLogLines()
const worlds: World[] = []
const roles: Role[] = []
const photo = await sampleJpeg()

beforeEach(async ({ task }) => {
  const testDatabase = await openTestDatabase(task.name)
  const testLog = await openTestLog(testDatabase, { partitions: PARTITIONS })
  const under = await openStore()
  worlds.push({ testDatabase, testLog, under, objects: watchedStore(under.store), cdn: await openCdn({ port: 0 }) })
  for (const { name, reads } of processors) await testLog.progress.make(`zaplog.${name}`, reads.map(testLog.topic), PARTITIONS)
})
afterEach(async () => {
  await Promise.all(roles.splice(0).map(role => role.close()))
  const { cdn, under, testLog, testDatabase } = world()
  worlds.pop()
  await cdn.close()
  await testLog.close()
  await testDatabase.close()
  await under.close()
})
const world = (): World => {
  const [one] = worlds
  if (one === undefined) throw new Error('no world is open')
  return one
}

function start(config: Partial<Config['media']> = {}, metrics = createMetrics({ processMetrics: false })): Role {
  const { cdn, objects, testLog, testDatabase } = world()
  const role = openProcessors({
    ...testLog,
    database: testDatabase.database,
    progress: createProgressStore(testDatabase.database),
    objects: objects.store,
    consumerGroup: name => `zaplog.${name}`,
    config: mediaConfig({ retryDelaysMs: [20, 40, 80], ...config }),
    uploads: uploadsConfig(),
    records: { rawInlineBytes: 768 * 1024, maxRecordBytes: 2 * 1024 * 1024 },
    sealer: createSealer({ current: Buffer.alloc(32, 1), previous: null }),
    cdnUrl: cdn.url,
    pauseMs: 50,
    logger,
    metrics,
    clock: Date.now,
    random: Math.random,
  })
  roles.push(role)
  return role
}

async function append(...events: readonly Event[]): Promise<void> {
  const { log, codec, topic } = world().testLog
  for (const event of events) await log.append({ topic: topic(topicOf(event.type)), records: [codec.encode(event)] }, never)
}
async function readTopic(name: TopicName): Promise<readonly Event[]> {
  const { log, codec, topic } = world().testLog
  const records = await Array.fromAsync(log.read(topic(name), { from: 'first', until: 'end' }, never))
  return (await Promise.all(records.map(record => codec.decode(record.value, never)))).filter(event => event !== null)
}
const storedOf = async (): Promise<readonly EventOf<'media.stored'>[]> =>
  (await readTopic('media-stored')).filter(event => event.type === 'media.stored')
const untilStored = (count: number) =>
  until(`${count} files are stored`, async () => {
    const stored = await storedOf()
    return stored.length >= count ? stored : null
  })
const filesOf = async (prefix: string) => (await Array.fromAsync(world().under.store.list(prefix, never))).length
const image = (more: Parameters<typeof mediaMessage>[2] = {}) => mediaMessage(world().cdn, { bytes: photo }, more)

test('[C2] a message becomes a stored file, with a text before and after it', async () => {
  const role = start()
  const event = image()
  await append(anEvent('message.received'), event, anEvent('message.received'))
  const [stored] = await untilStored(1)
  expect(stored).toMatchObject({ sourceEventId: event.eventId, messageId: event.messageId, mimetype: 'image/jpeg', round: 1 })
  expect((await world().under.store.head(stored?.key ?? '', never))?.sizeBytes).toBe(photo.length)
  expect((await readTopic('media-downloaded')).length).toBe(1)
  expect(await readTopic('media-failed')).toEqual([])
  expect(role.checks()).toEqual([
    { name: 'download-media', state: 'ok', detail: 'running' },
    { name: 'store-media', state: 'ok', detail: 'running' },
    { name: 'history', state: 'ok', detail: 'running' },
    { name: 'object-expiry', state: 'ok', detail: 'running' },
    { name: 'history-catch-up', state: 'ok', detail: 'running' },
    { name: 'upload-expiry', state: 'ok', detail: 'running' },
    { name: 'uploads', state: 'ok', detail: 'running' },
  ])
})

test('[C2] [C4] sixty-four pictures that are made to hurt delay no file of another account', async () => {
  start({ thumbnailMaxPixels: 1_000_000_000 }) // each is decoded, until it has more memory than it may
  const bomb = await readFile(new URL('./files/7000x7000.avif', import.meta.url))
  const hurtful = () => mediaMessage(world().cdn, { bytes: bomb, mimetype: 'image/avif' }, { instanceId: 'theirs' })
  await append(...Array.from({ length: 64 }, hurtful))
  await until('all of them to be at their final keys', async () => (await filesOf('theirs/')) === 64)
  await append(image({ instanceId: 'ours' }))
  const stored = await until('ours', async () => {
    const all = await storedOf()
    return all.some(event => event.instanceId === 'ours') ? all : null
  })
  expect(stored.filter(event => event.instanceId === 'theirs').length, 'theirs had turns of their own').toBeLessThan(48)
  expect(stored.find(event => event.instanceId === 'ours')).toMatchObject({ thumbnailKey: expect.any(String) })
})

test('[C5] storage down pauses, says so, fails nothing, and resumes by itself', async () => {
  const { objects } = world()
  objects.failing.set('put', 'unreachable')
  const role = start()
  await append(...Array.from({ length: 20 }, () => image()))
  await until('it says so', () => role.checks().some(check => check.state === 'degraded' && check.detail.includes('on purpose')))
  expect(await readTopic('media-failed')).toEqual([])
  expect(await storedOf()).toEqual([])
  objects.failing.clear()
  expect(new Set((await untilStored(20)).map(event => event.eventId)).size).toBe(20)
  expect(await readTopic('media-failed')).toEqual([])
  await until('it is well again', () => role.checks().every(check => check.state === 'ok'))
})

test('[C5] an incoming object lost before it was stored is fetched again in round 2', async () => {
  const { objects, under, cdn } = world()
  objects.failing.set('get', 'unreachable')
  start()
  const event = image()
  await append(event)
  const downloaded = await until('it is downloaded', async () => (await readTopic('media-downloaded'))[0])
  await under.store.delete([downloaded.type === 'media.downloaded' ? downloaded.incomingKey : ''], never)
  objects.failing.clear()
  const [stored] = await untilStored(1)
  expect(stored).toMatchObject({ sourceEventId: event.eventId, round: 2 })
  expect(await readTopic('media-failed')).toMatchObject([{ stage: 'store', reason: 'gone', retryable: true, round: 1 }])
  expect(cdn.hits().filter(hit => hit.path === pathOf(event))).toHaveLength(2)
})

test('[C5] a broken CDN costs retries, a missing file costs that file, and neighbours go on', async () => {
  const { cdn } = world()
  const flaky = image()
  const gone = image()
  const down = image()
  cdn.fault(pathOf(flaky), { kind: 'status', status: 503 }, 2)
  cdn.fault(pathOf(gone), { kind: 'status', status: 404 })
  cdn.fault(pathOf(down), { kind: 'status', status: 500 })
  start()
  await append(flaky, gone, down, image())
  await untilStored(2)
  const failed = await until('both have failed', async () => {
    const events = await readTopic('media-failed')
    return events.length >= 2 ? events : null
  })
  expect(failed).toHaveLength(2)
  const failureOf = (event: Event) => failed.find(one => one.type === 'media.failed' && one.sourceEventId === event.eventId)
  expect(failureOf(gone)).toMatchObject({ reason: 'gone', retryable: false, attempts: 1 })
  expect(failureOf(down)).toMatchObject({ reason: 'server-error', retryable: true, attempts: 4 })
  expect(
    (await readTopic('media-downloaded')).find(one => 'sourceEventId' in one && one.sourceEventId === flaky.eventId),
  ).toMatchObject({
    attempts: 3,
  })
})

test('[H6] stopping in the middle of a transfer hands it back, and the next start finishes it', async () => {
  const { cdn } = world()
  const event = image()
  cdn.fault(pathOf(event), { kind: 'stall', atByte: 10 })
  const metrics = createMetrics({ processMetrics: false })
  const first = start({ idleTimeoutMs: 30_000 }, metrics)
  await append(event)
  await until('it is being fetched', async () => (await metrics.render()).includes('zaplog_media_transfers 1'))
  await first.close()
  await first.close()
  expect(first.checks().map(check => check.detail)).toEqual([
    'stopping',
    'stopping',
    'stopping',
    'running',
    'running',
    'running',
    'running',
  ])
  expect(await Array.fromAsync(world().under.store.list('', never))).toEqual([])
  cdn.heal(pathOf(event))
  start()
  expect(await untilStored(1)).toMatchObject([{ sourceEventId: event.eventId }])
})

test('[C6] reading everything again changes no object and makes no other ids', async () => {
  const { testLog, testDatabase, cdn, under } = world()
  const first = start()
  await append(...Array.from({ length: 5 }, () => image()))
  const stored = await untilStored(5)
  await first.close()
  const before = await Array.fromAsync(under.store.list('', never))
  await testDatabase.database.query('update log_progress set next_offset = 0, finished = $1', ['[]'])
  start()
  const all = await untilStored(10)
  expect(new Set(all.map(event => event.eventId))).toEqual(new Set(stored.map(event => event.eventId)))
  expect(await Array.fromAsync(under.store.list('', never))).toEqual(before)
  expect(cdn.hits()).toHaveLength(5)
  expect(testLog.topic('media-stored')).toBe('wa.media-stored')
})

test('[B8] a record that cannot be decoded becomes a dead letter, and its neighbours go on', async () => {
  const { log, topic } = world().testLog
  start()
  const junk = { key: 'shop', value: randomBytes(40), headers: { 'event-type': 'message.received' }, recordedAt: Date.now() }
  await log.append({ topic: topic('events'), records: [junk] }, never)
  await append(image())
  await untilStored(1)
  const letters = await until('it is parked', async () => {
    const found = await Array.fromAsync(log.read(topic('dead-letters'), { from: 'first', until: 'end' }, never))
    return found.length > 0 ? found : null
  })
  expect(letters).toMatchObject([{ key: 'shop', value: junk.value, headers: { 'x-processor': 'zaplog.download-media' } }])
})
