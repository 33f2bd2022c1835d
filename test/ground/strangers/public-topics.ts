// The public topics as zaplog leaves them after a conversation of every kind, and what our own adapter and codec read there.
import { text } from '../../../simulator/accounts/content.ts'
import { playConversation } from '../../../simulator/conversation.ts'
import { image } from '../../../simulator/media/media.ts'
import { sampleJpeg } from '../../../simulator/media/sample-media.ts'
import { type Codec, EventError, openCodec } from '../../../src/events/codec.ts'
import { type Event, eventTypes } from '../../../src/events/event.ts'
import { topicOf, topics } from '../../../src/events/topics.ts'
import { openKafkaLog } from '../../../src/log/kafka/kafka.ts'
import type { EventLog, LogRecord, TopicPartition } from '../../../src/log/log.ts'
import { openConfluentRegistry } from '../../../src/registry/confluent.ts'
import { createLogger } from '../../../src/runtime/logger.ts'
import { createMetrics } from '../../../src/runtime/metrics.ts'
import { anEvent } from '../events.ts'
import { openRealParts, type RealParts } from '../scenarios/real-parts.ts'
import { openStage, type Stage, untilDelivered } from '../scenarios/stage.ts'
import { until } from '../until.ts'

/** `event` is null where the bytes are nobody's Avro. */
export type ReadRecord = LogRecord & { event: Event | null }
export type PublicTopics = {
  brokers: string
  registry: RealParts['registry']
  topics: readonly string[]
  /** Of all public topics; nothing is appended any more. */
  records: readonly ReadRecord[]
  /** Any record, also of an internal topic. */
  recordAt(place: TopicPartition & { offset: bigint }): Promise<LogRecord>
  close(): Promise<void>
}

const never = new AbortController().signal
const logger = createLogger({ level: 'warn' })
const metrics = createMetrics({ processMetrics: false })
const nameOf = (name: string): string => `wa.${name}`
const publicTopics = topics.filter(topic => topic.public).map(({ name }) => nameOf(name))
/** A second failure makes a delivery a dead letter, once its endpoint took another one meanwhile. */
const env = { WEBHOOK_RETRY_DELAYS: '50ms' }
const REFUSED = 'nobody takes this one'

export async function openPublicTopics(): Promise<PublicTopics> {
  const parts = await openRealParts()
  const log = openKafkaLog({ brokers: [parts.kafka.brokers], clientId: 'strangers', logger, metrics })
  const close = async () => {
    await log.close()
    await parts.close()
  }
  try {
    await fillTopics(parts, log)
    // Only now, and registering nothing: the schemas are those that zaplog itself registered.
    const codec = await openCodec(openConfluentRegistry({ url: parts.registry.url, autoRegister: false, logger }), never)
    await appendEveryType(log, codec)
    return {
      brokers: parts.kafka.brokers,
      registry: parts.registry,
      topics: publicTopics,
      records: (await Promise.all(publicTopics.map(topic => readTopic({ log, codec }, topic)))).flat(),
      recordAt: place => recordAt(log, place),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** Runs zaplog until every topic has its records, and stops it. */
async function fillTopics(parts: RealParts, log: EventLog): Promise<void> {
  const stage = await openStage({
    env: { ...parts.env, ...env },
    respond: ({ body }) => (body.data.text === REFUSED ? { status: 500 } : {}),
  })
  try {
    await appendDamage(log, await frameOfDownloaded(parts.registry))
    const messageIds = await sendEveryKind(stage)
    await untilDelivered(stage.receiver, messageIds)
    const another = stage.simulator.contact({ pn: '5511900000014' })
    await until('four dead letters', async () => {
      await untilDelivered(stage.receiver, [await stage.device.send(another, text('taken'))])
      return (await recordsOf(log, nameOf('dead-letters'))).length === 4
    })
    await until('WhatsApp to have every receipt', () => stage.device.pending().length === 0)
    const exitCode = await stage.zaplog().stop()
    if (exitCode !== 0) throw new Error(`zaplog ended with ${exitCode}:\n${stage.zaplog().errors()}`)
  } finally {
    await stage.close()
  }
}

/** What no producer of ours writes; store-media parks all of it. */
async function appendDamage(log: EventLog, frame: Buffer): Promise<void> {
  const values = [Buffer.from('no Confluent frame'), null, Buffer.concat([frame, Buffer.from('no Avro'.repeat(9))])]
  const records = values.map(value => ({ key: 'ghost', value, headers: { note: 'de fora, às 8' }, recordedAt: Date.now() }))
  await log.append({ topic: nameOf('media-downloaded'), records }, never)
}

/** Whatever this version may say in a public topic, also what nothing in the conversation made it say. */
async function appendEveryType(log: EventLog, codec: Codec): Promise<void> {
  for (const type of eventTypes) {
    const topic = nameOf(topicOf(type))
    if (!publicTopics.includes(topic)) continue
    // Of now: some topics keep what they have for a day, and Kafka looks each five minutes.
    const event = { ...anEvent(type, { instanceId: 'every-type', recordedAt: Date.now() }), ...instants }
    await log.append({ topic, records: [codec.encode(event)] }, never)
  }
}

/** Avro leaves out what a type does not have. */
const someDay = Date.UTC(2026, 0, 5, 12, 0, 0, 250)
const instants = { createdAt: someDay, lastSeenAt: someDay, lastStanzaAt: someDay, mutedUntil: someDay, untilAt: someDay }

/** 0x00 and the id of media.downloaded's schema. */
async function frameOfDownloaded({ url }: RealParts['registry']): Promise<Buffer> {
  const answer = await fetch(`${url}/subjects/zaplog.events.MediaDownloaded/versions/latest`)
  const { id } = (await answer.json()) as { id: number }
  const frame = Buffer.alloc(5)
  frame.writeInt32BE(id, 1)
  return frame
}

/** Answers the ids of the messages that become webhooks. */
async function sendEveryKind({ simulator, device }: Stage): Promise<readonly string[]> {
  const clara = simulator.contact({ pn: '5511900000013', name: 'Clara 🌻' })
  const damaged = image(simulator.cdn, { bytes: await sampleJpeg({ width: 64, height: 64 }), caption: 'broken' })
  simulator.cdn.fault(String(damaged.imageMessage?.directPath), { kind: 'bad-mac' })
  await device.send(clara, text(REFUSED))
  const ids = [
    await device.send(clara, damaged),
    await device.send(clara, { locationMessage: { degreesLatitude: -23.5505, degreesLongitude: -46.6333, name: 'Sé' } }),
    await device.send(clara, { contactMessage: { displayName: 'Bea', vcard: 'BEGIN:VCARD\nFN:Bea\nEND:VCARD' } }),
    await device.send(clara, {
      pollCreationMessageV3: {
        name: 'Sábado?',
        options: [{ optionName: 'sim' }, { optionName: 'não' }],
        selectableOptionsCount: 1,
      },
    }),
    await device.sendFromPhone(clara, text('Olá, Clara ✨')),
  ]
  const played = await playConversation(simulator, device, { signal: never, paceMs: 0 })
  return [...ids, ...played.map(({ messageId }) => messageId)]
}

const recordsOf = (log: EventLog, topic: string): Promise<LogRecord[]> =>
  Array.fromAsync(log.read(topic, { from: 'first', until: 'end' }, never))

async function recordAt(log: EventLog, of: TopicPartition & { offset: bigint }): Promise<LogRecord> {
  const found = (await recordsOf(log, of.topic)).find(
    ({ partition, offset }) => partition === of.partition && offset === of.offset,
  )
  if (found === undefined) throw new Error(`no record at ${of.topic}/${of.partition}@${of.offset}`)
  return found
}

async function readTopic({ log, codec }: { log: EventLog; codec: Codec }, topic: string): Promise<readonly ReadRecord[]> {
  const records = await recordsOf(log, topic)
  return Promise.all(records.map(async record => ({ ...record, event: await decode(codec, record) })))
}

async function decode(codec: Codec, { value }: LogRecord): Promise<Event | null> {
  try {
    return await codec.decode(value, never)
  } catch (error) {
    if (error instanceof EventError) return null
    throw error
  }
}
