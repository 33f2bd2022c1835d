// Readers of GET /v1/stream in trouble: connections that are cut, a log that is away, and a process that stops.
import { expect, test } from 'vitest'
import { parsePlace, placeToken } from '../../src/api/stream/stream-place.ts'
import { LogError } from '../../src/log/log.ts'
import type { ReadStream } from '../ground/api/read-stream.ts'
import {
  api,
  append,
  asked,
  firstId,
  idOfNow,
  idsOf,
  logger,
  metric,
  open,
  randomFrom,
  reading,
  text,
  useStreams,
} from '../ground/api/streams.ts'
import { anEvent } from '../ground/events.ts'
import { until } from '../ground/until.ts'

useStreams('api-stream-readers')

/** Reads until `last`, cut after random numbers of frames, each time on from the last id that arrived. */
async function readThroughCuts(random: () => number, query: string, last: string): Promise<{ ids: string[]; cuts: number }> {
  const ids: string[] = []
  let lastId: string | undefined
  for (let cuts = 0; ; cuts += 1) {
    const most = 1 + Math.floor(random() * 30)
    let came = 0
    const { promise: enough, resolve } = Promise.withResolvers<void>()
    const each = (frame: { id: string; data: string | null }) => {
      if (came >= most || ids.includes(last)) return
      if (frame.id !== '') lastId = frame.id
      if (frame.data === null) return
      came += 1
      ids.push(JSON.parse(frame.data).data.eventId)
      if (came >= most || ids.includes(last)) resolve()
    }
    const stream = await open(query, { ...(lastId === undefined ? {} : { lastId }), each })
    await Promise.race([enough, stream.closed])
    stream.cut()
    if (ids.includes(last)) return { ids, cuts }
  }
}

test('[J1] [L] connections that are cut at any moment, while it goes on, cost no event and bring none twice', async () => {
  const instances = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
  const events = Array.from({ length: 250 }, (_, n) => text(instances[n % 7] ?? 'a'))
  const end = text('a')
  const readers = Array.from({ length: 6 }, (_, n) =>
    readThroughCuts(randomFrom(n), n % 2 === 0 ? '' : '?instanceId=a,c', end.eventId),
  )
  await until('all of them read', () => asked.follows > 0 && reading.length >= 6)
  await Promise.all(reading.map(firstId))
  for (const event of events) await append(event)
  await append(end)
  const expected = (only: readonly string[]) => events.filter(one => only.includes(one.instanceId)).map(one => one.eventId)
  const all: number[] = []
  for (const [n, reader] of readers.entries()) {
    const { ids, cuts } = await reader
    const only = n % 2 === 0 ? instances : ['a', 'c']
    // Partitions are read side by side: behind the end of one instance there may be more of another.
    const ofA = expected(['a'])
    expect([n, ids.filter(one => ofA.includes(one))]).toEqual([n, ofA])
    expect([n, ids.length - new Set(ids).size]).toEqual([n, 0])
    expect(ids.filter(one => !expected(only).includes(one))).toEqual([end.eventId])
    for (const instance of only) {
      const got = ids.filter(one => expected([instance]).includes(one))
      expect([n, got]).toEqual([n, expected([instance]).slice(0, got.length)])
    }
    all.push(cuts)
  }
  expect(all.reduce((sum, cuts) => sum + cuts, 0)).toBeGreaterThan(20)
})

test('[J1] [L] what comes while the last of what was missed is read is told behind it, and each of these ids goes on right there', async () => {
  const first = await open()
  const id = await firstId(first)
  first.cut()
  await until('it has left', async () => (await metric('zaplog_stream_readers')) === 0)
  const events = Array.from({ length: 12 }, (_, n) => text(`shop-${n % 5}`))
  await append(...events.slice(0, 4))
  const { promise, resolve } = Promise.withResolvers<void>()
  asked.read = promise
  const resuming = open('', { lastId: id })
  // It has joined the others by then.
  await until('it reads the last of what it missed', () => asked.reads > 0)
  await append(...events.slice(4))
  await until('they are handed out', () => asked.records === 8)
  resolve()
  const resumed = await resuming
  await until('all', () => resumed.bodies().length === 12)
  const all = idsOf(resumed.bodies())
  expect(all.toSorted()).toEqual(events.map(one => one.eventId).toSorted())
  for (const [index, frame] of resumed.frames.filter(one => one.data !== null).entries()) {
    const again = await open('', { lastId: frame.id })
    const last = text('shop-0')
    await append(last)
    await until('the last', () => idsOf(again.bodies()).includes(last.eventId))
    await until('the rest', () => idsOf(again.bodies()).filter(one => all.includes(one)).length >= 11 - index)
    const got = idsOf(again.bodies()).filter(one => all.includes(one))
    expect([index, got.toSorted()]).toEqual([index, all.slice(index + 1).toSorted()])
  }
})

test('[J1] [D1] of copies in the log, as a death leaves them, each connection is told the first alone, live and of what it missed', async () => {
  const live = await open()
  const id = await firstId(live)
  const [events, last] = [Array.from({ length: 300 }, () => text('shop')), text('shop')]
  await append(...events, ...events.map(event => ({ ...event, sequence: event.sequence + 1_000, epoch: event.epoch + 1 })), last)
  for (const stream of [live, await open('', { lastId: id })]) {
    await until('the last', () => idsOf(stream.bodies()).includes(last.eventId))
    expect(idsOf(stream.bodies())).toEqual([...events, last].map(one => one.eventId))
  }
})

test('[B1] [J1] an event of an absurd time or size is streamed as webhooks have it, and the next one comes', async () => {
  const stream = await open()
  await firstId(stream)
  const times = [-62_167_219_200_001, 8.64e15, 9e15].map(occurredAt =>
    anEvent('message.received', { occurredAt, recordedAt: 1_790_000_000_000 }),
  )
  await append(...times, text('shop', 'x'.repeat(400_000)), text('shop', 'next'))
  await until('all', () => stream.bodies().length === 5)
  expect(stream.bodies().at(-2)?.data.omitted).toEqual(['text'])
  expect(Math.max(...stream.frames.map(one => one.data?.length ?? 0))).toBeLessThan(256 * 1024)
})

test('[H1] [J1] heartbeats come as comments with an id, so that who hears of nothing goes on from now', async () => {
  const stream = await open('?types=instance.paired')
  await firstId(stream)
  await append(text('shop'))
  await until('comments', () => stream.frames.filter(one => one.comments.includes('nothing new')).length > 3)
  expect(stream.bodies()).toEqual([])
  const again = await open('', { lastId: stream.lastId() })
  const next = text('shop')
  await append(next)
  await until('the next', () => again.bodies().length > 0)
  expect(idsOf(again.bodies())).toEqual([next.eventId])
})

test('[H3] [J1] while the log is away a reader is told so, and what comes when it is back is not missed', async () => {
  const before = await open()
  const id = await firstId(before)
  await append(text('shop'))
  await until('the first', () => before.bodies().length === 1)
  before.cut()
  await until('it has left', async () => (await metric('zaplog_stream_readers')) === 0)
  asked.isAway = true
  const [fresh, resumed] = await Promise.all([open(), open('', { lastId: id })])
  const isTold = (one: ReadStream) => one.frames.some(({ comments }) => comments.some(text => text.startsWith('the log is away')))
  await until('both are told', () => isTold(fresh) && isTold(resumed))
  // Where the log ends is not known yet: no id says so.
  expect(fresh.lastId()).toBe('')
  asked.isAway = false
  const isLive = (one: ReadStream) => one.frames.some(({ comments }) => comments.includes('from here on'))
  await until('both go on', () => isLive(fresh) && isLive(resumed))
  const next = text('shop')
  await append(next)
  await until('the next', () => fresh.bodies().length === 1 && resumed.bodies().length === 2)
  expect(idsOf(fresh.bodies())).toEqual([next.eventId])
})

test('[H1] [J1] a process that stops ends its readers in words, and serves no more', async () => {
  const stream = await open()
  await firstId(stream)
  await append(text('shop'))
  await until('the first', () => stream.bodies().length === 1)
  await api().apiRole.close()
  await stream.closed
  expect(stream.end()).toMatchObject({ reason: 'stopping', detail: expect.stringMatching(/last id/) })
  expect((await open()).status).toBe(503)
})

test('[J1] [L] where the log no longer has what comes next while it is read, readers are ended in words, and begin again', async () => {
  const stream = await open()
  await firstId(stream)
  asked.handedOut = () => Promise.reject(new LogError('truncated', 'following: the log has 5 to 9'))
  await append(text('shop'))
  await stream.closed
  expect(stream.end()).toMatchObject({ reason: 'position-expired' })
  expect(stream.bodies()).toEqual([])
  asked.handedOut = () => undefined
  const again = await open()
  await firstId(again)
  await append(text('shop'))
  await until('the next', () => again.bodies().length === 1)
})

test('[H3] [J1] [L] an id beyond the end of the log that could not be judged ends its reader in words once the log is back', async () => {
  const id = await idOfNow()
  const [, ...rest] = [...(parsePlace(id) ?? [])]
  const beyond = placeToken(new Map([['events', [5_000n, 5_000n]], ...rest])) ?? ''
  asked.isAway = true
  const stream = await open('', { lastId: beyond })
  expect(stream.status).toBe(200)
  asked.isAway = false
  await stream.closed
  expect(stream.end()).toMatchObject({ reason: 'position-expired', detail: expect.stringMatching(/never had it: begin without/) })
})

test('[J1] [L] an id names the topics that its reader asked for, whatever others follow', async () => {
  const [plain, named] = await Promise.all([open(), open('?types=presence.updated,instance.heartbeat,message.*')])
  await Promise.all([firstId(plain), firstId(named)])
  await append(text('shop'))
  await until('both have it', () => plain.bodies().length === 1 && named.bodies().length === 1)
  const idsOfAll = (stream: ReadStream) => stream.frames.flatMap(({ id }) => (id === '' ? [] : [parsePlace(id)?.size]))
  expect(new Set(idsOfAll(plain))).toEqual(new Set([3]))
  expect(new Set(idsOfAll(named))).toEqual(new Set([5]))
})

test('[J1] a record that nobody can read is said once, however many readers come by it', async () => {
  const id = await idOfNow()
  const record = { key: 'shop', value: Buffer.from('nonsense'), headers: {}, recordedAt: 1_790_000_000_000 }
  const signal = new AbortController().signal
  await api().testLog.log.append({ topic: api().testLog.topic('events'), records: [record] }, signal)
  const streams = await Promise.all(Array.from({ length: 5 }, () => open('', { lastId: id })))
  await append(text('shop'))
  for (const stream of streams) await until('the next', () => stream.bodies().length === 1)
  expect(logger.lines.filter(line => line.event === 'stream.record-passed-over')).toHaveLength(1)
})
