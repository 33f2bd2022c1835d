// Guarantee: programs that share no code with us read every record of every public topic, and read what we mean by it, with nothing
// but Kafka and the registry.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runProgram } from '../../infra/services/fetch-artifact.ts'
import { headerList, javaConsumer, nodeConsumer, type Program, pythonConsumer } from '../../infra/services/strangers.ts'
import { type Event, eventTypes } from '../../src/events/event.ts'
import { topicOf } from '../../src/events/topics.ts'
import type { LogRecord } from '../../src/log/log.ts'
import { runsHere } from '../ground/runs-here.ts'
import { asJavaPrints, asNodePrints, asPythonPrints, type PrintedLine, recordNameOf } from '../ground/strangers/as-printed.ts'
import { printedLines } from '../ground/strangers/printed-lines.ts'
import { openPublicTopics, type PublicTopics, type ReadRecord } from '../ground/strangers/public-topics.ts'

const START_MS = 300_000 // the first run of a machine fetches them
const canRun = await runsHere('kafka', 'registry', 's3', 'strangers')

describe.runIf(canRun)('the public topics, read by others', () => {
  let ground: PublicTopics
  beforeAll(async () => {
    ground = await openPublicTopics()
  }, START_MS)
  afterAll(() => ground.close())

  const recordsOf = (topic: string) => ground.records.filter(record => record.topic === topic)
  /** The account of the conversation. */
  const ofShop = (topic: string) => recordsOf(topic).filter(({ key }) => key === 'shop')

  async function printedBy(name: string, { command, args }: Program, registryUrl: string) {
    const on = [ground.brokers, registryUrl, ...ground.topics]
    const { lines, ended } = await printedLines({ name, command, args: [...args, ...on], lineCount: ground.records.length })
    return { ended, perKey: perKey(lines.map((line): PrintedLine => JSON.parse(line))) }
  }

  test('[B1] [C2] what they read is a conversation of every kind, its files, one that failed, and dead letters', () => {
    const typesOn = (topic: string) => recordsOf(topic).map(({ event }) => event?.type ?? null)
    expect(ground.topics).toEqual([
      ...['wa.events', 'wa.history', 'wa.presence', 'wa.heartbeats', 'wa.commands'],
      ...['wa.media-stored', 'wa.media-failed', 'wa.dead-letters'],
    ])
    expect(typesOn('wa.events')).toEqual(
      expect.arrayContaining([
        ...['instance.created', 'instance.paired', 'instance.state-changed', 'contact.updated'],
        ...['message.received', 'message.sent', 'message.reacted', 'message.edited', 'message.revoked', 'message.pinned'],
      ]),
    )
    expect(ofShop('wa.media-stored').length).toBe(12)
    expect(ofShop('wa.media-failed').map(({ event }) => event)).toMatchObject([{ type: 'media.failed', reason: 'bad-mac' }])
    expect(typesOn('wa.dead-letters').toSorted()).toEqual(['delivery.released', null, null, null])
  })

  test('[B5] and every type of a public topic that this version knows', () => {
    const types = new Set(ground.records.map(({ event }) => event?.type))
    expect(eventTypes.filter(type => ground.topics.includes(`wa.${topicOf(type)}`) && !types.has(type))).toEqual([])
  })

  test('[B4] [B5] Python’s confluent-kafka reads every record with the registry alone, at each run, until Ctrl-C', async () => {
    for (const run of ['first', 'second']) {
      const printed = await printedBy('consume.py', await pythonConsumer(), ground.registry.url)
      expect(printed.perKey, run).toEqual(perKey(ground.records.map(asPythonPrints)))
      expect(printed.ended, run).toContain('consume.py: it ended with SIGINT')
      expect(printed.ended, run).not.toContain('Traceback')
    }
  })

  test('[B4] [B5] Node’s kafkajs reads every record with the registry alone', async () => {
    const printed = await printedBy('consume.mjs', nodeConsumer, ground.registry.url)
    expect(printed.perKey).toEqual(perKey(ground.records.map(asNodePrints)))
  })

  test('[B4] [B5] Java’s kafka-clients and Apicurio’s deserializer read every record with the registry alone', async () => {
    const url = `http://127.0.0.1:${ground.registry.port}/apis/registry/v3`
    const printed = await printedBy('Consume.java', await javaConsumer(), url)
    expect(printed.perKey).toEqual(perKey(ground.records.map(asJavaPrints)))
  })

  test('[B5] subjects are the records’ full names', async () => {
    const subjects: unknown = await (await fetch(`${ground.registry.url}/subjects`)).json()
    const names = ground.records.flatMap(({ event }) => (event === null ? [] : [recordNameOf(event)]))
    expect(subjects).toEqual(expect.arrayContaining(names))
  })

  test('[B4] kcat lists keys and headers as the contract has them', async () => {
    for (const topic of ground.topics.filter(name => name !== 'wa.dead-letters')) {
      const expected = recordsOf(topic).map(record => lineOf(record, contractHeaders(eventOf(record))))
      expect(await listedBy(topic)).toEqual(expected.toSorted())
      expect(recordsOf(topic).map(({ key }) => key)).toEqual(recordsOf(topic).map(record => eventOf(record).instanceId))
    }
  })

  test('[B8] kcat lists dead letters with what they were, where they came from and why', async () => {
    const letters = recordsOf('wa.dead-letters')
    const expected = await Promise.all(letters.map(async letter => lineOf(letter, await letterHeaders(letter))))
    expect(await listedBy('wa.dead-letters')).toEqual(expected.toSorted())
  })

  /** Of one topic, sorted. */
  async function listedBy(topic: string): Promise<readonly string[]> {
    const printed = await runProgram(headerList.command, [...headerList.args, ground.brokers, topic])
    return printed.split('\n').slice(0, -1).toSorted()
  }

  /** What the contract says of a letter, as far as its original tells; the reason is the processor's. */
  async function letterHeaders(letter: ReadRecord): Promise<Headers> {
    const { headers } = letter
    const origin = await ground.recordAt({
      topic: String(headers['x-origin-topic']),
      partition: Number(headers['x-origin-partition']),
      offset: BigInt(String(headers['x-origin-offset'])),
    })
    expect({ key: letter.key, value: letter.value, recordedAt: letter.recordedAt }).toEqual({
      key: origin.key,
      value: origin.value,
      recordedAt: origin.recordedAt,
    })
    const firstFailedAt = String(headers['x-first-failed-at'])
    expect(firstFailedAt).toMatch(/^\d+$/)
    expect(Number(firstFailedAt)).toBeGreaterThanOrEqual(origin.recordedAt)
    return {
      ...origin.headers,
      'x-origin-topic': origin.topic,
      'x-origin-partition': String(origin.partition),
      'x-origin-offset': String(origin.offset),
      'x-origin-timestamp': String(origin.recordedAt),
      ...reasonOf(origin, String(headers['x-attempts'])),
      'x-first-failed-at': firstFailedAt,
    }
  }
})

type Headers = Readonly<Record<string, string>>

/** Kafka keeps the order of records of one key, and promises no other. */
const perKey = (lines: readonly PrintedLine[]) => Object.groupBy(lines, ({ topic, key }) => `${topic} ${key}`)

function eventOf({ topic, offset, event }: ReadRecord): Event {
  if (event === null) throw new Error(`expected an event at ${topic}@${offset}`)
  return event
}

const contractHeaders = (event: Event): Headers => ({
  'event-id': event.eventId,
  'event-type': event.type,
  'instance-id': event.instanceId,
  epoch: String(event.epoch),
})

/** The bridge gives a delivery up at its second try or soon after; store-media at once what does not decode. */
function reasonOf({ topic, value }: LogRecord, attempts: string): Headers {
  if (topic === 'wa.webhook-deliveries')
    return {
      'x-error-code': 'status-500',
      'x-error-message': `attempt ${attempts}, the last one, failed; status 500`,
      'x-attempts': attempts,
      'x-processor': 'zaplog.webhooks',
    }
  return {
    'x-error-code': 'parked',
    'x-error-message': `decoding a record${undecodable(value)}`,
    'x-attempts': '1',
    'x-processor': 'zaplog.store-media',
  }
}

function undecodable(value: Uint8Array | null): string {
  if (value === null) return ': expected a value, got a tombstone'
  const bytes = Buffer.from(value)
  if (bytes[0] === 0) return ` of schema ${bytes.readInt32BE(1)}: Error: truncated buffer`
  return ` of ${bytes.length} bytes: expected 0x00 and a schema id, got 0x${bytes.toString('hex', 0, 5)}`
}

/** examples/headers.sh; headers in the order they are in the log, which means nothing. */
function lineOf(record: ReadRecord, headers: Headers): string {
  expect(Object.keys(headers).toSorted()).toEqual(Object.keys(record.headers).toSorted())
  const { topic, partition, offset, recordedAt, key, value } = record
  const inLog = Object.keys(record.headers).map(name => `${name}=${headers[name]}`)
  return [topic, partition, offset, recordedAt, key, value?.length ?? -1, inLog.join(',')].join(' ')
}
