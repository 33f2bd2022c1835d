// What replays need, on a broker and a registry that are there, with two partitions of each topic; topics are named after whoever asks.
import type { Database } from '../../../src/database/database.ts'
import { openCodec } from '../../../src/events/codec.ts'
import type { TopicName } from '../../../src/events/topics.ts'
import { openKafkaLog } from '../../../src/log/kafka/kafka.ts'
import type { TopicDeclaration } from '../../../src/log/log.ts'
import { openConfluentRegistry } from '../../../src/registry/confluent.ts'
import type { Logger } from '../../../src/runtime/logger.ts'
import { createMetrics } from '../../../src/runtime/metrics.ts'
import { kafkaTestSettings } from '../log/kafka-adapter.ts'
import { declareTopic } from '../log.ts'

const never = new AbortController().signal
export type ReplayGround = { brokers: string; registryUrl: string; prefix: string }

export async function openReplayParts({ brokers, registryUrl, prefix }: ReplayGround, database: Database, logger: Logger) {
  const metrics = createMetrics({ processMetrics: false })
  const log = openKafkaLog({ brokers: [brokers], clientId: prefix, logger, metrics, settings: kafkaTestSettings })
  const registry = openConfluentRegistry({ url: registryUrl, autoRegister: true, logger })
  const codec = await openCodec(registry, never)
  const topic = (of: TopicName) => `${prefix}${of}`
  const declareKept = (of: string): TopicDeclaration => declareTopic(of, { partitions: 2 })
  const replayTopic = (of: string) => `${prefix}replay.${of}`
  return { database, leaseDatabase: database, log, registry, codec, topic, declareKept, replayTopic, logger, metrics }
}
