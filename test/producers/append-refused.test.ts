// What no record holds, or the log refuses, is in it all the same as unknown, under its own id, or kept beside it: no account stops for it.
import { afterEach, expect, test } from 'vitest'
import type { Event } from '../../src/events/event.ts'
import { type Append, LogError } from '../../src/log/log.ts'
import { ObjectError } from '../../src/objects/objects.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { type AppendQueues, decode, message, open, stopAll } from '../ground/producers/append-queues.ts'

const queues: AppendQueues = { logger: collectLogLines(), stop: [] }
afterEach(() => stopAll(queues))

test('[B1] an event that does not encode becomes unknown with its raw bytes, under the same id', async () => {
  const { queue, events } = open(queues, async () => undefined)
  await queue.append([message('?', 'raw')])
  expect(events()).toMatchObject([
    { type: 'unknown', name: 'message.received: not encodable', raw: 'raw', eventId: 'id of ?', sequence: 1 },
  ])
})

test('[B1] an event too large for any record becomes unknown, whole in the object store', async () => {
  const { queue, events, objects } = open(queues, async () => undefined, { maxRecordBytes: 6_000 })
  await queue.append([message('x'.repeat(9_000))])
  const [event] = events()
  expect(event).toMatchObject({ type: 'unknown', name: 'message.received: too large', sequence: 1 })
  expect(objects.stored.get(event?.rawObject?.key ?? '')?.toString()).toContain('x'.repeat(9_000))
})

test('[B1] a record that the log refuses as too large is shrunk alone, its neighbours stay', async () => {
  const limit = 1_500
  const { queue, events } = open(queues, async append => {
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
  const { queue, events, kept } = open(
    queues,
    refusing(event => 'text' in event && event.text === 'bad', 'record-refused'),
  )
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
    const { queue, events, kept } = open(
      queues,
      refusing(event => event.eventId === 'id of bad', code),
    )
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
    queues,
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
  const { queue, events, kept } = open(queues, async append => {
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
  const { queue, events, kept } = open(queues, refusing(isLarge, 'record-too-large'), { put, maxRecordBytes: 6_000 })
  await queue.append([message('a', 'r'.repeat(20_000))])
  await queue.append([message('b')])
  expect(events()).toMatchObject([{ text: 'b' }])
  expect(kept).toMatchObject([{ event: { eventId: 'id of a' }, refusal: { code: 'record-too-large' } }])
})

test('[B8] a number whose event the log refuses for good stays without one in the tally', async () => {
  const { queue, tally, kept } = open(
    queues,
    refusing(event => event.eventId === 'id of b', 'record-refused'),
  )
  await queue.append([message('a')])
  await queue.append([message('b')])
  expect(kept).toHaveLength(1)
  expect(tally.counts()).toMatchObject({ numbered: 2, lastSequence: 1, appended: 1 })
})
