// What is known of where partitions end, who waits for news of it, and which topics have not been looked at since others said that there is some.
import type { Position, TopicPartition } from '../log.ts'

export type EndsHeard = {
  /** 0n where nobody told it. */
  known(of: TopicPartition): bigint
  /** Wakes those who wait for an end that is elsewhere. */
  tell(position: Position): void
  /** `wake` is called with the end once that is told to be elsewhere than at nextOffset; answers how to leave. */
  wait(position: Position, wake: (endOffset: bigint) => void): () => void
  /** For which somebody waits. */
  topics(): readonly string[]
  /** Others appended, nobody knows where. */
  newsOfOthers(): void
  /** A look at these topics begins. `found` tells an end; false: it is older than what was told meanwhile, and says nothing. */
  look(topics: readonly string[]): { found(position: Position): boolean }
  /** false: others had news since the last look at the topic began. */
  isUpToDate(topic: string): boolean
}

type Waiter = { nextOffset: bigint; wake(endOffset: bigint): void }

export function createEndsHeard(): EndsHeard {
  const ends = new Map<string, bigint>()
  const waiters = new Map<string, { topic: string; waiting: Set<Waiter> }>()
  /** By topic, how often others had had news when the last look at it began. */
  const newsAtLook = new Map<string, number>()
  let news = 0

  const known = (of: TopicPartition) => ends.get(nameOf(of)) ?? 0n

  function tell(position: Position) {
    const { nextOffset } = position
    ends.set(nameOf(position), nextOffset)
    for (const waiter of waiters.get(nameOf(position))?.waiting ?? [])
      if (waiter.nextOffset !== nextOffset) waiter.wake(nextOffset)
  }

  return {
    known,
    tell,
    wait: (position, wake) => {
      const name = nameOf(position)
      const here = waiters.get(name) ?? { topic: position.topic, waiting: new Set() }
      const waiter = { nextOffset: position.nextOffset, wake }
      waiters.set(name, here)
      here.waiting.add(waiter)
      return () => {
        here.waiting.delete(waiter)
        if (here.waiting.size === 0 && waiters.get(name) === here) waiters.delete(name)
      }
    },
    topics: () => [...new Set([...waiters.values()].map(({ topic }) => topic))],
    newsOfOthers: () => {
      news += 1
    },
    look: topics => {
      const before = new Map(ends)
      for (const topic of topics) newsAtLook.set(topic, news)
      return {
        found: position => {
          const isOlder = known(position) !== (before.get(nameOf(position)) ?? 0n) && position.nextOffset < known(position)
          if (!isOlder) tell(position)
          return !isOlder
        },
      }
    },
    isUpToDate: topic => (newsAtLook.get(topic) ?? 0) === news,
  }
}

const nameOf = ({ topic, partition }: TopicPartition) => `${topic}/${partition}`
