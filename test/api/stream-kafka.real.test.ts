// GET /v1/stream on Kafka: cut at every event and gone on from its id, while another process appends; readers share one reading; and while
// Kafka is away they wait, and miss nothing.
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import type { Event } from '../../src/events/event.ts'
import { type TopicName, topicOf, topics } from '../../src/events/topics.ts'
import type { EventLog } from '../../src/log/log.ts'
import { openTestApi, partitions, type TestApi } from '../ground/api/open-test-api.ts'
import { type ReadStream, readStream } from '../ground/api/read-stream.ts'
import { openTestDatabase, type TestDatabase } from '../ground/database.ts'
import { anEvent } from '../ground/events.ts'
import { KAFKA_START_MS, openKafkaAdapter, openTestKafkaBehindProxy } from '../ground/log/kafka-adapter.ts'
import { declareTopic } from '../ground/log.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
const never = new AbortController().signal
let kafka: Awaited<ReturnType<typeof openTestKafkaBehindProxy>>
let database: TestDatabase
let api: TestApi
/** Reaches Kafka straight, as another process. */
let writer: EventLog
beforeAll(async () => {
  kafka = await openTestKafkaBehindProxy(logger)
  database = await openTestDatabase('api-stream-kafka')
  writer = (await openKafkaAdapter(kafka, database, logger).openMember()).log
  const { log } = kafka.member(database.database)
  api = await openTestApi('api-stream-on-kafka', logger, { log: () => log, stream: { heartbeatMs: 200 } })
  await writer.ensureTopics(
    topics.map(({ name }) => declareTopic(api.testLog.topic(name), { partitions })),
    never,
  )
}, KAFKA_START_MS)
afterAll(async () => {
  await api.close()
  await writer.close()
  await kafka.endMembers()
  await database.close()
  await kafka.close()
})

async function open(lastId?: string): Promise<ReadStream> {
  const stream = await readStream(api.url, '', lastId === undefined ? {} : { lastId })
  onTestFinished(async () => {
    stream.cut()
    await stream.closed
  })
  return stream
}
const text = (instanceId: string) => anEvent('message.received', { instanceId })
const append = (event: Event) => {
  const name: TopicName = topicOf(event.type)
  return writer.append({ topic: api.testLog.topic(name), records: [api.testLog.codec.encode(event)] }, never)
}
const idsOf = (stream: ReadStream) => stream.bodies().map(one => one.data.eventId)

test('[J1] [L] on Kafka whoever goes on from any id gets everything behind it once', async () => {
  const whole = await open()
  await until('its first id', () => whole.lastId() || null)
  const events = Array.from({ length: 12 }, (_, n) => text(`shop-${n % 4}`))
  for (const event of events) await append(event)
  await append(anEvent('media.stored', { instanceId: 'shop-1' }))
  await until('all', () => whole.bodies().length === 13)
  const frames = whole.frames.filter(one => one.data !== null)
  const all = idsOf(whole)
  for (const [index, { id }] of frames.entries()) {
    const stream = await open(id)
    const last = text('shop-0')
    await append(last)
    await until('the last', () => idsOf(stream).includes(last.eventId))
    await until('the rest', () => idsOf(stream).filter(one => all.includes(one)).length >= 12 - index)
    expect([
      index,
      idsOf(stream)
        .filter(one => all.includes(one))
        .toSorted(),
    ]).toEqual([index, all.slice(index + 1).toSorted()])
    stream.cut()
  }
})

test('[H3] [J1] while Kafka is away readers are told so, and miss nothing of what comes when it is back', async () => {
  const stream = await open()
  await until('its first id', () => stream.lastId() || null)
  kafka.proxy.hold()
  await until('it is told', () => stream.frames.some(({ comments }) => comments.some(one => one.startsWith('the log is away'))))
  const events = Array.from({ length: 6 }, (_, n) => text(`shop-${n}`))
  for (const event of events) await append(event)
  kafka.proxy.resume()
  await until('all', () => stream.bodies().length === 6)
  expect(idsOf(stream).toSorted()).toEqual(events.map(one => one.eventId).toSorted())
})
