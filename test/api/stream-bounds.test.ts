// Readers of GET /v1/stream together: many of them, and those that take nothing, cost bounded memory, and keep nobody else waiting.
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { adminKey } from '../ground/api/open-test-api.ts'
import { type ReadStream, readStream } from '../ground/api/read-stream.ts'
import {
  api,
  append,
  asked,
  firstId,
  idOfNow,
  idsOf,
  metric,
  open,
  reading,
  resumeSlowly,
  text,
  useStreams,
} from '../ground/api/streams.ts'
import { until } from '../ground/until.ts'

useStreams('api-stream-bounds')

const large = (instanceId: string) => text(instanceId, 'x'.repeat(60_000))

/** A reader that takes nothing. */
function readNothing(lastId: string) {
  const stuck = connect({ host: '127.0.0.1', port: Number(new URL(api().url).port) })
  stuck.write(`GET /v1/stream HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${adminKey}\r\nlast-event-id: ${lastId}\r\n\r\n`)
  stuck.pause()
  return stuck
}

test('[H1] [J1] two hundred readers cost the log one reading, one more is 503, and they are counted', async () => {
  const streams = await Promise.all(Array.from({ length: 200 }, () => open('?types=message.*')))
  expect(streams.every(one => one.status === 200)).toBe(true)
  expect(await metric('zaplog_stream_readers')).toBe(200)
  const refused = await fetch(new URL('/v1/stream', api().url), { headers: { authorization: `Bearer ${adminKey}` } })
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
  const another = await api().openAnother({ maxConnections: 16 })
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

test('[H1] [J1] a reader that takes nothing is ended in words, goes on from its last id, and keeps nobody waiting', async () => {
  const stuck = connect({ host: '127.0.0.1', port: Number(new URL(api().url).port) })
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

test('[H1] [J1] who leaves before its stream begins takes the place of nobody', async () => {
  const first = await open()
  const id = await firstId(first)
  first.cut()
  await until('it has left', async () => (await metric('zaplog_stream_ended_total{reason="left"}')) === 1)
  const { promise: slow, resolve: answer } = Promise.withResolvers<void>()
  asked.lag = slow
  const before = asked.lags
  const leaving = connect({ host: '127.0.0.1', port: Number(new URL(api().url).port) })
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
