// Guarantee: whoever reads a replay with a client of Kafka and of the registry that share no code with us finds what is in the topic it was copied
// from, byte for byte; and programs that look for a topic's schema under its name find it there.
import { SchemaRegistry } from '@kafkajs/confluent-schema-registry'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { anEvent } from '../ground/events.ts'
import { KAFKA_START_MS, plainClient } from '../ground/log/kafka-adapter.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { type KafkaReplays, openKafkaReplays } from '../ground/replays/kafka-replays.ts'
import { runsHere } from '../ground/runs-here.ts'

const never = new AbortController().signal
const RECORDS = 40
const canRun = await runsHere('kafka', 'registry')

type Read = { partition: number; key: string; value: string; timestamp: string; offset: string; headers: Record<string, string> }

describe.runIf(canRun)('a replay, read by others', () => {
  let world: KafkaReplays
  let registry: SchemaRegistry
  beforeAll(async () => {
    world = await openKafkaReplays('read-by-others', collectLogLines())
    registry = new SchemaRegistry({ host: world.registryUrl })
    const events = Array.from({ length: RECORDS }, (_, n) => {
      const instanceId = `shop-${n % 5}`
      return n % 4 === 3 ? anEvent('contact.updated', { instanceId }) : anEvent('message.received', { instanceId })
    })
    const records = events.map(event => world.codec.encode(event))
    await world.log.append({ topic: world.topic('events'), records }, never)
  }, KAFKA_START_MS)
  afterAll(() => world.close())

  /** Every record of a topic by a consumer of kafkajs, in the order of each partition. */
  async function readAll(topic: string): Promise<readonly Read[]> {
    const ends = await world.log.positionsAt(topic, 'end', never)
    const count = ends.reduce((sum, { nextOffset }) => sum + Number(nextOffset), 0)
    const consumer = plainClient(world).consumer({ groupId: `others-${topic}` })
    const read: Read[] = []
    const all = Promise.withResolvers<void>()
    await consumer.connect()
    try {
      await consumer.subscribe({ topic, fromBeginning: true })
      await consumer.run({
        eachMessage: async ({ partition, message: { key, value, timestamp, offset, headers = {} } }) => {
          const told = Object.entries(headers).map(([name, said]) => [name, String(said)])
          const bytes = (value ?? Buffer.alloc(0)).toString('base64')
          read.push({ partition, key: String(key), value: bytes, timestamp, offset, headers: Object.fromEntries(told) })
          if (read.length === count) all.resolve()
        },
      })
      await all.promise
    } finally {
      await consumer.disconnect()
    }
    return read.toSorted((one, other) => one.partition - other.partition || Number(one.offset) - Number(other.offset))
  }
  const decoded = ({ value }: Read) => registry.decode(Buffer.from(value, 'base64'))
  const schemaIdIn = ({ value }: Read) => Buffer.from(value, 'base64').readInt32BE(1)

  test('[G1] its records are those of the log, byte for byte and key for key, and its end is a record of each partition', async () => {
    const { replayId } = await world.done({ name: 'whole' })
    const source = await readAll(world.topic('events'))
    const found = await readAll(world.replayTopic('whole'))
    const copies = found.filter(({ headers }) => headers['event-type'] !== 'replay.ended')
    expect(source).toHaveLength(RECORDS)
    expect(copies.map(({ offset: _, ...copy }) => copy)).toEqual(
      source.map(({ offset, headers, ...record }) => ({
        ...record,
        headers: { ...headers, 'replay-job': replayId, 'replay-topic': world.topic('events'), 'replay-offset': offset },
      })),
    )
    expect((await Promise.all(copies.map(decoded))).map(event => event.eventId)).toEqual(
      source.map(({ headers }) => headers['event-id']),
    )
    for (const partition of [0, 1]) {
      const here = found.filter(one => one.partition === partition)
      const last = here.at(-1)
      expect(here.filter(({ headers }) => headers['event-type'] === 'replay.ended')).toEqual([last])
      expect(last && (await decoded(last))).toMatchObject({
        ...{ type: 'replay.ended', replayId, topic: world.topic('events'), partition },
        ...{ records: here.length - 1, firstOffset: 0, lastOffset: here.length - 2, leftOut: 0 },
      })
    }
  })

  test('[G1] a topic for each type has that type alone and no end, and each of its schemas is found under the name of the topic', async () => {
    const { madeTopics } = await world.done({ name: 'typed', perType: true })
    const types = ['contact.updated', 'message.received']
    expect(madeTopics.toSorted()).toEqual(types.map(type => `${world.replayTopic('typed')}.${type}`))
    for (const type of types) {
      const topic = `${world.replayTopic('typed')}.${type}`
      const found = await readAll(topic)
      expect((await Promise.all(found.map(decoded))).map(event => event.type)).toEqual(found.map(() => type))
      expect(found).toHaveLength(type === 'contact.updated' ? RECORDS / 4 : (RECORDS / 4) * 3)
      // As Kafka Connect's converter, ksqlDB and Flink ask: the schema of a record's id, under the subject of its topic.
      for (const id of new Set(found.map(schemaIdIn))) {
        const schema = await world.registry.schemaOf(id, never)
        const asked = { method: 'POST', headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' } }
        const url = `${world.registryUrl}/subjects/${encodeURIComponent(`${topic}-value`)}`
        const answer = await fetch(url, { ...asked, body: JSON.stringify({ schema: schema?.text, schemaType: 'AVRO' }) })
        expect([answer.status, await answer.json()]).toEqual([200, expect.objectContaining({ id, version: 1 })])
        expect(await registry.getLatestSchemaId(`${topic}-value`)).toBe(id)
      }
    }
  })

  test('[G1] what a stranger wrote for nobody that can be is copied as it is, beside what is behind it', async () => {
    const strange = [
      { key: 'shop-1', value: 'one', headers: { 'instance-id': 'a\0b', 'event-type': 'a\0b' } },
      { key: 'a\0b', value: 'two', headers: {} },
      { key: 'shop-1', value: 'three', headers: { 'instance-id': 'shop-1', 'event-type': 'contact.updated' } },
    ]
    const producer = plainClient(world).producer()
    await producer.connect()
    await producer.send({ topic: world.topic('media-stored'), messages: strange.map(one => ({ ...one, partition: 0 })) })
    await producer.disconnect()
    await world.done({ name: 'strange', topics: ['media-stored'] })
    const copies = (await readAll(world.replayTopic('strange'))).filter(({ headers }) => headers['event-type'] !== 'replay.ended')
    expect(copies).toMatchObject(strange.map(({ value, ...one }) => ({ ...one, value: Buffer.from(value).toString('base64') })))
  })
})
