// Topics of Kafka as copies of others, record for record, each at the offset that it had. A batch is numbered by its offset, as the sequence of one
// producer that is the same over restarts: brokers take it at that offset, once, and refuse what is there already or would leave a gap.
import type { Logger } from '../../runtime/logger.ts'
import { type EventLog, LogError, type NewRecord, type Position, type TopicDeclaration } from '../log.ts'
import { createKafkaClient, type KafkaAddress } from './client.ts'
import { leaderOf } from './fetch.ts'
import type { Broker } from './internals.ts'
import { factsOver, type KafkaFacts, neededToCopy } from './kafka-facts.ts'
import { createKafkaLink, type KafkaLink } from './link.ts'
import { type Bounds, readBounds } from './offsets.ts'
import { readTopic } from './read.ts'
import { planSends, toTopicMessages } from './sends.ts'
import { ensureTopics, findTopic, type Topic, validateTopic } from './topics.ts'

/** Who appends, to the brokers: of one copy always the same. */
export type Writer = { producerId: string; producerEpoch: number }

export type KafkaCopy = Pick<EventLog, 'read' | 'ensureTopics' | 'close'> & {
  facts(declared: readonly TopicDeclaration[]): Promise<KafkaFacts>
  /** Rejects LogError where Kafka would not create the topic; nothing is made. */
  validateTopic(declared: TopicDeclaration): Promise<void>
  findTopic(topic: string): Promise<Topic>
  openWriter(): Promise<Writer>
  bounds(of: Pick<Position, 'topic' | 'partition'>): Promise<Bounds>
  /**
   * One after another, the first at nextOffset. Rejects LogError; a retryable one says that `bounds` has to be asked how far it came, `record-refused`
   * that somebody else appends there.
   */
  append(writer: Writer, at: Position, records: readonly NewRecord[], maxBatchBytes: number | null): Promise<void>
  /** Appends as many records without anything in them, in few bytes: `deleteBefore` takes them away again. */
  fill(writer: Writer, at: Position, records: number, recordedAt: number): Promise<void>
  /** The partition begins at nextOffset afterwards. */
  deleteBefore(position: Position): Promise<void>
}
type Deps = KafkaAddress & { logger: Logger; requestTimeoutMs: number }

/** Only for reading without an end, which nobody does here. */
const POLL_MS = 250

/** Connects when first used. */
export function openKafkaCopy(deps: Deps): KafkaCopy {
  const link = createKafkaLink(createKafkaClient(deps, deps, deps.logger))
  return {
    facts: declared => factsOver(link, declared, neededToCopy),
    validateTopic: declared => validateTopic(link, declared),
    ensureTopics: (declared, signal) => ensureTopics(link, declared, signal),
    findTopic: topic => findTopic(link, topic),
    openWriter: () => openWriter(link),
    bounds: of => boundsOf(link, of),
    append: async (writer, at, records, maxBatchBytes) => {
      const sending = { link, writer, compression: NONE, timeoutMs: deps.requestTimeoutMs / 2 }
      let nextOffset = at.nextOffset
      for (const [batch] of planSends([{ ...at, records, sizeBytes: 0 }], () => maxBatchBytes).sends) {
        const few = batch?.records ?? []
        await send(sending, { ...at, nextOffset }, few)
        nextOffset += BigInt(few.length)
      }
    },
    fill: (writer, at, count, recordedAt) => {
      const records = Array.from({ length: count }, () => ({ key: '', value: null, headers: {}, recordedAt }))
      return send({ link, writer, compression: GZIP, timeoutMs: deps.requestTimeoutMs / 2 }, at, records)
    },
    deleteBefore: position => deleteBefore(link, position),
    read: (topic, range, signal) => readTopic({ link, pollMs: POLL_MS }, topic, range, signal),
    close: link.close,
  }
}

const NONE = 0
const GZIP = 1
const ALL_IN_SYNC = -1
/** Sequences begin again at 0 behind the greatest of 32 bits. */
const SEQUENCES = 2n ** 31n

type Sending = { link: KafkaLink; writer: Writer; compression: number; timeoutMs: number }

async function send({ link, writer, compression, timeoutMs }: Sending, at: Position, records: readonly NewRecord[]) {
  const { topic, partition, nextOffset } = at
  const doing = `appending ${records.length} records to ${topic}/${partition} at offset ${nextOffset}`
  const { messages } = toTopicMessages({ topic, partition, records })
  const batch = { partition, firstSequence: Number(nextOffset % SEQUENCES), messages }
  const request = { ...writer, compression, acks: ALL_IN_SYNC, timeout: timeoutMs, topicData: [{ topic, partitions: [batch] }] }
  const answer = await atLeader(link, { doing, at }, leader => leader.produce(request))
  const placedAt = answer.topics[0]?.partitions[0]?.baseOffset
  if (placedAt !== String(nextOffset))
    throw new LogError('record-refused', `${doing}: they are at offset ${placedAt}, because somebody else appends to this topic`)
}

async function openWriter(link: KafkaLink): Promise<Writer> {
  const { producerId, producerEpoch } = await link.run('asking Kafka for a producer id', [], async cluster => {
    const broker = await cluster.findControllerBroker()
    return broker.initProducerId({ transactionTimeout: 60_000 })
  })
  return { producerId, producerEpoch }
}

async function boundsOf(link: KafkaLink, { topic, partition }: Pick<Position, 'topic' | 'partition'>): Promise<Bounds> {
  const [bounds] = await readBounds(link, topic, [partition])
  if (bounds === undefined)
    throw new LogError('topic-missing', `looking up offsets of ${topic}: it has no partition ${partition}`)
  return bounds
}

async function deleteBefore(link: KafkaLink, at: Position): Promise<void> {
  const { topic, partition, nextOffset } = at
  const doing = `deleting the records of ${topic}/${partition} before offset ${nextOffset}`
  const topics = [{ topic, partitions: [{ partition, offset: String(nextOffset) }] }]
  await atLeader(link, { doing, at }, leader => leader.deleteRecords({ topics }).catch(throwFirst))
}

/** kafkajs says for each partition why, and only there. */
function throwFirst(error: unknown): never {
  const { partitions } = Object(error) as { partitions?: readonly { error?: unknown }[] }
  throw partitions?.[0]?.error ?? error
}

const atLeader = <Answer>(
  link: KafkaLink,
  { doing, at }: { doing: string; at: Position },
  ask: (leader: Broker) => Promise<Answer>,
): Promise<Answer> =>
  link.run(doing, [at.topic], async cluster => {
    const nodeId = leaderOf(cluster, at)
    if (nodeId === undefined) throw new LogError('topic-missing', `${doing}: Kafka has no such partition`)
    return ask(await cluster.findBroker({ nodeId }))
  })
