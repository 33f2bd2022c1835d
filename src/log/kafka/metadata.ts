// Keeps what a cluster knows of one topic apart from what it knows of the others: kafkajs fails the metadata of all topics it was ever asked for,
// and with it sends and fetches, where one of them is gone, denied or without a leader; asked for none it asks for all there are.
import { LogError } from '../log.ts'
import {
  type Broker,
  type Cluster,
  createEncoder,
  createErrorFromCode,
  type Metadata,
  metadataRequest,
  metadataResponse,
} from './internals.ts'
import type { KafkaLink } from './link.ts'

/** Answers what the last answer said against a topic. */
export function keepMetadataApart({ brokerPool }: Cluster): (topic: string) => Error | null {
  const problems = new Map<string, number>()
  const createBroker = brokerPool.createBroker
  brokerPool.createBroker = options => {
    const broker = createBroker(options)
    broker.metadata = async topics => {
      const metadata = await askForMetadata(broker, topics)
      problems.clear()
      for (const { topic, topicErrorCode } of metadata.topicMetadata)
        if (topicErrorCode !== 0) problems.set(topic, topicErrorCode)
      return { ...metadata, topicMetadata: metadata.topicMetadata.filter(({ topicErrorCode }) => topicErrorCode === 0) }
    }
    return broker
  }
  return topic => {
    const code = problems.get(topic)
    return code === undefined ? null : createErrorFromCode(code)
  }
}

/** Rejects LogError; `misconfigured` where there is none, because then nothing tells this cluster from another. */
export async function readClusterId(link: KafkaLink): Promise<string> {
  const doing = 'asking Kafka for its cluster id'
  const { clusterId } = await readMetadata(link, doing, [])
  if (clusterId === null) throw new LogError('misconfigured', `${doing}: expected one, got none`)
  return clusterId
}

/** Each topic with what stands against it, and none is made. Rejects LogError. */
export const readMetadata = (link: KafkaLink, doing: string, topics: readonly string[]): Promise<Metadata> =>
  link.run(doing, [], async cluster => askForMetadata(await cluster.findControllerBroker(), topics))

const askForMetadata = (broker: Broker, topics: readonly string[]): Promise<Metadata> =>
  broker.connectionPool.send({
    request: {
      ...metadataRequest({ topics }),
      encode: async () => createEncoder().writeArray(topics).writeBoolean(CREATE_MISSING),
    },
    response: { decode: metadataResponse.decode, parse: async metadata => metadata },
  })

const CREATE_MISSING = false
