// Which broker leads the partition of each reader. A topic that is denied halts its readers; one that is gone rests, while the others go on.
import type { Bell } from '../../runtime/bell.ts'
import type { Logger } from '../../runtime/logger.ts'
import { wait } from '../../runtime/wait.ts'
import { isAboutTopic, toLogError } from './errors.ts'
import { leaderOf } from './fetch.ts'
import { type FetchOutages, RETRY_CAP_MS } from './fetch-outages.ts'
import type { KafkaLink } from './link.ts'
import type { KafkaReader } from './reader.ts'

export type ReaderLeaders = {
  /** By broker, or NO_LEADER; nobody where Kafka did not answer, or refuses the topic. */
  byLeader<One extends { reader: KafkaReader }>(topic: string, some: readonly One[]): Promise<Map<number, One[]>>
  /** It was gone a moment ago: the bell rings once it may be asked for again. */
  isResting(topic: string): boolean
}
type Deps = { link: KafkaLink; outages: FetchOutages; bell: Bell; logger: Logger }

export const NO_LEADER = -1

export function createReaderLeaders({ link, outages, bell, logger }: Deps, signal: AbortSignal): ReaderLeaders {
  const resting = new Set<string>()

  async function rest(topic: string) {
    resting.add(topic)
    await wait(RETRY_CAP_MS, signal)
    resting.delete(topic)
    bell.ring()
  }

  function refuse(topic: string, some: readonly { reader: KafkaReader }[], reason: unknown) {
    const error = toLogError(`reading ${topic}`, reason)
    if (error.code === 'denied') {
      for (const { reader } of some) reader.fail(error)
      return
    }
    logger.warn('log.unavailable', { what: topic, error })
    void rest(topic)
  }

  return {
    byLeader: async (topic, some) => {
      const doing = `looking up the leaders of ${topic}`
      const found = await outages.orWait(doing, async () => {
        try {
          return await link.run(doing, [topic], async cluster =>
            Map.groupBy(some, ({ reader }) => leaderOf(cluster, reader.position()) ?? NO_LEADER),
          )
        } catch (error) {
          if (!isAboutTopic(error)) throw error
          refuse(topic, some, error)
          return null
        }
      })
      return found ?? new Map()
    },
    isResting: topic => resting.has(topic),
  }
}
