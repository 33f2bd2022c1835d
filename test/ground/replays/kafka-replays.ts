// Replays on the run's shared Kafka and registry, worked off in this process, or in others; topics are named after the test.
import { topics } from '../../../src/events/topics.ts'
import { beginReplay } from '../../../src/replays/begin-replay.ts'
import { openReplays } from '../../../src/replays/open-replays.ts'
import { findReplay, type Replay, type ReplayRequest } from '../../../src/replays/replay-rows.ts'
import type { Logger } from '../../../src/runtime/logger.ts'
import { askDesk } from '../ask-desk.ts'
import { openTestDatabase } from '../database.ts'
import type { SharedParts } from '../scenarios/shared-parts.ts'
import { until } from '../until.ts'
import { openReplayParts, type ReplayGround } from './replay-parts.ts'

const never = new AbortController().signal
const asked: Omit<ReplayRequest, 'name'> = {
  ...{ topics: ['events'], from: 'beginning', until: null, types: null, instanceIds: null, chats: null },
  ...{ rate: 100_000, follow: false, perType: false, marker: true },
}
type Request = Pick<ReplayRequest, 'name'> & Partial<ReplayRequest>
export type KafkaReplays = Awaited<ReturnType<typeof openKafkaReplays>>

/** `elsewhere`: other processes work them off. */
export async function openKafkaReplays(name: string, logger: Logger, { elsewhere = false } = {}) {
  const { brokers, registryUrl }: SharedParts = JSON.parse(await askDesk('parts'))
  const server = await openTestDatabase(name)
  const { database, url } = server
  const ground: ReplayGround = { brokers, registryUrl, prefix: `${name}-${process.pid}.` }
  const parts = await openReplayParts(ground, database, logger)
  const { log, codec, registry, topic, replayTopic } = parts
  await log.ensureTopics(
    topics.map(one => parts.declareKept(topic(one.name))),
    never,
  )
  const role = elsewhere ? null : openReplays({ ...parts, pollMs: 50, followEveryMs: 20, againAfterMs: 20 })

  const begin = async (request: Request): Promise<Replay> => {
    const whole = { request: { ...asked, ...request }, from: { kind: 'beginning' }, until: null } as const
    const begun = await beginReplay({ ...parts, clock: Date.now }, whole, never)
    if (begun.kind !== 'begun') throw new Error(`beginning a replay: ${begun.kind}`)
    return begun.replay
  }
  const isDone = ({ name, replayId }: Replay): Promise<Replay> =>
    until(`replay ${name} is done`, async () => {
      const seen = await findReplay(database, replayId)
      return seen?.state === 'done' && seen
    })

  return {
    ...{ brokers, registryUrl, ground, url, database, log, codec, registry, topic, replayTopic },
    /** Of all of wa.events where nothing else is said. */
    begin,
    isDone,
    done: async (request: Request): Promise<Replay> => isDone(await begin(request)),
    close: async () => {
      await role?.close()
      await log.close()
      await server.close()
    },
  }
}
