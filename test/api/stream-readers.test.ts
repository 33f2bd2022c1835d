// Readers of GET /v1/stream together and in trouble: connections that are cut, readers that take nothing, many of them, a log that is away,
// and a process that stops.
import { connect } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parsePlace, placeToken } from '../../src/api/stream/stream-place.ts'
import { type EventLog, LogError } from '../../src/log/log.ts'
import { adminKey, metricsToken, openTestApi, type TestApi } from '../ground/api/open-test-api.ts'
import { appendEvents } from '../ground/api/project-events.ts'
import { type ReadStream, readStream, type StreamBody } from '../ground/api/read-stream.ts'
import { anEvent } from '../ground/events.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
let api: TestApi
/** What one process asks of its log. */
const asked = {
  follows: 0,
  records: 0,
  reads: 0,
  isAway: false,
  handedOut: () => undefined as undefined | Promise<void>,
  read: Promise.resolve(),
  lags: 0,
  lag: Promise.resolve(),
}
const reading: ReadStream[] = []

const counted = (log: EventLog): EventLog => ({
  ...log,
  lag: async (of, signal) => {
    asked.lags += 1
    await asked.lag
    if (asked.isAway) throw new LogError('unavailable', 'reading the lag: away')
    return log.lag(of, signal)
  },
  read: async function* (...given) {
    asked.reads += 1
    await asked.read
    yield* log.read(...given)
  },
  follow: async function* (from, signal) {
    asked.follows += 1
    for await (const batch of log.follow(from, signal)) {
      asked.records += batch.records.length
      await asked.handedOut()
      yield batch
    }
  },
})

beforeEach(async () => {
  const counts = { follows: 0, records: 0, reads: 0, lags: 0 }
  Object.assign(asked, { ...counts, isAway: false, handedOut: () => undefined, read: Promise.resolve(), lag: Promise.resolve() })
  api = await openTestApi('api-stream-readers', logger, {
    log: counted,
    stream: { heartbeatMs: 100, maxWaitingBytes: 300_000, maxHeldBytes: 1_500_000 },
  })
})
afterEach(async () => {
  for (const one of reading) one.cut()
  await Promise.all(reading.splice(0).map(one => one.closed))
  await api.close()
})

async function open(query = '', given: Parameters<typeof readStream>[2] = {}): Promise<ReadStream> {
  const one = await readStream(api.url, query, given)
  reading.push(one)
  return one
}
const text = (instanceId: string, words = 'hello') => anEvent('message.received', { instanceId, text: words })
const append = (...events: Parameters<typeof appendEvents>[1]) => appendEvents(api, events)
const idsOf = (bodies: readonly StreamBody[]) => bodies.map(one => one.data.eventId)
const firstId = (stream: ReadStream) => until('its first id', () => stream.lastId() || null)
const metric = async (name: string) => {
  const { text } = await api.call('GET', '/metrics', { key: metricsToken })
  return Number(new RegExp(`^${name.replaceAll(/[{}]/g, '\\$&')} (\\d+)$`, 'm').exec(text)?.[1] ?? 0)
}

/** Numbers between 0 and 1 that are the same in every run (mulberry32). */
function randomFrom(seed: number) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

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

test('[H1] [J1] two hundred readers cost the log one reading, one more is 503, and they are counted', async () => {
  const streams = await Promise.all(Array.from({ length: 200 }, () => open('?types=message.*')))
  expect(streams.every(one => one.status === 200)).toBe(true)
  expect(await metric('zaplog_stream_readers')).toBe(200)
  const refused = await fetch(new URL('/v1/stream', api.url), { headers: { authorization: `Bearer ${adminKey}` } })
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5'])
  expect(await refused.json()).toMatchObject({ type: 'urn:zaplog:problem:too-many-readers' })
  const events = Array.from({ length: 50 }, (_, n) => text(`shop-${n % 5}`))
  await append(...events)
  for (const stream of streams) await until('all events', () => stream.bodies().length === 50)
  // A following for each of the topics events, media-stored and media-failed.
  expect([asked.follows, asked.records]).toEqual([3, 50])
  for (const stream of streams) stream.cut()
  await until('all have left', async () => (await metric('zaplog_stream_readers')) === 0)
  expect(await metric('zaplog_stream_ended_total{reason="left"}')).toBe(200)
})

test('[H1] [J1] where there are few connections, half of them are for others than readers', async () => {
  const another = await api.openAnother({ maxConnections: 16 })
  const streams: ReadStream[] = []
  for (let n = 0; n < 9; n += 1) streams.push(await readStream(another.url))
  reading.push(...streams)
  expect(streams.map(one => one.status)).toEqual([...Array(8).fill(200), 503])
  await another.close()
  for (const stream of streams.slice(0, 8)) {
    await stream.closed
    expect(stream.end()?.reason).toBe('stopping')
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

test('[H1] [J1] a reader that takes nothing is ended in words, goes on from its last id, and keeps nobody waiting', async () => {
  const stuck = connect({ host: '127.0.0.1', port: Number(new URL(api.url).port) })
  stuck.write(`GET /v1/stream HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${adminKey}\r\nconnection: close\r\n\r\n`)
  const other = await open()
  await firstId(other)
  await until('both read', async () => (await metric('zaplog_stream_readers')) === 2)
  stuck.pause()
  const events = Array.from({ length: 150 }, () => text('shop', 'x'.repeat(60_000)))
  for (const event of events) await append(event)
  await until('it is ended', async () => (await metric('zaplog_stream_ended_total{reason="slow-reader"}')) === 1)
  await until('the other has all', () => other.bodies().length === 150)
  let came = ''
  stuck.setEncoding('utf8').on('data', chunk => {
    came += chunk
  })
  stuck.resume()
  await new Promise(resolve => stuck.once('close', resolve))
  expect(came).toMatch(/event: stream\.ended\r?\ndata: \{"type":"stream\.ended".*"reason":"slow-reader"/)
  const got = [...came.matchAll(/^id: ([\w-]+)\nevent: message\.received$/gm)].map(([, id]) => String(id))
  expect(got.length).toBeLessThan(150)
  const again = await open('', { lastId: got.at(-1) ?? (await firstId(other)) })
  await until('the rest', () => again.bodies().length === 150 - got.length)
  expect(idsOf(again.bodies())).toEqual(events.slice(got.length).map(one => one.eventId))
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
  await api.apiRole.close()
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

test('[H1] [J1] who leaves before its stream begins takes the place of nobody', async () => {
  const first = await open()
  const id = await firstId(first)
  first.cut()
  await until('it has left', async () => (await metric('zaplog_stream_ended_total{reason="left"}')) === 1)
  const { promise: slow, resolve: answer } = Promise.withResolvers<void>()
  asked.lag = slow
  const before = asked.lags
  const leaving = connect({ host: '127.0.0.1', port: Number(new URL(api.url).port) })
  leaving.write(`GET /v1/stream HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${adminKey}\r\nlast-event-id: ${id}\r\n\r\n`)
  await until('its place is judged', () => asked.lags > before)
  leaving.destroy()
  await new Promise(resolve => leaving.once('close', resolve))
  // What is answered behind it is answered by a server that knows.
  await metric('zaplog_stream_readers')
  answer()
  await until('it has left', async () => (await metric('zaplog_stream_ended_total{reason="left"}')) === 2)
  expect(await metric('zaplog_stream_readers')).toBe(0)
})

/** A reader that takes nothing. */
function readNothing(lastId: string) {
  const stuck = connect({ host: '127.0.0.1', port: Number(new URL(api.url).port) })
  stuck.write(`GET /v1/stream HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${adminKey}\r\nlast-event-id: ${lastId}\r\n\r\n`)
  stuck.pause()
  return stuck
}

async function idOfNow(): Promise<string> {
  const stream = await open()
  const id = await firstId(stream)
  stream.cut()
  return id
}
const large = (instanceId: string) => text(instanceId, 'x'.repeat(60_000))

test('[H1] [J1] readers that take nothing of what they missed keep nobody else from going on', async () => {
  const id = await idOfNow()
  const events = Array.from({ length: 150 }, () => large('shop'))
  for (const event of events) await append(event)
  const stuck = Array.from({ length: 4 }, () => readNothing(id))
  await until('all four read', async () => (await metric('zaplog_stream_readers')) === 4)
  await until('they have begun', () => asked.reads >= 4)
  const fifth = await open('', { lastId: id })
  await until('all', () => fifth.bodies().length === 150)
  expect(idsOf(fifth.bodies())).toEqual(events.map(one => one.eventId))
  // Whoever begins to take gets all of it, too.
  let came = ''
  stuck[0]?.setEncoding('utf8').on('data', chunk => {
    came += chunk
  })
  stuck[0]?.resume()
  await until('the rest', () => came.match(/^event: message\.received$/gm)?.length === 150)
  for (const one of stuck) one.destroy()
})

/** Its last look at what it missed lasts until it is told to go on. */
async function resumeSlowly(query: string): Promise<{ resuming: Promise<ReadStream>; goOn: () => void }> {
  const id = await idOfNow()
  await append(text('shop'))
  const { promise, resolve } = Promise.withResolvers<void>()
  asked.read = promise
  const resuming = open(query, { lastId: id })
  await until('it reads the last of what it missed', () => asked.reads > 0)
  return { resuming, goOn: resolve }
}

test('[H1] [J1] a reader that takes everything is not ended for what came meanwhile, which is more than may wait for it', async () => {
  const { resuming, goOn } = await resumeSlowly('')
  const events = Array.from({ length: 20 }, () => large('shop'))
  for (const event of events) await append(event)
  await until('they are handed out', () => asked.records === 20)
  goOn()
  const resumed = await resuming
  await until('all', () => resumed.bodies().length === 21 || resumed.end() !== null)
  expect([resumed.end(), idsOf(resumed.bodies()).slice(1)]).toEqual([null, events.map(one => one.eventId)])
})

test('[H1] [J1] what is held for a reader is bounded in bytes, and has nothing that it did not ask for', async () => {
  const { resuming, goOn } = await resumeSlowly('?instanceId=shop')
  for (let n = 0; n < 30; n += 1) await append(large('bakery'))
  await until('they are handed out', () => asked.records === 30)
  expect(await metric('zaplog_stream_ended_total{reason="slow-reader"}')).toBe(0)
  for (let n = 0; n < 30; n += 1) await append(large('shop'))
  await until('it is ended', async () => (await metric('zaplog_stream_ended_total{reason="slow-reader"}')) === 1)
  goOn()
  const resumed = await resuming
  await resumed.closed
  expect(resumed.end()?.reason).toBe('slow-reader')
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
  await api.testLog.log.append({ topic: api.testLog.topic('events'), records: [record] }, signal)
  const streams = await Promise.all(Array.from({ length: 5 }, () => open('', { lastId: id })))
  await append(text('shop'))
  for (const stream of streams) await until('the next', () => stream.bodies().length === 1)
  expect(logger.lines.filter(line => line.event === 'stream.record-passed-over')).toHaveLength(1)
})
