// What a Kafka is, for whoever explains why zaplog can or cannot use it: its brokers, the calls they speak, and our topics. Nothing is changed.
import type { Logger } from '../../runtime/logger.ts'
import { onAbort } from '../../runtime/or-abort.ts'
import type { TopicDeclaration, TopicDifference } from '../log.ts'
import { createKafkaClient, type KafkaAddress } from './client.ts'
import { type Broker, createErrorFromCode, type Metadata } from './internals.ts'
import { createKafkaLink, type KafkaLink } from './link.ts'
import { readMetadata } from './metadata.ts'
import { compareTopic } from './topics.ts'

export type KafkaFacts = {
  clusterId: string | null
  brokers: number
  /** Calls that we make in a version that it does not speak. */
  unspoken: readonly string[]
  missing: readonly string[]
  /** In words, of topics that are there and cannot be used. */
  refused: readonly string[]
  differences: readonly TopicDifference[]
}
type Deps = KafkaAddress & { logger: Logger; requestTimeoutMs: number }

/** Rejects LogError. */
export async function readKafkaFacts(
  deps: Deps,
  declared: readonly TopicDeclaration[],
  signal: AbortSignal,
): Promise<KafkaFacts> {
  const link = createKafkaLink(createKafkaClient(deps, deps, deps.logger))
  const stop = onAbort(signal, () => void link.close())
  try {
    return await factsOver(link, declared)
  } finally {
    stop()
    await link.close()
  }
}

/** Rejects LogError. */
export async function factsOver(
  link: KafkaLink,
  declared: readonly TopicDeclaration[],
  calls: readonly Call[] = needed,
): Promise<KafkaFacts> {
  const topics = declared.map(({ topic }) => topic)
  const metadata = await readMetadata(link, 'looking at Kafka', topics)
  const { clusterId, brokers } = metadata
  const known = judgeTopics(metadata)
  const differences = await Promise.all(
    declared.flatMap(one => {
      const found = known.there.get(one.topic)
      return found === undefined ? [] : [compareTopic(link, one, found)]
    }),
  )
  const { missing, refused } = known
  return {
    clusterId,
    brokers: brokers.length,
    unspoken: await findUnspoken(link, calls),
    missing,
    refused,
    differences: differences.flat(),
  }
}

const MISSING = 3

function judgeTopics({ topicMetadata }: Metadata) {
  const of = (wanted: (code: number) => boolean) => topicMetadata.filter(one => wanted(one.topicErrorCode))
  const there = of(code => code === 0).map(({ topic, partitionMetadata }) => {
    const replication = Math.min(...partitionMetadata.map(({ replicas }) => replicas.length))
    return [topic, { partitions: partitionMetadata.length, replication }] as const
  })
  const refused = of(code => code !== 0 && code !== MISSING)
  return {
    there: new Map(there),
    missing: of(code => code === MISSING).map(({ topic }) => topic),
    refused: refused.map(({ topic, topicErrorCode }) => `${topic}: ${createErrorFromCode(topicErrorCode).message}`),
  }
}

/** By its number in Kafka's protocol, the least version that will do. */
type Call = { call: string; number: number; version: number }

/** Those that we cannot do without: of Kafka 2.3. */
const needed: readonly Call[] = [
  { call: 'Produce', number: 0, version: 7 },
  { call: 'Fetch', number: 1, version: 11 },
  { call: 'Metadata', number: 3, version: 6 },
  { call: 'InitProducerId', number: 22, version: 0 },
]

/** A copy's: from Kafka 2.5 on, of which the last one tells, a producer that a broker has forgotten goes on at any sequence (KIP-360). */
export const neededToCopy: readonly Call[] = [
  ...needed,
  { call: 'DeleteRecords', number: 21, version: 0 },
  { call: 'InitProducerId', number: 22, version: 3 },
]

const findUnspoken = (link: KafkaLink, calls: readonly Call[]): Promise<readonly string[]> =>
  link.run('asking Kafka what it speaks', [], async cluster => {
    const { versions } = await cluster.findControllerBroker()
    return versions === null ? [] : unspokenOf(versions, calls)
  })

/** Pure. */
export const unspokenOf = (versions: NonNullable<Broker['versions']>, calls: readonly Call[]): readonly string[] =>
  calls.flatMap(({ call, number, version }) => ((versions[number]?.maxVersion ?? -1) < version ? [`${call} ${version}`] : []))
