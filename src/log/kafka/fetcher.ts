// Reads many partitions of Kafka side by side: one fetch at a time per broker, for every reader that has room, so that a slow reader holds up nobody.
// No group is involved: a reader begins exactly where it is told, and a position outside the log is an error, never a reset.
import type { Logger } from '../../runtime/logger.ts'
import { backoffMs, isWorthSaying, wait } from '../../runtime/wait.ts'
import type { PartitionReader } from '../engine/partition-reader.ts'
import { LogError, type Position } from '../log.ts'
import { isAboutTopic, toLogError } from './errors.ts'
import { type FetchAnswer, fetchFrom, leaderOf } from './fetch.ts'
import type { KafkaLink } from './link.ts'
import { isInside, readBounds, sameAs, truncatedError } from './offsets.ts'
import { createKafkaReader, type KafkaReader } from './reader.ts'

export type KafkaFetcher = {
  openReader(from: Position): PartitionReader
  close(): void
}
type Deps = { link: KafkaLink; logger: Logger; maxWaitMs: number }

/** What one answer brings of one partition at most; a larger batch comes whole. */
const FETCH_BYTES = 512 * 1024
const RETRY_CAP_MS = 1_000
const LOOK_AGAIN_MS = 250
const NO_LEADER = -1

export function createKafkaFetcher({ link, logger, maxWaitMs }: Deps): KafkaFetcher {
  const readers = new Set<KafkaReader>()
  const fetching = new Set<KafkaReader>()
  const busyNodes = new Set<number>()
  const resting = new Set<string>()
  const closing = new AbortController()
  let failures = 0
  let wake = (): void => undefined
  let changes = 0
  let lookingAgain: Promise<void> | null = null
  const changed = () => {
    changes += 1
    wake()
  }
  void run()

  async function run() {
    while (!closing.signal.aborted) {
      const seen = changes
      await startFetches()
      if (seen === changes) await nextChange()
    }
  }

  const nextChange = () =>
    new Promise<void>(resolve => {
      wake = resolve
    })

  /** Brokers that are asked already take their next readers when they have answered. */
  async function startFetches() {
    const groups = new Map<number, KafkaReader[]>()
    for (const [topic, wanting] of byTopic(wantingReaders()))
      for (const [node, group] of await byLeader(topic, wanting)) groups.set(node, [...(groups.get(node) ?? []), ...group])
    if (groups.delete(NO_LEADER)) void lookAgain()
    for (const [node, group] of groups) if (!busyNodes.has(node)) void fetchGroup(node, group)
  }

  /** One per partition: Kafka refuses a fetch that names one twice, as an ended reader and its successor would. */
  function wantingReaders(): KafkaReader[] {
    const wanting = [...readers].filter(
      reader => reader.wants() && !fetching.has(reader) && !resting.has(reader.position().topic),
    )
    return wanting.filter((reader, index) => wanting.findIndex(other => sameAs(reader.position())(other.position())) === index)
  }

  async function byLeader(topic: string, wanting: readonly KafkaReader[]): Promise<Map<number, KafkaReader[]>> {
    const found = await orWait(async () => {
      try {
        return await groupByLeader(link, topic, wanting)
      } catch (error) {
        if (!isAboutTopic(error)) throw error
        refuse(topic, wanting, toLogError(`reading ${topic}`, error))
        return null
      }
    })
    return found ?? new Map()
  }

  /** Denied: halts. Gone: it is said and asked for again, while the other topics go on. */
  function refuse(topic: string, wanting: readonly KafkaReader[], error: LogError) {
    if (error.code === 'denied') {
      for (const reader of wanting) reader.fail(error)
      return
    }
    logger.warn('log.unavailable', { what: topic, error })
    resting.add(topic)
    void wait(RETRY_CAP_MS, closing.signal).then(() => {
      resting.delete(topic)
      changed()
    })
  }

  async function fetchGroup(nodeId: number, group: readonly KafkaReader[]) {
    busyNodes.add(nodeId)
    for (const reader of group) fetching.add(reader)
    const from = group.map(reader => reader.position())
    const answer = await orWait(() =>
      link.run(`fetching from broker ${nodeId}`, [], cluster =>
        fetchFrom(cluster, nodeId, from, { maxWaitMs, maxBytesPerPartition: FETCH_BYTES }),
      ),
    )
    if (answer !== null) await deliver(answer, group)
    for (const reader of group) fetching.delete(reader)
    busyNodes.delete(nodeId)
    changed()
  }

  async function deliver({ fetched, failed }: FetchAnswer, group: readonly KafkaReader[]) {
    for (const one of fetched) group.find(reader => sameAs(one)(reader.position()))?.take(one)
    for (const { problem, ...at } of failed) {
      const reader = group.find(one => sameAs(at)(one.position()))
      if (reader === undefined) continue
      if (problem instanceof LogError) reader.fail(problem)
      else if (problem === 'outside') await orWait(() => failWhereOutside(reader))
    }
    if (failed.some(({ problem }) => problem === 'moved')) await lookAgain()
  }

  /** A leader that was just elected may not know its end yet: only what the log's own bounds say counts. */
  async function failWhereOutside(reader: KafkaReader) {
    const position = reader.position()
    const [bounds] = await readBounds(link, position.topic, [position.partition])
    if (bounds === undefined || isInside(position, bounds)) throw new LogError('unavailable', 'fetching: the leader is behind')
    reader.fail(truncatedError(position, bounds))
  }

  /** A partition has another leader, or none yet, or its topic is gone: the metadata is fetched anew, at most so often. */
  function lookAgain(): Promise<void> {
    lookingAgain ??= lookAgainSoon()
    return lookingAgain
  }

  async function lookAgainSoon() {
    logger.warn('log.unavailable', { what: 'fetching', reason: 'a partition has no leader where it was' })
    link.discard()
    await wait(LOOK_AGAIN_MS, closing.signal)
    lookingAgain = null
    changed()
  }

  /** null: Kafka did not answer; said, and waited for a little. */
  async function orWait<Answer>(ask: () => Promise<Answer>): Promise<Answer | null> {
    try {
      const answer = await ask()
      failures = 0
      return answer
    } catch (error) {
      if (closing.signal.aborted) return null
      failures += 1
      if (isWorthSaying(failures)) logger.warn('log.unavailable', { what: 'fetching', attempt: failures, error })
      const delayMs = backoffMs({ attempt: failures, baseMs: 50, capMs: RETRY_CAP_MS, jitter: 0.3, random: Math.random() })
      await wait(delayMs, closing.signal)
      changed()
      return null
    }
  }

  return {
    openReader: from => {
      const reader = createKafkaReader(from, { changed, closed: () => readers.delete(reader) })
      readers.add(reader)
      changed()
      return reader
    },
    close: () => {
      closing.abort()
      changed()
    },
  }
}

function byTopic(readers: readonly KafkaReader[]): Map<string, KafkaReader[]> {
  const groups = new Map<string, KafkaReader[]>()
  for (const reader of readers) {
    const { topic } = reader.position()
    groups.set(topic, [...(groups.get(topic) ?? []), reader])
  }
  return groups
}

const groupByLeader = (link: KafkaLink, topic: string, readers: readonly KafkaReader[]): Promise<Map<number, KafkaReader[]>> =>
  link.run(`looking up the leaders of ${topic}`, [topic], async cluster => {
    const groups = new Map<number, KafkaReader[]>()
    for (const reader of readers) {
      const node = leaderOf(cluster, reader.position()) ?? NO_LEADER
      groups.set(node, [...(groups.get(node) ?? []), reader])
    }
    return groups
  })
