// The log that an earlier version wrote, record by record, and a registry that has its schemas under the ids of then.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { readReleases } from '../../scripts/schema-compatibility.ts'
import { fromJson } from '../../simulator/accounts/bytes-json.ts'
import type { SchemaIds } from '../../src/events/codec.ts'
import type { Event } from '../../src/events/event.ts'
import { topicOfEvent, webhookTopics } from '../../src/events/topics.ts'
import type { openStream } from '../ground/webhooks/open-stream.ts'
import { expand } from './archive.ts'
import type { KafkaDump } from './kafka-dump.ts'
import type { Item } from './outside.ts'
import type { RegistryDump } from './registry-dump.ts'

/** `topic` is without its prefix; `value` null: a tombstone. */
export type RecordedRecord = {
  topic: string
  key: string | null
  value: Buffer | null
  headers: Readonly<Record<string, string>>
}
export type RecordedLog = {
  records: readonly RecordedRecord[]
  /** Today's schemas get ids of their own, as in a registry that knew the earlier version first. */
  registry: SchemaIds
}
/** Of the endpoint that its deliveries went to. */
type RecordedEndpoint = { eventTypes: string[]; snapshots?: boolean; holdMedia: number }
/** What that version answered of its log, without links. */
export type RecordedAnswers = Readonly<Record<'messages' | 'chats' | 'contacts' | 'media', readonly Item[]>>

const pathOf = (version: string, name: string) => fileURLToPath(new URL(`${version}/${name}`, import.meta.url))

/** On embedded parts: every kind that the version has, every type that it writes, and what it has no kind for. */
export function readRecordedLog(version: string): RecordedLog & { answers: RecordedAnswers; endpoint: RecordedEndpoint } {
  const lines = readFileSync(pathOf(version, 'log/records.ndjson'), 'utf8').trimEnd().split('\n')
  const { schemas, answers, endpoint = everything } = JSON.parse(readFileSync(pathOf(version, 'log/expected.json'), 'utf8'))
  const records = lines.map((line): RecordedRecord => {
    const { topic, key, headers, value } = JSON.parse(line)
    return { topic, key, headers, value: value === null ? null : Buffer.from(value, 'base64') }
  })
  const released = new Map(
    readReleases()
      .find(one => one.version === version)
      ?.schemas.map(({ name, text }) => [name, text]),
  )
  const entries = Object.entries(schemas as Record<string, string>)
  const known = entries.map(([id, subject]) => [Number(id), { subject, text: released.get(subject) ?? '' }] as const)
  return { records, registry: registryAfter(new Map(known)), answers, endpoint }
}

/** That of 0.1.0. */
const everything: RecordedEndpoint = { eventTypes: ['*'], holdMedia: 900 }

/** To an endpoint of its own, topic by topic, in a stream where nothing happened before. */
export async function releaseAll(
  stream: Awaited<ReturnType<typeof openStream>>,
  endpoint: RecordedEndpoint,
  events: readonly Event[],
): Promise<void> {
  await stream.endpoint(endpoint)
  for (const topic of webhookTopics) await stream.feed(...events.filter(event => topicOfEvent(event) === topic))
}

/** On external parts: what is in Kafka and the registry of the kept fixture. */
export async function readKafkaLog(version: string): Promise<RecordedLog & { schemas: RegistryDump }> {
  const { kafka, registry } = fromJson((await expand(readFileSync(pathOf(version, 'external/parts.zst')))).toString('utf8')) as {
    kafka: KafkaDump
    registry: RegistryDump
  }
  const records = kafka.topics.flatMap(({ topic, partitions }) =>
    partitions.flat().map(
      ({ key, value, headers }): RecordedRecord => ({
        topic: topic.slice(topic.indexOf('.') + 1),
        key,
        value: value === null ? null : Buffer.from(value),
        headers,
      }),
    ),
  )
  const known = registry.map(({ id, subject, schema }) => [id, { subject, text: schema }] as const)
  return { records, registry: registryAfter(new Map(known)), schemas: registry }
}

function registryAfter(known: Map<number, { subject: string; text: string }>): SchemaIds {
  return {
    idOf: async schema => {
      const id = Math.max(...known.keys()) + 1
      known.set(id, schema)
      return id
    },
    schemaOf: async id => known.get(id) ?? null,
  }
}
