// The topics of Kafka: created as declared, never changed, every difference answered.
import { never } from '../../runtime/or-abort.ts'
import { persist } from '../../runtime/persist.ts'
import { LogError, type TopicDeclaration, type TopicDifference } from '../log.ts'
import { brokerErrorOf } from './errors.ts'
import type { KafkaLink } from './link.ts'

/** maxRecordBytes is Kafka's limit of a batch, its 61 bytes of header included; null where we may not know. */
export type Topic = { topic: string; partitions: number; replication: number; maxRecordBytes: number | null }

/** Brokers learn of a topic one after another. */
const LOOKUPS = 5
const LOOK_AGAIN = { baseMs: 100, capMs: 100 }

/** Rejects `topic-missing`, `denied` or `unavailable`. */
export async function findTopic(link: KafkaLink, topic: string): Promise<Topic> {
  const found = await findPartitions(link, topic, never)
  const settings = await readSettings(link, topic, ['max.message.bytes']).catch(error => {
    if (error instanceof LogError && error.code === 'denied') return null
    throw error
  })
  const maxRecordBytes = settings === null ? null : Number(settings.get('max.message.bytes'))
  return { topic, ...found, maxRecordBytes }
}

type Partitions = { partitions: number; replication: number }

/** Rejects as `findTopic`, or `aborted`. */
export const findPartitions = (link: KafkaLink, topic: string, signal: AbortSignal): Promise<Partitions> =>
  persist(
    () => lookUp(link, topic),
    {
      backoff: LOOK_AGAIN,
      failed: ({ error, attempt }) => (isMissing(error) && attempt < LOOKUPS ? 'again' : 'give-up'),
    },
    signal,
  ).catch(error => {
    throw signal.aborted ? new LogError('aborted', `looking up topic ${topic}: aborted`) : error
  })

function lookUp(link: KafkaLink, topic: string): Promise<Partitions> {
  const doing = `looking up topic ${topic}`
  return link.run(doing, [topic], async cluster => {
    const partitions = cluster.findTopicPartitionMetadata(topic)
    if (partitions.length === 0) throw new LogError('topic-missing', `${doing}: Kafka has none of this name`)
    return { partitions: partitions.length, replication: Math.min(...partitions.map(({ replicas }) => replicas.length)) }
  })
}

const isMissing = (error: unknown) => error instanceof LogError && error.code === 'topic-missing'

/** Rejects `unavailable` where Kafka is away: called again, it goes on with what is missing. */
export async function ensureTopics(link: KafkaLink, declared: readonly TopicDeclaration[], signal: AbortSignal) {
  const differences: TopicDifference[] = []
  for (const declaration of declared) {
    if (signal.aborted) throw abortedCreating(declaration.topic)
    differences.push(...(await ensureTopic(link, declaration, signal)))
  }
  return differences
}

/**
 * Brokers learn of a topic after the controller, whoever created it: while one does not know it the controller is asked to create it again,
 * until its word that it is there is true of them as well.
 */
function ensureTopic(link: KafkaLink, declared: TopicDeclaration, signal: AbortSignal): Promise<TopicDifference[]> {
  const ensure = async () => {
    await createMissing(link, declared)
    return compareTopic(link, declared, await findPartitions(link, declared.topic, signal))
  }
  const failed = ({ error }: { error: unknown }) => (isMissing(error) ? 'again' : 'give-up')
  return persist(ensure, { backoff: LOOK_AGAIN, failed }, signal).catch(error => {
    throw signal.aborted ? abortedCreating(declared.topic) : error
  })
}

/** Nothing is changed. */
export async function compareTopic(
  link: KafkaLink,
  declared: TopicDeclaration,
  { partitions, replication }: Partitions,
): Promise<TopicDifference[]> {
  const settings = await readSettings(link, declared.topic, Object.keys(settingsOf(declared)))
  const actual = (name: string) => settings.get(name) ?? 'unknown'
  const foreverOr = (retentionMs: string) => (retentionMs === '-1' ? 'forever' : retentionMs)
  const compared = [
    ['partitions', declared.partitions, partitions],
    ['replication', declared.replication, replication],
    ['minInsync', declared.minInsync, actual('min.insync.replicas')],
    ['retentionMs', declared.retentionMs, foreverOr(actual('retention.ms'))],
    ['retentionBytes', '-1', actual('retention.bytes')],
    ['cleanup', declared.cleanup, actual('cleanup.policy')],
    ['maxRecordBytes', declared.maxRecordBytes, actual('max.message.bytes')],
    ['timestamps', 'CreateTime', actual('message.timestamp.type')],
  ] as const
  return compared
    .filter(([, wanted, found]) => String(wanted) !== String(found))
    .map(([setting, wanted, found]) => ({ topic: declared.topic, setting, declared: String(wanted), actual: String(found) }))
}

async function createMissing(link: KafkaLink, declared: TopicDeclaration): Promise<void> {
  try {
    await create(link, declared, { validateOnly: false })
  } catch (error) {
    if (brokerErrorOf(error) !== 'TOPIC_ALREADY_EXISTS') throw error
  }
}

/** Rejects LogError where Kafka would not create it, or it is there; nothing is made. */
export const validateTopic = (link: KafkaLink, declared: TopicDeclaration): Promise<void> =>
  create(link, declared, { validateOnly: true })

function create(link: KafkaLink, declared: TopicDeclaration, how: { validateOnly: boolean }): Promise<void> {
  const { topic, partitions, replication } = declared
  const configEntries = Object.entries(settingsOf(declared)).map(([name, value]) => ({ name, value }))
  const made = { topic, numPartitions: partitions, replicationFactor: replication, configEntries }
  return link.run(`creating topic ${topic}`, [], async cluster => {
    const controller = await cluster.findControllerBroker()
    await controller.createTopics({ ...how, topics: [made], timeout: CHANGE_TIMEOUT_MS })
  })
}

const CHANGE_TIMEOUT_MS = 10_000

const abortedCreating = (topic: string) => new LogError('aborted', `creating topic ${topic}: aborted`)

/** One after another: of several, a broker says one refusal alone. Rejects LogError; called again, it goes on. */
export async function deleteTopics(link: KafkaLink, topics: readonly string[], signal: AbortSignal): Promise<void> {
  for (const topic of topics) {
    if (signal.aborted) throw new LogError('aborted', `deleting topic ${topic}: aborted before it began`)
    await deleteTopic(link, topic)
  }
}

async function deleteTopic(link: KafkaLink, topic: string): Promise<void> {
  try {
    await link.run(`deleting topic ${topic}`, [], async cluster => {
      const controller = await cluster.findControllerBroker()
      await controller.deleteTopics({ topics: [topic], timeout: CHANGE_TIMEOUT_MS })
    })
  } catch (error) {
    if (!isMissing(error)) throw error
  }
}

/** Nothing is deleted for room; records keep our time, also where a clock was ahead. */
const settingsOf = ({ minInsync, retentionMs, cleanup, maxRecordBytes }: TopicDeclaration) => ({
  'min.insync.replicas': String(minInsync),
  'retention.ms': retentionMs === 'forever' ? '-1' : String(retentionMs),
  'retention.bytes': '-1',
  'cleanup.policy': cleanup,
  'max.message.bytes': String(maxRecordBytes),
  'message.timestamp.type': 'CreateTime',
  'message.timestamp.after.max.ms': ANY_TIME,
})
const ANY_TIME = '9223372036854775807'
const TOPIC_RESOURCE = 2

async function readSettings(link: KafkaLink, topic: string, names: readonly string[]): Promise<Map<string, string>> {
  const resources = [{ type: TOPIC_RESOURCE, name: topic, configNames: names }]
  const answer = await link.run(`reading the settings of topic ${topic}`, [topic], async cluster => {
    const broker = await cluster.findControllerBroker()
    return broker.describeConfigs({ resources })
  })
  const entries = answer.resources.flatMap(({ configEntries }) => configEntries)
  return new Map(entries.map(({ configName, configValue }) => [configName, configValue]))
}
