// Reads many partitions of Kafka side by side: one fetch at a time per broker, for every reader that has room, so that a slow reader holds up nobody.
// No consumer group is involved: a reader begins exactly where it is told, and a position outside the log is an error, never a reset.
import { type Bell, createBell } from '../../runtime/bell.ts'
import type { Logger } from '../../runtime/logger.ts'
import { wait } from '../../runtime/wait.ts'
import type { PartitionReader } from '../engine/partition-reader.ts'
import { LogError, type Position } from '../log.ts'
import { isAboutTopic, toLogError } from './errors.ts'
import { type FetchAnswer, fetchFrom, leaderOf } from './fetch.ts'
import { createFetchOutages, type FetchOutages, RETRY_CAP_MS } from './fetch-outages.ts'
import type { KafkaLink } from './link.ts'
import { isInside, readBounds, sameAs, truncatedError } from './offsets.ts'
import { createKafkaReader, type KafkaReader } from './reader.ts'

export type KafkaFetcher = {
  openReader(from: Position): PartitionReader
  close(): void
}
type Deps = { link: KafkaLink; logger: Logger; maxWaitMs: number }

export function createKafkaFetcher(deps: Deps): KafkaFetcher {
  const readers = new Set<KafkaReader>()
  const closing = new AbortController()
  const bell = createBell()
  const outages = createFetchOutages({ ...deps, bell }, closing.signal)
  const fetching: Fetching = { ...deps, bell, outages, closing: closing.signal, busy: nothingBusy() }
  void run()

  async function run() {
    while (!closing.signal.aborted) {
      await startFetches(fetching, wantingReaders(readers, fetching.busy))
      await bell.rung(closing.signal)
    }
  }

  return {
    openReader: from => {
      const reader = createKafkaReader(from, { changed: bell.ring, closed: () => readers.delete(reader) })
      readers.add(reader)
      bell.ring()
      return reader
    },
    close: () => closing.abort(),
  }
}

/** The bell rings where another fetch may be due. */
type Fetching = Deps & { bell: Bell; outages: FetchOutages; closing: AbortSignal; busy: Busy }
/** Readers whose fetch is under way, brokers that are asked, and topics that are left alone for a while. */
type Busy = { readers: Set<KafkaReader>; nodes: Set<number>; resting: Set<string> }
const nothingBusy = (): Busy => ({ readers: new Set(), nodes: new Set(), resting: new Set() })

/** What one answer brings of one partition at most; a larger batch comes whole. */
const FETCH_BYTES = 512 * 1024
const NO_LEADER = -1

/** One per partition: Kafka refuses a fetch that names one twice, as an ended reader and its successor would. */
function wantingReaders(readers: Iterable<KafkaReader>, busy: Busy): KafkaReader[] {
  const wanting = [...readers].filter(
    reader => reader.wants() && !busy.readers.has(reader) && !busy.resting.has(reader.position().topic),
  )
  return wanting.filter((reader, index) => wanting.findIndex(other => sameAs(reader.position())(other.position())) === index)
}

/** Brokers that are asked already take their next readers when they have answered. */
async function startFetches(of: Fetching, wanting: readonly KafkaReader[]) {
  const byNode = new Map<number, KafkaReader[]>()
  for (const [topic, some] of Map.groupBy(wanting, reader => reader.position().topic))
    for (const [node, led] of await byLeader(of, topic, some)) byNode.set(node, [...(byNode.get(node) ?? []), ...led])
  if (byNode.delete(NO_LEADER)) void of.outages.lookAgain()
  for (const [node, led] of byNode) if (!of.busy.nodes.has(node)) void fetchFor(of, node, led)
}

async function byLeader(of: Fetching, topic: string, wanting: readonly KafkaReader[]): Promise<Map<number, KafkaReader[]>> {
  const doing = `looking up the leaders of ${topic}`
  const ask = () =>
    of.link.run(doing, [topic], async cluster =>
      Map.groupBy(wanting, reader => leaderOf(cluster, reader.position()) ?? NO_LEADER),
    )
  const found = await of.outages.orWait(doing, async () => {
    try {
      return await ask()
    } catch (error) {
      if (!isAboutTopic(error)) throw error
      refuse(of, topic, { wanting, error: toLogError(`reading ${topic}`, error) })
      return null
    }
  })
  return found ?? new Map()
}

/** Denied: halts. Gone: it is said and asked for again, while the other topics go on. */
function refuse(
  { logger, busy, closing, bell }: Fetching,
  topic: string,
  of: { wanting: readonly KafkaReader[]; error: LogError },
) {
  if (of.error.code === 'denied') {
    for (const reader of of.wanting) reader.fail(of.error)
    return
  }
  logger.warn('log.unavailable', { what: topic, error: of.error })
  busy.resting.add(topic)
  void wait(RETRY_CAP_MS, closing).then(() => {
    busy.resting.delete(topic)
    bell.ring()
  })
}

async function fetchFor(of: Fetching, nodeId: number, readers: readonly KafkaReader[]) {
  const { busy, link, maxWaitMs } = of
  busy.nodes.add(nodeId)
  for (const reader of readers) busy.readers.add(reader)
  const from = readers.map(reader => reader.position())
  const doing = `fetching from broker ${nodeId}`
  const answer = await of.outages.orWait(doing, () =>
    link.run(doing, [], cluster => fetchFrom(cluster, nodeId, from, { maxWaitMs, maxBytesPerPartition: FETCH_BYTES })),
  )
  if (answer !== null) await deliver(of, answer, readers)
  for (const reader of readers) busy.readers.delete(reader)
  busy.nodes.delete(nodeId)
  of.bell.ring()
}

async function deliver(of: Fetching, { fetched, failed }: FetchAnswer, readers: readonly KafkaReader[]) {
  for (const one of fetched) readers.find(reader => sameAs(one)(reader.position()))?.take(one)
  for (const { problem, ...at } of failed) {
    const reader = readers.find(one => sameAs(at)(one.position()))
    if (reader === undefined) continue
    if (problem instanceof LogError) reader.fail(problem)
    else if (problem === 'outside')
      await of.outages.orWait(`reading the bounds of ${at.topic}/${at.partition}`, () => failWhereOutside(of.link, reader))
  }
  if (failed.some(({ problem }) => problem === 'moved')) await of.outages.lookAgain()
}

/** A leader that was just elected may not know its end yet: only what the log's own bounds say counts. */
async function failWhereOutside(link: KafkaLink, reader: KafkaReader) {
  const position = reader.position()
  const [bounds] = await readBounds(link, position.topic, [position.partition])
  if (bounds === undefined || isInside(position, bounds)) throw new LogError('unavailable', 'fetching: the leader is behind')
  reader.fail(truncatedError(position, bounds))
}
