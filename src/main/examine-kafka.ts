// An external Kafka: whether zaplog can use it, and whether its topics are as the settings declare them.
import { type KafkaFacts, readKafkaFacts } from '../log/kafka/kafka-facts.ts'
import type { Config } from '../runtime/config.ts'
import type { Logger } from '../runtime/logger.ts'
import { broken, doubtful, type Finding, fine } from './finding.ts'
import { kafkaSecurityOf } from './kafka-security.ts'
import { declareTopics } from './log.ts'

const part = 'kafka'
/** Below the patience of the whole look: a broker that hangs is said to, and not that nobody answered. */
const ANSWER_TIMEOUT_MS = 8_000

export async function examineKafka(
  { config, logger }: { config: Config; logger: Logger },
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const { kafka, log } = config
  const declared = declareTopics(config, name => `${log.topicPrefix}${name}`)
  const address = { brokers: kafka.brokers ?? [], clientId: 'zaplog doctor', ...kafkaSecurityOf(kafka) }
  const facts = await readKafkaFacts({ ...address, logger, requestTimeoutMs: ANSWER_TIMEOUT_MS }, declared, signal)
  return judgeKafka(facts, { replication: kafka.replication })
}

/** Pure. */
export const judgeKafka = (facts: KafkaFacts, settings: { replication: number }): readonly Finding[] => [
  judgeCluster(facts),
  judgeReplication(facts, settings),
  ...judgeTopics(facts),
]

function judgeCluster({ clusterId, brokers, unspoken }: KafkaFacts): Finding {
  const found = `cluster ${clusterId}, ${brokers} ${brokers === 1 ? 'broker' : 'brokers'}`
  if (clusterId === null) return broken(part, 'a cluster without an id', 'expected a Kafka that says which cluster it is')
  if (unspoken.length === 0) return fine(part, found)
  return broken(part, `${found}, which do not speak ${unspoken.join(', ')}`, 'expected Kafka 2.3 or later')
}

function judgeReplication({ brokers }: KafkaFacts, { replication }: { replication: number }): Finding {
  const found = `TOPIC_REPLICATION is ${replication}, of ${brokers}`
  if (replication > brokers) return broken(part, found, 'lower it, or add brokers: no topic can be made so')
  if (replication > 1) return fine(part, found)
  return doubtful(part, `${found}: a record is on one disk alone`, brokers < 3 ? null : 'set it to 3 before the topics are made')
}

function judgeTopics({ missing, refused, differences }: KafkaFacts): readonly Finding[] {
  const findings = [
    ...refused.map(one => broken(part, one, 'have its ACLs let this user make, write and read the topics of TOPIC_PREFIX')),
    ...differences.map(({ topic, setting, declared, actual }) => {
      const found = `${topic}: ${setting} is ${actual}, declared ${declared}`
      if (setting === 'partitions')
        return broken(part, found, `set TOPIC_PARTITIONS to ${actual}: it cannot be changed afterwards`)
      return doubtful(part, found, 'change the topic, or what is declared, unless it is meant')
    }),
  ]
  const made = missing.length === 0 ? [] : [fine(part, `the next start makes ${missing.length} topics, such as ${missing[0]}`)]
  if (findings.length > 0 || made.length > 0) return [...findings, ...made]
  return [fine(part, 'its topics are as they are declared')]
}
