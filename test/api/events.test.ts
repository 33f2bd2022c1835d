// Guarantee: an event is found by its id as far as a row, a delivery or its place among the last ones leads to it, with its record where the log has it;
// what became of it is told in order; and whoever consumes the log is behind by so much.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findRecord } from '../../src/api/events/find-record.ts'
import { createLookInTurn } from '../../src/api/events/look-in-turn.ts'
import { explain } from '../../src/cli/why.ts'
import type { Event } from '../../src/events/event.ts'
import { partitionOf } from '../../src/log/append/partitioner.ts'
import { type EventLog, LogError } from '../../src/log/log.ts'
import { AT_ONCE } from '../../src/runtime/fair-turns.ts'
import { never } from '../../src/runtime/or-abort.ts'
import { adminKey, openTestApi, partitions, type TestApi } from '../ground/api/open-test-api.ts'
import { projectEvents, tellApi } from '../ground/api/project-events.ts'
import { anEvent, testStartAt } from '../ground/events.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { openReceiver } from '../ground/receiver.ts'
import { until } from '../ground/until.ts'
import { openBridgeOn } from '../ground/webhooks/open-bridge.ts'

const logger = collectLogLines()
const closing: (() => Promise<void>)[] = []
let api: TestApi
beforeAll(async () => {
  api = await openTestApi('api-events', logger)
  const projection = await projectEvents(api, logger)
  closing.push(projection.close)
  for (const id of ['shop', 'gone']) await api.call('POST', '/v1/instances', { body: { id, name: id } })
})
afterAll(async () => {
  for (const close of closing) await close()
  await api.close()
})

const read = (eventId: string) => api.call('GET', `/v1/events/${eventId}`)
const settings = () => ({ base: api.url, key: adminKey, keyFrom: 'ADMIN_API_KEY', zaplog: './zaplog' })
/** Telling it makes every record before it part of the rows. */
const tell = async <E extends Event>(event: E): Promise<E> => {
  await tellApi(api, [event])
  return event
}

test('[H7] an event that made a row has its record, its place in the log, and what it says without what is sensitive', async () => {
  const event = await tell(anEvent('message.received', { text: 'Bom dia', raw: Buffer.from('raw bytes') }))
  const { status, json } = await read(event.eventId)
  expect(status).toBe(200)
  expect(json).toMatchObject({
    eventId: event.eventId,
    ...{ instanceId: 'shop', type: 'message.received', messageId: event.messageId, row: 'message', deliveries: 0 },
    record: { topic: 'wa.events', offset: expect.stringMatching(/^\d+$/), recordedAt: new Date(event.recordedAt).toISOString() },
    body: { type: 'message.received', data: { eventId: event.eventId, text: 'Bom dia' } },
    lookedAt: [expect.stringMatching(/^wa\.events\/\d from .* on: it is number \d+$/)],
  })
  expect(JSON.stringify(json)).not.toContain(Buffer.from('raw bytes').toString('base64'))
})

test('[H7] an event without a row of its own is found among the last ones of its account; a deletion, by its row', async () => {
  const receipt = await tell(anEvent('message.receipt-updated'))
  expect((await read(receipt.eventId)).json).toMatchObject({
    ...{ type: 'message.receipt-updated', row: null, record: { topic: 'wa.events' } },
    lookedAt: [expect.stringContaining('from the last 20000 records')],
  })
  const stored = await tell(anEvent('media.stored', { sourceEventId: receipt.eventId }))
  expect((await read(stored.eventId)).json).toMatchObject({ type: 'media.stored', record: { topic: 'wa.media-stored' } })
  const revoked = await tell(anEvent('message.revoked', { targetMessageId: 'TARGET' }))
  expect((await read(revoked.eventId)).json).toMatchObject({ row: 'revoke', messageId: 'TARGET', type: 'message.revoked' })
})

test('[H7] where nothing leads to an event, the answer says what was looked at; of a purged account nothing is read', async () => {
  const { status, json } = await read('0'.repeat(32))
  expect([status, json.type]).toEqual([404, 'urn:zaplog:problem:event-not-found'])
  expect(json.detail).toBe(
    `nothing leads to an event ${'0'.repeat(32)}: it made no message, edit or deletion, has no delivery, and is none of the last ` +
      '4096 events of an account; where there ever was one, the topics of the log may have it',
  )
  const event = await tell(anEvent('message.received', { instanceId: 'gone' }))
  expect((await read(event.eventId)).status).toBe(200)
  await api.call('DELETE', '/v1/instances/gone?purge=true')
  expect((await read(event.eventId)).status).toBe(404)
})

test('[H7] an event that was read long after it was recorded is found among the last records', async () => {
  const event = await tell(anEvent('message.receipt-updated'))
  const partition = partitionOf('shop', partitions)
  const { log, topic } = api.testLog
  const wanted = { eventId: event.eventId, partition, topics: ['events'], notBefore: Date.now() + 300_000 } as const
  const { record, lookedAt } = await findRecord({ log, topic }, wanted, never)
  expect(record?.headers['event-id']).toBe(event.eventId)
  expect(lookedAt).toEqual([
    expect.stringContaining('Z on: not among 0 records'),
    expect.stringMatching(/from the last 20000 records: it is number \d+$/),
  ])
})

test('[H7] what a projection has seen is found in whichever topic it is, also a file that is only fetched yet', async () => {
  const downloaded = await tell(anEvent('media.downloaded'))
  const { status, json } = await read(downloaded.eventId)
  expect(status).toBe(200)
  expect(json).toMatchObject({ type: 'media.downloaded', record: { topic: 'wa.media-downloaded' }, row: null })
})

test('[H7] a record that is not in the log, or a log that is away, is told in words', async () => {
  const wanted = { eventId: 'none', partition: 0, topics: ['events'], notBefore: testStartAt } as const
  const { log, topic } = api.testLog
  expect(await findRecord({ log, topic }, wanted, never)).toEqual({
    record: null,
    lookedAt: [
      expect.stringMatching(/^wa\.events\/0 from 2026-01-05T12:00:00\.000Z on: not among \d+ records$/),
      expect.stringMatching(/^wa\.events\/0 from the last 20000 records: not among \d+ records$/),
    ],
  })
  const away = { ...log, lag: () => Promise.reject(new LogError('unavailable', 'no leader')) }
  expect(await findRecord({ log: away, topic }, wanted, never)).toEqual({
    record: null,
    lookedAt: [
      'wa.events/0 from 2026-01-05T12:00:00.000Z on: not among 0 records: no leader',
      'wa.events/0 from the last 20000 records: not among 0 records: no leader',
    ],
  })
})

/** A log that says nothing of events before the signal aborts, and which signals it was asked with. */
function hang(log: EventLog) {
  const asked: AbortSignal[] = []
  const lag: EventLog['lag'] = (positions, signal) => {
    if (!positions.some(({ topic }) => topic === 'wa.events')) return log.lag(positions, signal)
    asked.push(signal)
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(new LogError('aborted', 'told to stop')))
    })
  }
  return { asked, log: { ...log, lag } }
}

test('[H7] few look for records at once, one of a client, and others come again; a look that is over makes room', async () => {
  const { asked, log } = hang(api.testLog.log)
  const look = createLookInTurn({ log, topic: api.testLog.topic }, { total: 2, patience: AT_ONCE })
  const wanted = { eventId: 'none', partition: 0, topics: ['events'], notBefore: null } as const
  const [one, another] = [new AbortController(), new AbortController()]
  const first = look({ client: 'a', wanted }, one.signal)
  await expect(look({ client: 'a', wanted }, one.signal)).rejects.toMatchObject({ code: 'busy' })
  const second = look({ client: 'b', wanted }, another.signal)
  await expect(look({ client: 'c', wanted }, never)).rejects.toMatchObject({ code: 'busy' })
  expect(asked).toHaveLength(2)
  one.abort()
  expect((await first).lookedAt).toEqual([expect.stringContaining('there was no time for more')])
  const third = look({ client: 'c', wanted }, another.signal)
  await until('the next one to look', () => asked.length === 3)
  another.abort()
  expect([(await second).record, (await third).record]).toEqual([null, null])
  await expect(look({ client: 'd', wanted }, another.signal)).rejects.toMatchObject({ code: 'stopping' })
})

test('[H7] nobody looks for a record any longer whose client is gone', async () => {
  const event = await tell(anEvent('message.received'))
  const { asked, log } = hang(api.testLog.log)
  const other = await api.openAnother({ log: () => log })
  closing.push(other.close)
  const leaving = new AbortController()
  const headers = { authorization: `Bearer ${adminKey}` }
  const answer = fetch(`${other.url}/v1/events/${event.eventId}`, { headers, signal: leaving.signal })
  await until('the log to be asked', () => asked.length > 0)
  leaving.abort()
  await expect(answer).rejects.toThrow()
  await until('the look to end', () => asked[0]?.aborted === true)
  expect(asked[0]?.reason).toMatchObject({ name: 'AbortError' })
})

test('[H7] [E7] why tells what became of an event, its deliveries among it, in order, and what is next', async () => {
  const ground = { test: { url: '', database: api.database, close: async () => undefined }, log: api.testLog, partitions }
  const bridge = await openBridgeOn(ground, logger)
  const receiver = await openReceiver({ respond: () => ({ status: 500, body: 'oops' }) })
  const endpoint = await bridge.endpoint(receiver.url)
  const role = bridge.start({ retryDelaysMs: [3_600_000] })
  closing.push(role.close, receiver.close)
  const event = await tell(anEvent('message.received', { text: 'why?' }))
  await bridge.append(bridge.delivery(endpoint.id, 'chat', { deliveryId: `${event.eventId}_${endpoint.id}` }))
  const path = `/v1/events/${event.eventId}/deliveries`
  const waiting = async () =>
    ((await api.call('GET', path)).json.data as { state: string }[]).some(one => one.state === 'waiting')
  await until('the delivery waits', waiting)
  const { json, text } = await explain(settings(), { id: event.eventId }, 'event')
  const { timeline, next } = json as { timeline: { at: string; what: string }[]; next: string[] }
  expect(timeline.map(({ what }) => what)).toEqual(['happened', 'recorded', 'matched', 'attempted', 'waiting'])
  expect(next).toEqual([
    expect.stringMatching(
      new RegExp(`^the delivery to ${endpoint.id} is tried again at .*: answered 500; ./zaplog webhooks test`),
    ),
  ])
  expect(text).toContain('record')
  const same = await explain(settings(), { id: event.messageId ?? '', instance: 'shop' }, 'event')
  expect(same.json).toMatchObject({ event: { eventId: event.eventId } })
  await expect(explain(settings(), { id: event.eventId }, 'media')).rejects.toThrow('is of no message with a file')
})

test('[H7] [C7] why tells of a file that it is being fetched, and once it failed why, and that its link has nothing', async () => {
  const media = { mimetype: 'image/jpeg', fileName: null, width: null, height: null, durationSeconds: null, pages: null }
  const event = await tell(anEvent('message.received', { kind: 'image', media }))
  const pending = (await explain(settings(), { id: event.eventId }, 'media')).json as { next: string[] }
  expect(pending.next[0]).toMatch(/^its file is being fetched/)
  const failed = { sourceEventId: event.eventId, reason: 'gone', stage: 'download', retryable: false } as const
  await tell(anEvent('media.failed', failed))
  const { json, text } = await explain(settings(), { id: event.eventId }, 'media')
  expect(json).toMatchObject({ message: { media: { status: 'failed' } }, link: { status: 404, error: null } })
  expect((json as { next: string[] }).next[0]).toMatch(/^its file failed: .*in download; no other try can help/)
  expect(text).toMatch(/link +answers 404/)
})

test('[B5] [H7] the topics say from where to where they have records, and the schemas under which id each is', async () => {
  type Topic = { topic: string; public: boolean; records: number; partitions: { endOffset: string }[] }
  const topics = (await api.call('GET', '/v1/topics')).json.data as Topic[]
  const events = topics.find(({ topic }) => topic === 'wa.events')
  expect(events).toMatchObject({
    public: true,
    retentionMs: null,
    partitions: [{ partition: 0, firstOffset: '0' }, { partition: 1 }],
  })
  expect(events?.records).toBe(events?.partitions.reduce((sum, { endOffset }) => sum + Number(endOffset), 0))
  expect(topics.find(({ topic }) => topic === 'wa.presence')).toMatchObject({ records: 0, retentionMs: 86_400_000 })
  const schemas = (await api.call('GET', '/v1/schemas')).json.data as { type: string; schemaId: number }[]
  const subject = 'zaplog.events.MessageReceived'
  const { value } = api.testLog.codec.encode(anEvent('message.received'))
  expect(schemas).toContainEqual({ type: 'message.received', subject, schemaId: value.readInt32BE(1) })
})

test('[H7] [H1] the lag of each consumer is in records and in time, by topic and partition', async () => {
  const { progress, topic } = api.testLog
  await progress.make('zaplog.download-media', [topic('events')], partitions)
  const { status, json } = await api.call('GET', '/v1/lag')
  expect(status).toBe(200)
  type Row = { consumerGroup: string; topic: string; partitions: number; lagRecords: number; lagMs: number; behind: object[] }
  const of = (group: string) => (json.data as Row[]).filter(one => one.consumerGroup === group)
  const [behind] = of('zaplog.download-media')
  expect(behind).toMatchObject({ topic: 'wa.events', partitions, lagMs: expect.any(Number) })
  expect(behind?.lagRecords).toBeGreaterThan(5)
  expect(behind?.lagMs).toBeGreaterThan(0)
  expect(behind?.behind[0]).toEqual({
    ...{ partition: expect.any(Number), nextOffset: '0', endOffset: expect.stringMatching(/^\d+$/) },
    ...{ lagRecords: expect.any(Number), lagMs: expect.any(Number) },
  })
  expect(of('zaplog.read-model').find(one => one.topic === 'wa.events')).toMatchObject({ lagRecords: 0, lagMs: 0, behind: [] })
  expect((await api.call('GET', '/v1/lag', { key: null })).status).toBe(401)
})
