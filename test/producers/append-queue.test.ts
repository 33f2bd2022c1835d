// One way into the log: in order, without gaps, together, and never given up while there is a socket.
import { afterEach, expect, test } from 'vitest'
import type { Event } from '../../src/events/event.ts'
import { LogError } from '../../src/log/log.ts'
import type { ObjectStore } from '../../src/objects/objects.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { type AppendQueues, decode, message, open, stopAll } from '../ground/producers/append-queues.ts'
import { until } from '../ground/until.ts'

const queues: AppendQueues = { logger: collectLogLines(), stop: [] }
afterEach(() => stopAll(queues))

test('[B4] what arrives while an append is in flight goes together in the next one, in order', async () => {
  const first = Promise.withResolvers<void>()
  let nth = 0
  const { queue, appends, events } = open(queues, async () => {
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
  const { queue, controller } = open(queues, async append => {
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
  const { queue } = open(queues, async append => {
    tried.push(decode(append))
    if (tried.length < 3) throw new LogError('topic-missing', 'appending: no topic')
  })
  await queue.append([message('a'), message('b')])
  expect(tried).toHaveLength(3)
  expect(tried[2]).toEqual(tried[0])
})

test('[B2] an append rejects only after its signal aborted, and then for good', async () => {
  const { queue, controller } = open(queues, async () => {
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
  const { queue, events, objects } = open(queues, async () => undefined)
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
  const { queue, events } = open(queues, async () => undefined, { put, maxRecordBytes: 10_000 })
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

test('[B8] its tally has each number that was given out and each that is in the log, and takes back what is given up', async () => {
  let isAway = false
  const { queue, tally, controller } = open(queues, async () => {
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
