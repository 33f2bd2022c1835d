// What is known of where partitions end, who waits for news of it, and which topics have not been looked at since others said that there is some.
import type { Position, TopicPartition } from '../log.ts'

export type EndsHeard = {
  /** 0n where nobody told it. */
  known(of: TopicPartition): bigint
  /** An append of ours ended there: wakes those who wait for an end that is elsewhere. Appends are told in any order, so it never lowers an end. */
  tell(position: Position): void
  /** `wake` is called with the end once that is told to be elsewhere than at nextOffset; answers how to leave. */
  wait(position: Position, wake: (endOffset: bigint) => void): () => void
  /** For which somebody waits. */
  topics(): readonly string[]
  /** Others appended, nobody knows where. */
  newsOfOthers(): void
  /** A look at these topics begins, which alone may lower an end, where nothing was told meanwhile: the log is then not the one it was. */
  look(topics: readonly string[]): Look
  /** The same of one partition alone: of others' news it says nothing. */
  ask(): Look
  /** false: others had news since the last look at the topic began. */
  isUpToDate(topic: string): boolean
}

export type Look = { found(position: Position): void }

type Waiter = { nextOffset: bigint; wake(endOffset: bigint): void }

export function createEndsHeard(): EndsHeard {
  const ends = new Map<string, bigint>()
  const waiters = new Map<string, { topic: string; waiting: Set<Waiter> }>()
  /** By topic, how often others had had news when the last look at it began. */
  const newsAtLook = new Map<string, number>()
  let news = 0

  const known = (of: TopicPartition) => ends.get(nameOf(of)) ?? 0n

  function set(position: Position) {
    const { nextOffset } = position
    ends.set(nameOf(position), nextOffset)
    for (const waiter of waiters.get(nameOf(position))?.waiting ?? [])
      if (waiter.nextOffset !== nextOffset) waiter.wake(nextOffset)
  }

  const tell = (position: Position) => void (position.nextOffset > known(position) && set(position))

  function ask(): Look {
    const before = new Map(ends)
    return {
      found: position => {
        const isToldSince = known(position) !== (before.get(nameOf(position)) ?? 0n)
        if (isToldSince) tell(position)
        else set(position)
      },
    }
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
      for (const topic of topics) newsAtLook.set(topic, news)
      return ask()
    },
    ask,
    isUpToDate: topic => (newsAtLook.get(topic) ?? 0) === news,
  }
}

const nameOf = ({ topic, partition }: TopicPartition) => `${topic}/${partition}`
