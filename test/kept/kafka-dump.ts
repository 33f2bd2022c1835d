// The topics of a Kafka with their settings and records: again at the same offsets, in a cluster of the same name. Where groups are is not
// kept: zaplog tells Kafka for others to see, and never asks.
import { type Admin, Kafka, logLevel, type Producer } from 'kafkajs'
import { silenceNegativeTimeouts } from '../../src/log/kafka/warnings.ts'
import type { LogRecord } from '../../src/log/log.ts'
import type { ItsLog } from '../ground/scenarios/its-log.ts'

export type KafkaDump = {
  clusterId: string
  topics: { topic: string; settings: { name: string; value: string }[]; partitions: KeptRecord[][] }[]
}
/** Offsets are dense from 0. */
type KeptRecord = Pick<LogRecord, 'key' | 'value' | 'headers' | 'recordedAt'>

const never = new AbortController().signal
const TOPIC_RESOURCE = 2
/** Set for the topic itself. */
const DYNAMIC_TOPIC_SETTING = 1

/** `its`: the same Kafka. */
export async function dumpKafka(brokers: string, its: ItsLog): Promise<KafkaDump> {
  const admin = clientOf(brokers).admin()
  await admin.connect()
  try {
    const { clusterId } = await admin.describeCluster()
    const names = (await admin.listTopics())
      .filter(topic => topic.startsWith(its.topic('events').replace('events', '')))
      .toSorted()
    const topics: KafkaDump['topics'] = []
    for (const topic of names)
      topics.push({ topic, settings: await settingsOf(admin, topic), partitions: await readTopic(its, admin, topic) })
    return { clusterId, topics }
  } finally {
    await admin.disconnect()
  }
}

async function settingsOf(admin: Admin, topic: string): Promise<{ name: string; value: string }[]> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: TOPIC_RESOURCE, name: topic }],
  })
  return resources
    .flatMap(({ configEntries }) => configEntries)
    .filter(entry => Number(entry.configSource) === DYNAMIC_TOPIC_SETTING)
    .map(({ configName, configValue }) => ({ name: configName, value: configValue }))
}

async function readTopic(its: ItsLog, admin: Admin, topic: string): Promise<KeptRecord[][]> {
  const partitions = (await admin.fetchTopicOffsets(topic)).map((): KeptRecord[] => [])
  for await (const record of its.log.read(topic, { from: 'first', until: 'end' }, never)) {
    const { partition, offset, key, value, headers, recordedAt } = record
    const list = partitions[partition]
    if (list === undefined || offset !== BigInt(list.length))
      throw new Error(`reading ${topic}/${partition}: expected offset ${list?.length}, got ${offset}`)
    list.push({ key, value, headers, recordedAt })
  }
  return partitions
}

/** Into an empty Kafka that was formatted with the cluster id of the dump. Records become `byMs` later. */
export async function restoreKafka(brokers: string, { topics }: KafkaDump, byMs: number): Promise<void> {
  const client = clientOf(brokers)
  const admin = client.admin()
  const producer = client.producer({ idempotent: true, maxInFlightRequests: 1 })
  await Promise.all([admin.connect(), producer.connect()])
  try {
    await admin.createTopics({
      waitForLeaders: true,
      topics: topics.map(({ topic, settings, partitions }) => ({
        topic,
        numPartitions: partitions.length,
        replicationFactor: 1,
        configEntries: settings,
      })),
    })
    for (const of of topics) await append(producer, of, byMs)
  } finally {
    await Promise.all([admin.disconnect(), producer.disconnect()])
  }
}

async function append(producer: Producer, { topic, partitions }: KafkaDump['topics'][number], byMs: number): Promise<void> {
  const messages = partitions.flatMap((records, partition) =>
    records.map(({ key, value, headers, recordedAt }) => ({
      partition,
      key,
      value: value === null ? null : Buffer.from(value),
      headers: { ...headers },
      timestamp: String(Math.round(recordedAt + byMs)),
    })),
  )
  if (messages.length > 0) await producer.send({ topic, acks: -1, messages })
}

function clientOf(brokers: string): Kafka {
  silenceNegativeTimeouts()
  return new Kafka({ brokers: [brokers], clientId: 'kept-fixture', logLevel: logLevel.NOTHING })
}
