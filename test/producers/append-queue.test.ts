// One way into the log: in order, without gaps, together, and never given up while there is a socket.
import { afterEach, expect, test } from 'vitest'
import type { Draft } from '../../src/convert/draft.ts'
import type { Codec } from '../../src/events/codec.ts'
import { EventError } from '../../src/events/codec.ts'
import type { Event } from '../../src/events/event.ts'
import { type Append, type EventLog, LogError } from '../../src/log/log.ts'
import { ObjectError, type ObjectStore } from '../../src/objects/objects.ts'
import { openAppendQueue } from '../../src/producers/gate/append-queue.ts'
import { createRecordFitter } from '../../src/producers/gate/fit-record.ts'
import { createProducerMetrics } from '../../src/producers/producer-metrics.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { aTally } from '../ground/producers/a-tally.ts'
import { createMemoryObjects } from '../ground/producers/memory-objects.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
/** A codec that shows the event instead of hiding it in Avro; text `?` does not encode. */
const codec: Pick<Codec, 'encode'> = {
  encode: event => {
    if ('text' in event && event.text === '?') throw new EventError('not-encodable', 'encoding: text')
    const value = Buffer.from(JSON.stringify({ ...event, raw: event.raw?.toString() ?? null }))
    return { key: event.instanceId, value, headers: {}, recordedAt: event.recordedAt }
  },
}
const decode = (append: Append) => append.records.map(record => JSON.parse(Buffer.from(record.value ?? []).toString()) as Event)
const metrics = createProducerMetrics(createMetrics({ processMetrics: false }))
const stop: AbortController[] = []
afterEach(() => {
  for (const controller of stop.splice(0)) controller.abort()
})

function open(
  append: (append: Append) => Promise<void>,
  of: { maxRecordBytes?: number; put?: ObjectStore['put']; keep?: () => Promise<void> } = {},
) {
  const controller = new AbortController()
  stop.push(controller)
  const appends: Append[] = []
  const log = {
    append: async (one: Append) => {
      await append(one)
      appends.push(one)
      return []
    },
  } as unknown as EventLog
  const objects = createMemoryObjects()
  const fitter = createRecordFitter({
    codec: codec as Codec,
    objects: { ...objects, ...(of.put && { put: of.put }) },
    logger,
    objectTimeoutMs: 20,
    rawInlineBytes: 1_000,
    maxRecordBytes: of.maxRecordBytes ?? 100_000,
    metrics,
  })
  const kept: { event: Event; refusal: unknown }[] = []
  const keep = async (event: Event, refusal: unknown) => {
    if (of.keep) await of.keep()
    kept.push({ event, refusal })
  }
  const failing = () => undefined
  const tally = aTally({ instanceId: 'first', epoch: 7 })
  const queue = openAppendQueue(
    {
      log,
      fitter,
      keep,
      failing,
      tally,
      topic: 'wa.events',
      instanceId: 'first',
      epoch: 7,
      clock: () => 5,
      random: () => 0,
      logger,
      metrics,
    },
    controller.signal,
  )
  return { queue, tally, appends, kept, objects, controller, events: () => appends.flatMap(decode) }
}
const message = (text: string, raw: string | null = null): Draft => ({
  eventId: `id of ${text.slice(0, 9)}`,
  type: 'message.received',
  instanceId: 'first',
  occurredAt: 1,
  kind: 'text',
  text,
  isGroup: false,
  raw: raw === null ? null : Buffer.from(raw),
})

test('[B4] what arrives while an append is in flight goes together in the next one, in order', async () => {
  const first = Promise.withResolvers<void>()
  let nth = 0
  const { queue, appends, events } = open(async () => {
    if (nth++ === 0) await first.promise
  })
  const all = ['a', 'b', 'c', 'd'].map(text => queue.append([message(text)]))
  first.resolve()
  await Promise.all(all)
  expect(appends.map(append => append.records.length)).toEqual([1, 3])
  expect(events().map(event => event.sequence)).toEqual([1, 2, 3, 4])
  expect(events().every(event => event.epoch === 7 && event.recordedAt === 5)).toBe(true)
})

test('[B2] what was appended until now is durable when it is said to be, and what is given up is never', async () => {
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const happened: string[] = []
  let nth = 0
  const { queue, controller } = open(async append => {
    await (gates[nth++]?.promise ?? new Promise(() => 'never'))
    happened.push(...decode(append).map(event => ('text' in event ? `${event.text}` : '')))
  })
  await queue.appended()
  const both = [queue.append([message('a')]), queue.append([message('b')])]
  const appended = queue.appended().then(() => happened.push('appended'))
  gates[0]?.resolve()
  await both[0]
  const later = queue.append([message('c')])
  gates[1]?.resolve()
  await appended
  expect(happened).toEqual(['a', 'b', 'appended'])
  const given = queue.appended()
  controller.abort(new Error('the socket has ended'))
  for (const promise of [later, given, queue.appended()]) await expect(promise).rejects.toThrow('the socket has ended')
})

test('[B3] sequence and id are kept through retries', async () => {
  const tried: Event[][] = []
  const { queue } = open(async append => {
    tried.push(decode(append))
    if (tried.length < 3) throw new LogError('topic-missing', 'appending: no topic')
  })
  await queue.append([message('a'), message('b')])
  expect(tried).toHaveLength(3)
  expect(tried[2]).toEqual(tried[0])
})

test('[B2] an append rejects only after its signal aborted, and then for good', async () => {
  const { queue, controller } = open(async () => {
    throw new LogError('denied', 'appending: denied')
  })
  let settled = 'pending'
  const pending = queue.append([message('a')]).catch(() => {
    settled = 'rejected'
  })
  await new Promise(resolve => setImmediate(resolve))
  expect(settled).toBe('pending')
  controller.abort(new Error('over'))
  await pending
  expect(settled).toBe('rejected')
  await expect(queue.append([message('b')])).rejects.toThrow('over')
})

test('[B2] raw bytes above the inline limit go to the object store', async () => {
  const { queue, events, objects } = open(async () => undefined)
  await queue.append([message('a', 'r'.repeat(2_000))])
  expect(events()).toMatchObject([{ type: 'message.received', raw: null, rawObject: { key: 'raw/id of a', sizeBytes: 2_000 } }])
  expect(objects.stored.get('raw/id of a')?.length).toBe(2_000)
})

test('[B2] while the object store is away, raw bytes that fit a record stay in it; others wait', async () => {
  let isAway = true
  let puts = 0
  const put: ObjectStore['put'] = async ({ key, contentType, metadata }) => {
    if (puts++ === 0) return new Promise(() => 'never')
    if (isAway) throw new Error('the object store is away')
    return { key, contentType, metadata, sizeBytes: 0, etag: '', modifiedAt: 0 }
  }
  const { queue, events } = open(async () => undefined, { put, maxRecordBytes: 10_000 })
  await queue.append([message('a', 'r'.repeat(2_000))])
  await queue.append([message('a', 'r'.repeat(2_000))])
  expect(events()).toMatchObject(['unanswered', 'refused'].map(() => ({ text: 'a', raw: 'r'.repeat(2_000) })))
  const larger = queue.append([message('b', 'r'.repeat(20_000))])
  await new Promise(resolve => setImmediate(resolve))
  expect(events()).toHaveLength(2)
  isAway = false
  await larger
  expect(events()[2]).toMatchObject({ text: 'b', raw: null, rawObject: { sizeBytes: 20_000 } })
})

test('[B1] an event that does not encode becomes unknown with its raw bytes, under the same id', async () => {
  const { queue, events } = open(async () => undefined)
  await queue.append([message('?', 'raw')])
  expect(events()).toMatchObject([
    { type: 'unknown', name: 'message.received: not encodable', raw: 'raw', eventId: 'id of ?', sequence: 1 },
  ])
})

test('[B1] an event too large for any record becomes unknown, whole in the object store', async () => {
  const { queue, events, objects } = open(async () => undefined, { maxRecordBytes: 6_000 })
  await queue.append([message('x'.repeat(9_000))])
  const [event] = events()
  expect(event).toMatchObject({ type: 'unknown', name: 'message.received: too large', sequence: 1 })
  expect(objects.stored.get(event?.rawObject?.key ?? '')?.toString()).toContain('x'.repeat(9_000))
})

test('[B1] a record that the log refuses as too large is shrunk alone, its neighbours stay', async () => {
  const limit = 1_500
  const { queue, events } = open(async append => {
    if (append.records.some(record => (record.value?.length ?? 0) > limit))
      throw new LogError('record-too-large', 'appending: too large')
  })
  await queue.append([message('a'), message('x'.repeat(3_000)), message('b', 'r'.repeat(900))])
  expect(events()).toMatchObject([
    { type: 'message.received', text: 'a' },
    { type: 'unknown', name: 'message.received: too large' },
    { type: 'message.received', text: 'b', raw: 'r'.repeat(900) },
  ])
  expect(events().map(event => event.sequence)).toEqual([1, 2, 3])
})

const refusing =
  (isRefused: (event: Event) => boolean, code: 'record-too-large' | 'record-refused') => async (append: Append) => {
    if (decode(append).some(isRefused)) throw new LogError(code, 'appending: refused by name')
  }

test('[B1] a record that the log refuses for good becomes unknown alone, with its raw bytes and under its id', async () => {
  const { queue, events, kept } = open(refusing(event => 'text' in event && event.text === 'bad', 'record-refused'))
  await queue.append([message('a'), message('bad', 'raw of it'), message('b')])
  expect(events()).toMatchObject([
    { type: 'message.received', text: 'a' },
    { type: 'unknown', name: 'message.received: refused', raw: 'raw of it', eventId: 'id of bad', sequence: 2 },
    { type: 'message.received', text: 'b' },
  ])
  expect(kept).toEqual([])
})

test.each(['record-too-large', 'record-refused'] as const)(
  '[B2] what the log refuses in every form (%s) is kept beside it, its append resolves, and what follows goes on',
  async code => {
    const { queue, events, kept } = open(refusing(event => event.eventId === 'id of bad', code))
    await queue.append([message('a'), message('bad', 'raw'), message('b')])
    await queue.append([message('c')])
    expect(events().map(event => event.eventId)).toEqual(['id of a', 'id of b', 'id of c'])
    expect(kept).toMatchObject([{ event: { eventId: 'id of bad', type: 'message.received', text: 'bad' }, refusal: { code } }])
  },
)

test('[B2] an append whose last resort is away too waits for it', async () => {
  let isAway = true
  const keep = async () => {
    if (isAway) throw new Error('the database is away')
  }
  const { queue, kept } = open(
    refusing(() => true, 'record-refused'),
    { keep },
  )
  const done = queue.append([message('bad')])
  await new Promise(resolve => setImmediate(resolve))
  expect(kept).toEqual([])
  isAway = false
  await done
  expect(kept).toHaveLength(1)
})

test('[B1] a log that takes less than was configured gets a small record, however long the ids of an event are', async () => {
  const limit = 4_000
  const { queue, events, kept } = open(async append => {
    if (append.records.some(record => (record.value?.length ?? 0) > limit))
      throw new LogError('record-too-large', 'appending: too large')
  })
  await queue.append([{ ...message('bad', 'raw'), chatId: 'c'.repeat(50_000) }])
  expect(events()).toMatchObject([{ type: 'unknown', name: 'message.received: too large', chatId: 'c'.repeat(512) }])
  expect(events()[0]?.rawObject?.sizeBytes).toBe(3)
  expect(kept).toEqual([])
})

test('[B2] an object that the store refuses for good stops no account: its event is kept', async () => {
  const put = () => Promise.reject(new ObjectError('refused', 'writing raw: refused'))
  const isLarge = (event: Event) => (event.raw?.length ?? 0) > 6_000
  const { queue, events, kept } = open(refusing(isLarge, 'record-too-large'), { put, maxRecordBytes: 6_000 })
  await queue.append([message('a', 'r'.repeat(20_000))])
  await queue.append([message('b')])
  expect(events()).toMatchObject([{ text: 'b' }])
  expect(kept).toMatchObject([{ event: { eventId: 'id of a' }, refusal: { code: 'record-too-large' } }])
})

test('[B8] its tally has each number that was given out and each that is in the log, and takes back what is given up', async () => {
  let isAway = false
  const { queue, tally, controller } = open(async () => {
    if (isAway) throw new LogError('unavailable', 'appending: away')
  })
  await queue.append([message('a'), message('b')])
  expect(tally.counts()).toMatchObject({ numbered: 2, lastSequence: 2, appended: 2 })
  isAway = true
  const given = queue.append([message('c')]).catch(() => 'given up')
  await until('the number to be given out', () => tally.counts().numbered === 3)
  expect(tally.counts()).toMatchObject({ lastSequence: 2, appended: 2 })
  controller.abort(new Error('over'))
  expect(await given).toBe('given up')
  expect(tally.counts()).toMatchObject({ numbered: 2, lastSequence: 2 })
})

test('[B8] a number whose event the log refuses for good stays without one in the tally', async () => {
  const { queue, tally, kept } = open(refusing(event => event.eventId === 'id of b', 'record-refused'))
  await queue.append([message('a')])
  await queue.append([message('b')])
  expect(kept).toHaveLength(1)
  expect(tally.counts()).toMatchObject({ numbered: 2, lastSequence: 1, appended: 1 })
})
