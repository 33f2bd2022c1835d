// A part of the phone's history, from its notification to the topic: once, in order, restarted anywhere, with everything that its file may be.
import { randomBytes } from 'node:crypto'
import { deflateSync, inflateSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DatabaseError } from '../../src/database/database.ts'
import { readPairs } from '../../src/instances/learned-pairs.ts'
import { findSecrets } from '../../src/instances/message-secrets.ts'
import { messageDigest, openSecret } from '../../src/instances/sealed-secrets.ts'
import { LogError } from '../../src/log/log.ts'
import { historyTurns } from '../../src/processors/in-turn.ts'
import { aGroup, anEvent, somebody, somebodyElse } from '../ground/events.ts'
import { flaky } from '../ground/flaky.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import {
  type HistoryWorld,
  historyOf,
  inline,
  messagesOf,
  never,
  notificationOf,
  onCdn,
  openHistoryWorld,
  packed,
} from '../ground/processors/history-world.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
const nothing = { kind: 'emit', appends: [] }
let world: HistoryWorld
beforeEach(async ({ task }) => {
  world = await openHistoryWorld(task.name, logger)
  await world.reserve('shop')
})
afterEach(() => world.close())

const texts = async () => (await world.messages()).map(({ text }) => text)
const inOrder = (count: number) => Array.from({ length: count }, (_, n) => `old ${n}`)

test('[B6] history on the CDN becomes messages, names and addresses in a topic of its own, at the place of its notification', async () => {
  const { event, directPath } = onCdn(world.cdn, packed(historyOf(3)))
  expect(await world.handle(event)).toEqual(nothing)
  expect(await texts()).toEqual(inOrder(3))
  const { epoch, sequence, eventId: sourceEventId } = event
  for (const [ordinal, message] of (await world.messages()).entries())
    expect(message).toMatchObject({ epoch, sequence, sourceEventId, ordinal, syncType: 'recent', chatId: somebody.lid })
  const said = (await world.contacts()).map(({ contactId, contactPn, name, pushName, origin }) => ({
    contactId,
    contactPn,
    name,
    pushName,
    origin,
  }))
  const about = { contactId: somebody.lid, contactPn: somebody.pn, name: null, pushName: null, origin: 'history' }
  expect(said).toEqual([{ ...about, name: 'Ana' }, { ...about, pushName: 'ana' }, about])
  const part = { epoch, sequence, sourceEventId, syncType: 'recent', chunk: 2, percent: 40, isWithoutMessages: false }
  expect(await world.progress()).toMatchObject([
    { ...part, state: 'started', done: 0, total: null },
    { ...part, state: 'completed', done: 3, total: 3, people: 3, unreadable: 0, reason: null },
  ])
  expect(await world.syncs()).toMatchObject([{ state: 'completed', messages: 3, total: 3, people: 3, round: 1 }])
  expect(world.cdn.hits().map(({ path }) => path)).toEqual([directPath])
  expect(await world.keys(), 'its file is gone once it is done').toEqual([])
  expect(await world.database.query('select from incoming_objects')).toEqual([])
})

test('[B6] history inside of its notification is taken as well, and nothing is fetched', async () => {
  expect(await world.handle(inline(historyOf(2)))).toEqual(nothing)
  expect(await texts()).toEqual(inOrder(2))
  expect(world.cdn.hits()).toEqual([])
})

test('[B6] a notification whose bytes are in the object store is read there; one whose bytes are lost has failed as gone', async () => {
  const { raw, ...event } = inline(historyOf(1))
  const stored = { ...event, raw: null, rawObject: { key: 'raw/1', sizeBytes: raw?.length ?? 0, sha256: '' } }
  expect(await world.handle(stored)).toEqual(nothing)
  expect(await world.syncs()).toMatchObject([{ state: 'failed', reason: 'gone' }])
  await world.truth.put({ key: 'raw/2', body: bytesOf(raw ?? Buffer.of()), contentType: 'text/plain', metadata: {} }, never)
  const other = anEvent('unknown', { ...stored, eventId: 'b'.repeat(32), rawObject: { ...stored.rawObject, key: 'raw/2' } })
  expect(await world.handle(other)).toEqual(nothing)
  expect(await texts()).toEqual(inOrder(1))
})

async function* bytesOf(bytes: Uint8Array) {
  yield bytes
}

test('[B6] what is no notification of the account’s own phone is passed over', async () => {
  const forged = inline(historyOf(1), { fromMe: false })
  for (const event of [forged, anEvent('unknown'), { ...inline(historyOf(1)), raw: randomBytes(40) }])
    expect(await world.handle(event)).toEqual(nothing)
  expect(await world.history()).toEqual([])
  expect(await world.syncs()).toEqual([])
})

test('[B6] killed at any point it goes on behind the last batch that was saved: no gap, and copies of one batch alone, with equal ids', async () => {
  const { event } = onCdn(world.cdn, packed(historyOf(1_200)))
  const killed = new Error('killed')
  const kills = [
    (nth: number) => ({
      log: flaky(world.log, ({ name, nth: at }) => (name === 'append' && at === nth ? { fail: killed } : null)),
    }),
    (nth: number) => ({
      log: flaky(world.log, ({ name, nth: at }) => (name === 'append' && at === nth ? { failAfter: killed } : null)),
    }),
    (nth: number) => ({
      database: flaky(world.database, ({ name, nth: at }) => (name === 'transact' && at === nth ? { failAfter: killed } : null)),
    }),
  ]
  let deaths = 0
  for (const kill of kills)
    for (let nth = 1; nth <= 3; nth++) {
      const before = (await world.messages()).length
      const place = (await world.syncs())[0]?.entriesDone ?? 0
      const outcome = await world.handle(event, kill(nth)).catch(error => error)
      if (outcome === killed) deaths += 1
      const after = (await world.messages()).length
      const now = (await world.syncs())[0]?.entriesDone ?? 0
      expect(after - before - (now - place), 'what is appended beyond the place').toBeLessThanOrEqual(100)
    }
  expect(deaths).toBeGreaterThanOrEqual(5)
  expect(await world.handle(event)).toEqual(nothing)
  const messages = await world.messages()
  const first = [...new Map(messages.toReversed().map(one => [one.eventId, one])).values()].toReversed()
  expect(first.map(({ text }) => text)).toEqual(inOrder(1_200))
  expect(first.map(({ ordinal }) => ordinal)).toEqual(Array.from({ length: 1_200 }, (_, n) => n))
  expect(await world.syncs()).toMatchObject([{ state: 'completed', messages: 1_200, total: 1_200, people: 3 }])
  const ends = (await world.progress()).filter(({ state }) => state === 'completed')
  expect(new Set(ends.map(({ eventId }) => eventId)).size).toBe(1)
  expect(world.cdn.hits(), 'it is fetched once').toHaveLength(1)
})

test('[B6] a notification that shares nothing is done at once', async () => {
  expect(await world.handle(notificationOf({ syncType: 7 }))).toEqual(nothing)
  expect((await world.progress()).map(({ state, done }) => [state, done])).toEqual([
    ['started', 0],
    ['completed', 0],
  ])
})

test('[B6] read from the log again, a part that is done says nothing more', async () => {
  const event = inline(historyOf(5))
  await world.handle(event)
  const before = (await world.history()).length
  expect(await world.handle(event)).toEqual(nothing)
  expect((await world.history()).length).toBe(before)
})

test('[B6] while it is worked off it says every few seconds how far it is, each time under another id', async () => {
  let nowMs = 1_800_000_000_000
  const clock = () => (nowMs += 1_000)
  await world.handle(inline(historyOf(2_000)), { clock })
  const progress = await world.progress()
  expect(progress.at(0)).toMatchObject({ state: 'started', done: 0 })
  expect(progress.at(-1)).toMatchObject({ state: 'completed', done: 2_000 })
  const between = progress.slice(1, -1)
  expect(between.length).toBeGreaterThan(0)
  for (const [nth, one] of between.entries()) {
    expect(one.state).toBe('progressed')
    expect(one.done).toBeGreaterThan(between[nth - 1]?.done ?? 0)
  }
  expect(new Set(progress.map(({ eventId }) => eventId)).size).toBe(progress.length)
})

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
    const told = await texts()
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
  expect(await texts()).toEqual(inOrder(1))
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
  expect(await texts()).toEqual(inOrder(1))
})

test('[B6] [A5] chats that the settings ignore are left out', async () => {
  await world.reserve('shop', { historySync: true, ignoreGroups: true })
  const inGroup = messagesOf(aGroup, 3, {}).map(one => ({
    ...one,
    message: { ...one.message, key: { ...one.message?.key, participant: somebody.lid } },
  }))
  await world.handle(
    inline(historyOf(2, { conversations: [{ id: aGroup, messages: inGroup }, ...(historyOf(2).conversations ?? [])] })),
  )
  expect(new Set((await world.messages()).map(({ chatId }) => chatId))).toEqual(new Set([somebody.lid]))
  expect(await world.syncs()).toMatchObject([{ state: 'completed', messages: 5, total: 5 }])
})

test('[B6] pairs of addresses wait for the owner of the instance, and secrets of messages are where votes look for them', async () => {
  const secret = randomBytes(32)
  const poll = { pollCreationMessageV3: { name: 'When?', options: [{ optionName: 'Now' }], selectableOptionsCount: 1 } }
  const [asked] = messagesOf(somebodyElse.lid, 1, { message: poll, messageSecret: secret })
  await world.handle(inline(historyOf(1, { conversations: [{ id: somebodyElse.lid, messages: asked ? [asked] : [] }] })))
  expect(await readPairs(world.database, ['shop'], { limit: 10 })).toEqual([
    { instanceId: 'shop', lid: somebody.lid, pn: somebody.pn },
  ])
  const name = messageDigest(somebodyElse.lid, asked?.message?.key?.id ?? '')
  const [row] = await findSecrets(world.database, 'shop', [name])
  if (row === undefined) throw new Error('there is no secret')
  const { sealer } = world.needs()
  expect(openSecret(sealer, 'shop', row)).toEqual({ author: { id: somebodyElse.lid, pn: null }, secret, options: ['Now'] })
})

test('[B6] an entry that cannot be read is passed over and counted', async () => {
  const [good] = messagesOf(somebody.lid, 1)
  const bad = { message: { key: { remoteJid: somebody.lid }, message: { conversation: 'nobody’s' } } }
  await world.handle(inline({ conversations: [{ id: somebody.lid, messages: good ? [bad, good, bad] : [] }] }))
  expect(await texts()).toEqual(['old 0'])
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

test('[B6] over the log, what people write now is not kept waiting, and several instances are worked off at once', async () => {
  for (const instanceId of ['ours', 'theirs']) await world.reserve(instanceId)
  await world.append(
    ...['shop', 'ours', 'theirs'].flatMap(instanceId => [
      inline(historyOf(700), { instanceId }),
      onCdn(world.cdn, packed(historyOf(3)), { instanceId }).event,
      anEvent('message.received', { instanceId }),
    ]),
  )
  const role = world.start()
  await until('all of them to be done', async () => {
    const all = await Promise.all(['shop', 'ours', 'theirs'].map(world.syncs))
    return all.every(syncs => syncs.length === 2 && syncs.every(({ state }) => state === 'completed'))
  })
  for (const instanceId of ['shop', 'ours', 'theirs'])
    expect((await world.messages()).filter(one => one.instanceId === instanceId)).toHaveLength(703)
  expect(role.checks().find(({ name }) => name === 'history')).toMatchObject({ state: 'ok' })
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

test('[B6] while others wait a part goes on for so long only, and later from its place', async () => {
  const event = inline(historyOf(20_100))
  const waitedFor = { ...historyTurns(), waiting: () => 1 }
  const again = { kind: 'retry', delayMs: 0, costsAttempt: false }
  expect(await world.handle(event, { historyTurns: waitedFor })).toMatchObject(again)
  expect(await world.syncs()).toMatchObject([{ state: 'progressed', messages: 20_000 }])
  expect(await world.handle(event)).toEqual(nothing)
  expect((await world.messages()).map(({ ordinal }) => ordinal)).toEqual(Array.from({ length: 20_100 }, (_, n) => n))
})

test('[B6] what is only read goes at the pace of the rest', async () => {
  const taken: number[] = []
  const pace = { take: async (count: number) => void taken.push(count) }
  await world.reserve('shop', { historySync: false })
  await world.handle(inline(historyOf(3_000)), { pace })
  expect(taken.filter(count => count === 10).length, 'both times that it is read').toBeGreaterThanOrEqual(4)
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
