// A file of the phone’s history may be anything: what can be read of it is told, the rest fails for a reason, and what is away is waited for.
import { randomBytes } from 'node:crypto'
import { deflateSync, inflateSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DatabaseError } from '../../src/database/database.ts'
import { LogError } from '../../src/log/log.ts'
import { somebody } from '../ground/events.ts'
import { flaky } from '../ground/flaky.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import {
  type HistoryWorld,
  historyOf,
  inline,
  inOrder,
  messagesOf,
  nothing,
  type notificationOf,
  onCdn,
  openHistoryWorld,
  packed,
  texts,
} from '../ground/processors/history-world.ts'

const logger = collectLogLines()
let world: HistoryWorld
beforeEach(async ({ task }) => {
  world = await openHistoryWorld(task.name, logger)
  await world.reserve('shop')
})
afterEach(() => world.close())

const flipped = (bytes: Buffer): Buffer => {
  bytes[20] = (bytes[20] ?? 0) ^ 1
  return bytes
}
/** A field that nobody knows, of so many bytes. */
const fieldOf80MiB = Buffer.from([0xa2, 0x06, 0x80, 0x80, 0x80, 0x28])
/** Two bytes each: which part it is, again and again. */
const tiny = deflateSync(Buffer.alloc(4_000_002, Buffer.of(8, 2)))
const big = { more: { fileLength: 2 * 1024 ** 3 } }
const wrong: readonly [string, () => ReturnType<typeof notificationOf>, string][] = [
  ['tampered with', () => onCdn(world.cdn, packed(historyOf(2)), { sent: flipped }).event, 'bad-mac'],
  [
    'announced with another hash',
    () => onCdn(world.cdn, packed(historyOf(2)), { more: { fileEncSha256: randomBytes(32) } }).event,
    'bad-hash',
  ],
  ['announced as 2 GiB', () => onCdn(world.cdn, packed(historyOf(2)), big).event, 'too-large'],
  ['cut short by its phone', () => onCdn(world.cdn, packed(historyOf(2)).subarray(0, 20)).event, 'corrupt'],
  ['empty', () => onCdn(world.cdn, Buffer.of()).event, 'corrupt'],
  ['not packed', () => onCdn(world.cdn, randomBytes(500)).event, 'corrupt'],
  ['no protobuf', () => onCdn(world.cdn, deflateSync(Buffer.alloc(64, 0xff))).event, 'corrupt'],
  ['a bomb', () => onCdn(world.cdn, deflateSync(Buffer.concat([fieldOf80MiB, Buffer.alloc(80 * 1024 ** 2)]))).event, 'too-large'],
  ['2,000,001 entries long', () => onCdn(world.cdn, tiny).event, 'too-large'],
  ['elsewhere', () => onCdn(world.cdn, packed(historyOf(1)), { more: { directPath: 'https://example.com/x' } }).event, 'no-url'],
]

test.each(wrong)(
  '[B6] [C5] a file that is %s has failed at once, for a reason, and no message of it is told',
  async (_, make, reason) => {
    const event = make()
    expect(await world.handle(event)).toEqual(nothing)
    expect(await world.messages()).toEqual([])
    const progress = await world.progress()
    expect(progress.map(({ state }) => state)).toEqual(['started', 'failed'])
    expect(progress.at(-1)).toMatchObject({ reason, detail: expect.any(String), sourceEventId: event.eventId })
    expect(await world.syncs()).toMatchObject([{ state: 'failed', reason, messages: 0 }])
    expect(await world.keys()).toEqual([])
    expect(world.cdn.hits().length).toBeLessThanOrEqual(1)
  },
)

test.each([
  [
    'has a bad byte at its end',
    () => deflateSync(Buffer.concat([inflateSync(packed(historyOf(1_200))), Buffer.of(0x12, 0xff, 0x7f, 1)])),
  ],
  ['was cut short while it was packed', () => packed(historyOf(1_200)).subarray(0, -8)],
])(
  '[B6] [B8] of a file that %s everything that can be read is told, and then it has failed, with what it told',
  async (_, make) => {
    expect(await world.handle(onCdn(world.cdn, make()).event)).toEqual(nothing)
    const told = await texts(world)
    expect(told).toEqual(inOrder(told.length))
    expect(told.length).toBeGreaterThan(500)
    const failed = { state: 'failed', reason: 'corrupt' }
    expect((await world.progress()).at(-1)).toMatchObject({ ...failed, done: told.length, total: null })
    expect(await world.syncs()).toMatchObject([{ ...failed, messages: told.length }])
  },
)

test('[B6] [C5] a file that is gone has failed as gone; one whose server is broken is tried again, and then has failed', async () => {
  const gone = onCdn(world.cdn, packed(historyOf(1)))
  world.cdn.remove(gone.directPath)
  expect(await world.handle(gone.event)).toEqual(nothing)
  expect(await world.syncs()).toMatchObject([{ state: 'failed', reason: 'gone' }])
  const down = onCdn(world.cdn, packed(historyOf(1)))
  world.cdn.fault(down.directPath, { kind: 'status', status: 503 })
  for (const attempt of [1, 2, 3]) expect(await world.handle(down.event, {}, attempt)).toMatchObject({ kind: 'retry' })
  expect(await world.handle(down.event, {}, 4)).toEqual(nothing)
  expect((await world.syncs()).find(({ eventId }) => eventId === down.event.eventId)).toMatchObject({ reason: 'server-error' })
  const flakyOne = onCdn(world.cdn, packed(historyOf(1)))
  world.cdn.fault(flakyOne.directPath, { kind: 'status', status: 503 }, 1)
  expect(await world.handle(flakyOne.event)).toMatchObject({ kind: 'retry' })
  expect(await world.handle(flakyOne.event, {}, 2)).toEqual(nothing)
  expect(await texts(world)).toEqual(inOrder(1))
})

test('[B6] [C5] where the object store or the log is away it pauses, and nothing has failed for it', async () => {
  const { event } = onCdn(world.cdn, packed(historyOf(1)))
  for (const call of ['head', 'put', 'get'] as const) {
    world.objects.failing.set(call, 'unreachable')
    expect(await world.handle(event)).toMatchObject({ kind: 'pause', dependency: 'object-store' })
    world.objects.failing.clear()
  }
  const denied = Object.assign(await import('../../src/log/log.ts')).LogError
  const log = flaky(world.log, ({ name }) => (name === 'append' ? { fail: new denied('denied', 'on purpose') } : null))
  expect(await world.handle(event, { log })).toMatchObject({ kind: 'pause', dependency: 'log' })
  expect(await world.syncs()).toMatchObject([{ state: 'started' }])
  expect(await world.handle(event)).toEqual(nothing)
  expect(await texts(world)).toEqual(inOrder(1))
})

test('[B6] an entry that cannot be read is passed over and counted', async () => {
  const [good] = messagesOf(somebody.lid, 1)
  const bad = { message: { key: { remoteJid: somebody.lid }, message: { conversation: 'nobody’s' } } }
  await world.handle(inline({ conversations: [{ id: somebody.lid, messages: good ? [bad, good, bad] : [] }] }))
  expect(await texts(world)).toEqual(['old 0'])
  expect((await world.progress()).at(-1)).toMatchObject({ state: 'completed', done: 1, unreadable: 2 })
})

test('[B6] raw bytes that are too long for a record go to the object store', async () => {
  const [long] = messagesOf(somebody.lid, 1, { message: { conversation: 'x'.repeat(5_000) } })
  await world.handle(inline({ conversations: [{ id: somebody.lid, messages: long ? [long] : [] }] }), {
    records: { rawInlineBytes: 1_000, maxRecordBytes: 2 * 1024 ** 2 },
  })
  const [message] = await world.messages()
  expect(message?.raw).toBeNull()
  expect(message?.rawObject?.sizeBytes).toBeGreaterThan(5_000)
  expect(await world.keys()).toEqual([message?.rawObject?.key])
})

test('[B6] what Postgres will not have is tried a few times, and then has failed as corrupt', async () => {
  const event = inline(historyOf(3))
  const refused = new DatabaseError('failed', 'on purpose', { sqlState: '22021' })
  const database = flaky(world.database, ({ name }) => (name === 'transact' ? { fail: refused } : null))
  for (const attempt of [1, 2, 3, 4]) await expect(world.handle(event, { database }, attempt)).rejects.toThrow(refused)
  expect(await world.syncs()).toMatchObject([{ state: 'started' }])
  expect(await world.handle(event, { database }, 5)).toEqual(nothing)
  expect(await world.syncs()).toMatchObject([{ state: 'failed', reason: 'corrupt' }])
  expect((await world.progress()).at(-1)).toMatchObject({ state: 'failed', reason: 'corrupt' })
})

test('[B6] raw bytes of what no record holds, or the log will not have, are in no object store', async () => {
  const [long] = messagesOf(somebody.lid, 1, { message: { conversation: 'x'.repeat(5_000) } })
  const told = { conversations: [{ id: somebody.lid, messages: long ? [long] : [] }] }
  await world.handle(inline(told), { records: { rawInlineBytes: 1_000, maxRecordBytes: 8_000 } })
  expect(await world.keys()).toEqual([])
  const refused = new LogError('record-too-large', 'on purpose')
  const ofMessages = (args: readonly unknown[]) => JSON.stringify(args[0]).includes('"message.history"')
  const append: typeof world.log.append = (given, signal) =>
    ofMessages([given]) ? Promise.reject(refused) : world.log.append(given, signal)
  const records = { rawInlineBytes: 1_000, maxRecordBytes: 2 * 1024 ** 2 }
  await world.handle(inline(told), { records, log: { ...world.log, append } })
  expect(await world.syncs()).toMatchObject([{ unreadable: 1 }, { unreadable: 1 }])
  expect(await world.keys()).toEqual([])
})
