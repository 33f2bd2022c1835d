// One fetch from one broker, each partition answered on its own: records in offset order, or why that partition cannot be read.
// We decode the answer ourselves: kafkajs would refuse all partitions for one that fails, and forget where gaps end.
import { LogError, type LogRecord, type Position, type TopicPartition } from '../log.ts'
import { type Cluster, createDecoder, type Decoder, fetchRequest, READ_COMMITTED, type Response } from './internals.ts'
import type { KafkaLink } from './link.ts'
import { decodeRecordSet } from './records.ts'

export type FetchLimits = { maxWaitMs: number; maxBytesPerPartition: number }
/** [position, nextOffset) was read, gaps included; equal where there is nothing yet. endOffset: where what may be read by now ends. */
export type Fetched = TopicPartition & {
  fromOffset: bigint
  nextOffset: bigint
  endOffset: bigint
  records: readonly LogRecord[]
}
export type FetchAnswer = { fetched: readonly Fetched[]; failed: readonly Failed[] }
/** `outside`: the log has no such offset. */
export type Failed = TopicPartition & { fromOffset: bigint; problem: 'outside' | 'moved' | LogError }

/** All partitions are led by that broker. Rejects where the broker does not answer at all. */
export async function fetchFrom(
  cluster: Cluster,
  nodeId: number,
  from: readonly Position[],
  { maxWaitMs, maxBytesPerPartition }: FetchLimits,
): Promise<FetchAnswer> {
  const broker = await cluster.findBroker({ nodeId })
  const request = fetchRequest({
    replicaId: -1,
    maxWaitTime: maxWaitMs,
    minBytes: 1,
    maxBytes: MAX_BYTES,
    isolationLevel: READ_COMMITTED,
    topics: byTopic(from).map(({ topic, positions }) => ({
      topic,
      partitions: positions.map(({ partition, nextOffset }) => ({
        partition,
        fetchOffset: nextOffset.toString(),
        maxBytes: maxBytesPerPartition,
      })),
    })),
  })
  const answers = await broker.connectionPool.send({ request, response: fetchResponse })
  const fetched: Fetched[] = []
  const failed: Failed[] = []
  for (const answer of answers) {
    const asked = from.find(({ topic, partition }) => topic === answer.topic && partition === answer.partition)
    if (asked === undefined) continue
    const { nextOffset: fromOffset, ...at } = asked
    const read = answer.errorCode === 0 ? await decodeRecordSet(asked, answer) : problemOf(answer, asked)
    if (typeof read === 'string' || read instanceof LogError) failed.push({ ...at, fromOffset, problem: read })
    else fetched.push({ ...at, fromOffset, endOffset: answer.endOffset, ...read })
  }
  return { fetched, failed }
}

/** What is there of one partition now; its leader is looked up. */
export const fetchAt = (link: KafkaLink, position: Position, maxBytesPerPartition: number): Promise<FetchAnswer> => {
  const { topic, partition } = position
  const doing = `reading ${topic}/${partition}`
  return link.run(doing, [topic], cluster => {
    const leader = leaderOf(cluster, position)
    if (leader === undefined) throw new LogError('topic-missing', `${doing}: the log has no such partition`)
    return fetchFrom(cluster, leader, [position], { maxWaitMs: 0, maxBytesPerPartition })
  })
}

/** -1 while there is none; undefined where there is no such partition. */
export const leaderOf = (cluster: Cluster, { topic, partition }: TopicPartition): number | undefined =>
  cluster.findTopicPartitionMetadata(topic).find(({ partitionId }) => partitionId === partition)?.leader

/** One answer; brokers send one batch more where that is larger. */
const MAX_BYTES = 16 * 1024 ** 2

function byTopic(from: readonly Position[]) {
  const topics = [...new Set(from.map(({ topic }) => topic))]
  return topics.map(topic => ({ topic, positions: from.filter(one => one.topic === topic) }))
}

const OFFSET_OUT_OF_RANGE = 1
const TOPIC_AUTHORIZATION_FAILED = 29

/** Whatever else it is, another look at the cluster's metadata is due. */
function problemOf({ errorCode }: PartitionAnswer, { topic, partition }: Position): Failed['problem'] {
  if (errorCode === OFFSET_OUT_OF_RANGE) return 'outside'
  if (errorCode === TOPIC_AUTHORIZATION_FAILED)
    return new LogError('denied', `reading ${topic}/${partition}: TOPIC_AUTHORIZATION_FAILED`)
  return 'moved'
}

/** `aborted`: producers whose transaction, begun at the offset, does not count. */
export type PartitionAnswer = TopicPartition & {
  errorCode: number
  /** Transactions that are still open begin there, or nothing is there yet. */
  endOffset: bigint
  recordSet: Buffer
  aborted: readonly { producerId: bigint; firstOffset: bigint }[]
}

/** Version 11. */
const fetchResponse: Response<readonly PartitionAnswer[]> = {
  decode: async body => {
    const decoder = createDecoder(body)
    decoder.readInt32() // throttle time
    const errorCode = decoder.readInt16()
    if (errorCode !== 0) throw new LogError('unavailable', `fetching: the broker answered error code ${errorCode}`)
    decoder.readInt32() // session
    return decoder.readArray(readTopic).flat()
  },
  parse: async answers => answers,
}

function readTopic(decoder: Decoder): PartitionAnswer[] {
  const topic = decoder.readString()
  return decoder.readArray(readPartition).map(answer => ({ topic, ...answer }))
}

function readPartition(decoder: Decoder): Omit<PartitionAnswer, 'topic'> {
  const partition = decoder.readInt32()
  const errorCode = decoder.readInt16()
  decoder.readInt64() // high watermark
  const endOffset = decoder.readInt64() // last stable offset
  decoder.readInt64() // first offset of the log
  const aborted = decoder.readArray(inner => ({ producerId: inner.readInt64(), firstOffset: inner.readInt64() }))
  decoder.readInt32() // preferred replica
  return { partition, errorCode, endOffset, aborted, recordSet: decoder.readBytes() ?? Buffer.alloc(0) }
}
