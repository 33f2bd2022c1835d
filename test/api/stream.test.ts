// GET /v1/stream: what happens as webhooks say it, to whom it is asked for, from now on or from any id on, without gap or copy.
import { readFile } from 'node:fs/promises'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { Event, EventOf } from '../../src/events/event.ts'
import { giveOutIds } from '../ground/api/give-out-ids.ts'
import { openTestApi, type TestApi } from '../ground/api/open-test-api.ts'
import { appendEvents } from '../ground/api/project-events.ts'
import { type ReadStream, readStream } from '../ground/api/read-stream.ts'
import { anEvent, somebody, somebodyElse } from '../ground/events.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'
import { goldenCases } from '../ground/webhooks/golden-cases.ts'
import { stored } from '../ground/webhooks/golden-events.ts'

const logger = collectLogLines()
let api: TestApi
const reading: ReadStream[] = []
beforeAll(async () => {
  api = await openTestApi('api-stream', logger)
  await giveOutIds(api.database, 'bakery', 'market')
})
afterAll(() => api.close())
afterEach(async () => {
  for (const one of reading) one.cut()
  await Promise.all(reading.splice(0).map(one => one.closed))
})

async function open(...given: Parameters<typeof readStream> extends [string, ...infer Rest] ? Rest : never): Promise<ReadStream> {
  const one = await readStream(api.url, ...given)
  reading.push(one)
  return one
}
const append = (...events: readonly Event[]) => appendEvents(api, events)
const text = (instanceId = 'shop', given: Partial<EventOf<'message.received'>> = {}) =>
  anEvent('message.received', { instanceId, ...given })
const idsOf = (stream: ReadStream) => stream.bodies().map(one => one.data.eventId)
const has = (stream: ReadStream, count: number) => until(`${count} events`, () => stream.bodies().length >= count)

test('[J1] [L] what happens comes as server-sent events: the type, the body of a webhook, and an id under 2 KiB', async () => {
  const stream = await open()
  expect([stream.status, stream.problem]).toEqual([200, null])
  const event = text()
  await append(event)
  await has(stream, 1)
  const frame = stream.frames.find(one => one.data !== null)
  expect(frame?.event).toBe('message.received')
  expect(JSON.parse(frame?.data ?? '')).toMatchObject({
    type: 'message.received',
    data: { eventId: event.eventId, instanceId: 'shop' },
  })
  expect(frame?.id).toMatch(/^[\w-]{1,2048}$/)
})

test('[E2] [L] the data of each type is the body that a webhook of it has, without raw, media keys and paths', async () => {
  // What a purge ends with is told by nobody.
  const cases = goldenCases.filter(({ events, bodies }) => events.length === 1 && bodies[0] !== 'instance.deleted')
  const types = new Set(cases.flatMap(({ events }) => events.map(({ type }) => type)))
  expect(types.size).toBeGreaterThan(10)
  const stream = await open('?types=*,message.history,history.progressed')
  for (const [nth, { events, bodies }] of cases.entries()) {
    const before = stream.bodies().length
    // Of one id the first alone is told.
    const eventId = String(nth).padStart(32, 'f')
    const [event] = events
    if (event !== undefined) await append({ ...event, eventId })
    await has(stream, before + 1)
    const golden = await readFile(new URL(`../webhooks/golden/${bodies[0]}.json`, import.meta.url), 'utf8')
    const own = golden.replaceAll(event?.eventId ?? '', eventId)
    const linked = own.replaceAll(/https:\/\/zaplog\.example\/m\/(\w+)/g, (_, id) => api.links.link(id, 'file'))
    expect([bodies[0], stream.bodies()[before]]).toEqual([bodies[0], JSON.parse(linked)])
  }
})

test('[C6] [L] a message has the link of its file at once, and the event of its file says what became of it, with the same link', async () => {
  const stream = await open()
  const media = { mimetype: 'image/jpeg', sizeBytes: 1234, sha256: null, fileName: null, width: 640, height: 480 }
  const message = anEvent('message.received', { kind: 'image', media } as Partial<Event>)
  await append(
    message,
    stored({ sourceEventId: message.eventId, mimetype: 'image/png', thumbnailKey: 'shop/2026/01/05/e.png_thumb.jpg' }),
  )
  await has(stream, 2)
  const url = api.links.link(message.eventId, 'file')
  const [said, outcome] = stream
    .bodies()
    .toSorted((one, other) => one.type.localeCompare(other.type))
    .toReversed()
  expect(said?.data.media).toEqual({ status: 'pending', url, mimetype: 'image/jpeg', sizeBytes: 1234, width: 640, height: 480 })
  expect(outcome).toMatchObject({
    type: 'media.stored',
    data: {
      sourceEventId: message.eventId,
      media: { status: 'stored', url, mimetype: 'image/png', thumbnailUrl: api.links.link(message.eventId, 'thumbnail') },
    },
  })
  expect(JSON.stringify(stream.bodies())).not.toMatch(/mediaSource|mediaKey|directPath|"raw/)
})

test('[L] an instance that there never was is 404, and none of those asked for is followed', async () => {
  const stream = await open('?instanceId=bakery,bakerry')
  expect([stream.status, stream.problem]).toEqual([
    404,
    expect.objectContaining({ type: 'urn:zaplog:problem:instance-not-found' }),
  ])
  expect(JSON.stringify(stream.problem)).toContain('there is no instance bakerry')
})

test('[L] instances, types, patterns and a chat are asked for by parameters, several of each', async () => {
  const inChat = text('shop', { chatId: somebodyElse.lid, chatPn: somebodyElse.pn })
  const events = [text('shop'), text('bakery'), text('market'), anEvent('contact.updated'), anEvent('instance.paired'), inChat]
  const asked: Readonly<Record<string, readonly number[]>> = {
    '': [0, 1, 2, 3, 4, 5],
    '?instanceId=bakery': [1],
    '?instanceId=bakery&instanceId=market': [1, 2],
    '?instanceId=bakery,market': [1, 2],
    '?types=contact.updated': [3],
    '?types=contact.*,instance.paired': [3, 4],
    '?type=instance.*&type=contact.updated': [3, 4],
    '?types=*': [0, 1, 2, 3, 4, 5],
    [`?chatId=${encodeURIComponent(somebodyElse.lid)}`]: [5],
    '?chatId=%2B55%2011%2090000-0002': [5],
    [`?chatId=${encodeURIComponent(somebody.lid)}&instanceId=market`]: [2],
    '?types=message.reacted': [],
  }
  const streams = await Promise.all(Object.keys(asked).map(query => open(query)))
  await append(...events)
  const last = text('bakery')
  await append(last)
  const all = streams[0]
  await until('all of them', () => all !== undefined && idsOf(all).length >= 7)
  for (const [index, places] of Object.values(asked).entries()) {
    const expected = places.map(place => events[place]?.eventId)
    const stream = streams[index]
    await until('what was asked for', () => stream !== undefined && idsOf(stream).length >= expected.length)
    const got = stream === undefined ? [] : idsOf(stream).filter(id => id !== last.eventId)
    expect([Object.keys(asked)[index], got.toSorted()]).toEqual([Object.keys(asked)[index], expected.toSorted()])
  }
})

test('[L] what is no type, is of a later version, or is no chat is 422 and names what there is', async () => {
  const refused = async (query: string) => (await open(query)).problem
  expect(await refused('?types=message.recieved')).toMatchObject({ status: 422, type: 'urn:zaplog:problem:invalid-input' })
  expect(await refused('?types=media.updated')).toMatchObject({
    status: 422,
    errors: [{ expected: expect.stringMatching(/media\.stored/) }],
  })
  expect(await refused('?types=message.received,picture.stored')).toMatchObject({
    status: 422,
    type: 'urn:zaplog:problem:not-in-this-version',
  })
  expect(await refused('?types=message.*,nope')).toMatchObject({ errors: [{ parameter: 'types.1', received: 'nope' }] })
  expect(await refused('?chatId=nobody')).toMatchObject({ status: 422, errors: [{ parameter: 'chatId' }] })
  expect(await refused('?chat=x')).toMatchObject({ status: 422 })
  expect(await refused(`?types=${Array(201).fill('*').join(',')}`)).toMatchObject({ status: 422 })
  expect((await open('', { key: 'wrong' })).status).toBe(401)
})

test('[J1] [L] whoever goes on from any id gets everything behind it once, in order per instance', async () => {
  const instances = ['a', 'b', 'c', 'd', 'e']
  const whole = await open()
  const events = Array.from({ length: 40 }, (_, n) => text(instances[n % 5]))
  await append(...events.slice(0, 20), anEvent('media.failed', { instanceId: 'a' }), ...events.slice(20))
  await has(whole, 41)
  const frames = whole.frames.filter(one => one.data !== null)
  for (const [index, { id }] of frames.entries()) {
    const rest = idsOf(whole).slice(index + 1, 41)
    const stream = await open('', index % 2 === 0 ? { lastId: id } : {}).then(async plain => {
      if (index % 2 === 0) return plain
      plain.cut()
      return open(`?after=${id}`)
    })
    const last = text('a')
    const isThere = () => idsOf(stream).includes(last.eventId)
    await append(last)
    await until('the last', isThere)
    const got = idsOf(stream).filter(one => idsOf(whole).slice(0, 41).includes(one))
    expect([index, got.toSorted()]).toEqual([index, rest.toSorted()])
    for (const instance of instances) {
      const of = (ids: readonly string[]) =>
        ids.filter(one => events.some(event => event.eventId === one && event.instanceId === instance))
      expect(of(got)).toEqual(of(rest))
    }
    stream.cut()
  }
})

test('[J1] [L] a header counts where both are there, and an empty one for nothing', async () => {
  const stream = await open()
  const events = [text(), text(), text()]
  await append(...events)
  await has(stream, 3)
  const [first = '', second = ''] = stream.frames.filter(one => one.data !== null).map(one => one.id)
  const both = await open(`?after=${first}`, { lastId: second })
  await has(both, 1)
  expect(idsOf(both)).toEqual([events[2]?.eventId])
  const empty = await open(`?after=${first}`, { lastId: '' })
  await has(empty, 2)
  expect(idsOf(empty)).toEqual([events[1]?.eventId, events[2]?.eventId])
})

test('[L] an id from before what the log keeps is 410, one of no or of another log 422', async () => {
  const stream = await open()
  await append(text('forgotten'), text('forgotten'))
  await has(stream, 2)
  const [old = '', last = ''] = stream.frames.filter(one => one.data !== null).map(one => one.id)
  await api.database.query(
    `update log_partitions p set first_offset = next_offset where topic = $1 and next_offset = (select max(next_offset) from log_partitions where topic = $1)`,
    [api.testLog.topic('events')],
  )
  await api.database.query('update log_partitions set first_offset = next_offset where topic = $1', [api.testLog.topic('events')])
  expect((await open('', { lastId: old })).problem).toMatchObject({ status: 410, type: 'urn:zaplog:problem:position-expired' })
  expect((await open('', { lastId: last })).status).toBe(200)
  for (const wrong of ['nonsense', 'AQ', `${last}AA`, last.slice(2), 'x'.repeat(8_001), 'AQAC____________AQAA'])
    expect([wrong.slice(0, 30), (await open('', { lastId: wrong })).problem]).toMatchObject([wrong.slice(0, 30), { status: 422 }])
  const [, ...rest] = Buffer.from(last, 'base64url')
  const beyond = Buffer.from([1, rest[0] ?? 0, 2, 0xff, 0xff, 0x7f, 0xff, 0xff, 0x7f]).toString('base64url')
  expect((await open(`?after=${beyond}`)).problem).toMatchObject({ status: 422, errors: [{ expected: 'an id of this stream' }] })
})

test('[B7] nothing of a purged instance is streamed again', async () => {
  await api.call('POST', '/v1/instances', { body: { id: 'gone', name: 'Gone' } })
  const stream = await open()
  const before = await until('its first id', () => stream.lastId() || null)
  await append(text('gone'), text('shop'))
  await until('both', () => stream.bodies().filter(one => one.type === 'message.received').length === 2)
  expect((await api.call('DELETE', '/v1/instances/gone?purge=true')).status).toBe(202)
  const again = await open('', { lastId: before })
  await append(text('shop'))
  await until('what is not of it', () => again.bodies().length >= 2)
  expect(again.bodies().map(one => one.data.instanceId)).toEqual(['shop', 'shop'])
})

test('[J1] [L] an id that was taken without the types of a topic of its own is 422 where these are asked for, and goes on where they are not', async () => {
  const [plain, named] = [await open(), await open('?types=*,message.history,presence.updated')]
  await append(text())
  await Promise.all([has(plain, 1), has(named, 1)])
  const asking = '?types=*,message.history'
  expect((await open(asking, { lastId: plain.lastId() })).problem).toMatchObject({
    status: 422,
    errors: [{ parameter: 'Last-Event-ID', expected: expect.stringContaining('taken with types of history') }],
  })
  const past = anEvent('message.history')
  await append(past)
  const goingOn = await open(asking, { lastId: named.lastId() })
  await has(goingOn, 1)
  expect(idsOf(goingOn)).toEqual([past.eventId])
  expect((await open('', { lastId: named.lastId() })).status).toBe(200)
})
