// Replays on the run's shared Kafka and registry, worked off in this process; topics are named after the test.
import { openCodec } from '../../../src/events/codec.ts'
import { type TopicName, topics } from '../../../src/events/topics.ts'
import { openKafkaLog } from '../../../src/log/kafka/kafka.ts'
import type { TopicDeclaration } from '../../../src/log/log.ts'
import { openConfluentRegistry } from '../../../src/registry/confluent.ts'
import { beginReplay } from '../../../src/replays/begin-replay.ts'
import { openReplays } from '../../../src/replays/open-replays.ts'
import { findReplay, type Replay, type ReplayRequest } from '../../../src/replays/replay-rows.ts'
import type { Logger } from '../../../src/runtime/logger.ts'
import { createMetrics } from '../../../src/runtime/metrics.ts'
import { askDesk } from '../ask-desk.ts'
import { openTestDatabase } from '../database.ts'
import { kafkaTestSettings } from '../log/kafka-adapter.ts'
import { declareTopic } from '../log.ts'
import type { SharedParts } from '../scenarios/shared-parts.ts'
import { until } from '../until.ts'

const never = new AbortController().signal
const asked: Omit<ReplayRequest, 'name'> = {
  ...{ topics: ['events'], from: 'beginning', until: null, types: null, instanceIds: null, chats: null },
  ...{ rate: 100_000, follow: false, perType: false, marker: true },
}
export type KafkaReplays = Awaited<ReturnType<typeof openKafkaReplays>>

export async function openKafkaReplays(name: string, logger: Logger) {
  const { brokers, registryUrl }: SharedParts = JSON.parse(await askDesk('parts'))
  const server = await openTestDatabase(name)
  const { database } = server
  const prefix = `${name}-${process.pid}.`
  const metrics = createMetrics({ processMetrics: false })
  const log = openKafkaLog({ brokers: [brokers], clientId: name, logger, metrics, settings: kafkaTestSettings })
  const registry = openConfluentRegistry({ url: registryUrl, autoRegister: true, logger })
  const codec = await openCodec(registry, never)
  const topic = (of: TopicName) => `${prefix}${of}`
  const declareKept = (of: string): TopicDeclaration => declareTopic(of, { partitions: 2 })
  await log.ensureTopics(
    topics.map(one => declareKept(topic(one.name))),
    never,
  )
  const deps = { database, log, registry, codec, topic, declareKept, replayTopic: (of: string) => `${prefix}replay.${of}` }
  const timing = { pollMs: 50, followEveryMs: 20, againAfterMs: 20 }
  const role = openReplays({ ...deps, leaseDatabase: database, logger, metrics, ...timing })
  return {
    ...{ brokers, registryUrl, log, codec, registry, topic },
    replayTopic: deps.replayTopic,
    /** Of all of wa.events where nothing else is said; resolves once it is done. */
    done: async (request: Pick<ReplayRequest, 'name'> & Partial<ReplayRequest>): Promise<Replay> => {
      const begun = await beginReplay(
        { ...deps, clock: Date.now },
        { request: { ...asked, ...request }, from: { kind: 'beginning' }, until: null },
        never,
      )
      if (begun.kind !== 'begun') throw new Error(`beginning a replay: ${begun.kind}`)
      return until(`replay ${request.name} is done`, async () => {
        const seen = await findReplay(database, begun.replay.replayId)
        return seen?.state === 'done' && seen
      })
    },
    close: async () => {
      await role.close()
      await log.close()
      await server.close()
    },
  }
}
