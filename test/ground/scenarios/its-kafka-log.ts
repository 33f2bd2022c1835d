// The log in Kafka of a zaplog under test, reached straight and by our own adapters; schemas are those that are registered by now.
import { openKafkaLog } from '../../../src/log/kafka/kafka.ts'
import { openConfluentRegistry } from '../../../src/registry/confluent.ts'
import { createLogger } from '../../../src/runtime/logger.ts'
import { createMetrics } from '../../../src/runtime/metrics.ts'
import { type ItsLog, openItsLog } from './its-log.ts'

type Place = { brokers: string; registryUrl: string; prefixes: { topic: string; group: string } }

const logger = createLogger({ level: 'silent' })

export function openItsKafkaLog({ brokers, registryUrl, prefixes }: Place): Promise<ItsLog> {
  const metrics = createMetrics({ processMetrics: false })
  return openItsLog({
    log: openKafkaLog({ brokers: [brokers], clientId: 'scenario', logger, metrics }),
    registry: openConfluentRegistry({ url: registryUrl, autoRegister: false, logger }),
    prefixes,
  })
}
