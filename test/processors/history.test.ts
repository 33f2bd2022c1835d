// A part of the phone’s history, from its notification to the topic: once, in order, restarted anywhere.
import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readPairs } from '../../src/instances/learned-pairs.ts'
import { findSecrets } from '../../src/instances/message-secrets.ts'
import { messageDigest, openSecret } from '../../src/instances/sealed-secrets.ts'
import { aGroup, anEvent, somebody, somebodyElse } from '../ground/events.ts'
import { flaky } from '../ground/flaky.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import {
  type HistoryWorld,
  historyOf,
  inline,
  inOrder,
  messagesOf,
  never,
  nothing,
  notificationOf,
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

test('[B6] history on the CDN becomes messages, names and addresses in a topic of its own, at the place of its notification', async () => {
  const { event, directPath } = onCdn(world.cdn, packed(historyOf(3)))
  expect(await world.handle(event)).toEqual(nothing)
  expect(await texts(world)).toEqual(inOrder(3))
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
  expect(await texts(world)).toEqual(inOrder(2))
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
  expect(await texts(world)).toEqual(inOrder(1))
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
