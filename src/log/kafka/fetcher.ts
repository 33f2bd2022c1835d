// Reads many partitions of Kafka side by side: one fetch at a time per broker, for every reader that has room, so that a slow reader holds up nobody.
// No consumer group is involved: a reader begins exactly where it is told, and a position outside the log is an error, never a reset.
import { type Bell, createBell } from '../../runtime/bell.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { PartitionReader } from '../engine/partition-reader.ts'
import type { RecentRecords } from '../engine/recent-records.ts'
import { LogError, type Position, type TopicPartition } from '../log.ts'
import { type FetchAnswer, fetchFrom } from './fetch.ts'
import { createFetchOutages, type FetchOutages } from './fetch-outages.ts'
import { planFetch, type Standing } from './fetch-plan.ts'
import type { KafkaLink } from './link.ts'
import { isInside, readBounds, truncatedError } from './offsets.ts'
import { createKafkaReader, type KafkaReader } from './reader.ts'
import { createReaderLeaders, NO_LEADER, type ReaderLeaders } from './reader-leaders.ts'

export type KafkaFetcher = {
  openReader(from: Position): PartitionReader
  close(): void
}
type Deps = { link: KafkaLink; recent: RecentRecords; logger: Logger; maxWaitMs: number }

export function createKafkaFetcher(deps: Deps): KafkaFetcher {
  const readers = new Set<KafkaReader>()
  const closing = new AbortController()
  const bell = createBell()
  const outages = createFetchOutages({ ...deps, bell }, closing.signal)
  const leaders = createReaderLeaders({ ...deps, outages, bell }, closing.signal)
  const fetching: Fetching = { ...deps, bell, outages, leaders, busy: nothingBusy() }
  void run()

  async function run() {
    while (!closing.signal.aborted) {
      const lookInMs = await startFetches(fetching, readers)
      await bell.rung(closing.signal, Number.isFinite(lookInMs) ? lookInMs : undefined)
    }
  }

  return {
    openReader: from => {
      const reader = createKafkaReader(from, deps.recent, { changed: bell.ring, closed: () => readers.delete(reader) })
      readers.add(reader)
      bell.ring()
      return reader
    },
    close: () => closing.abort(),
  }
}

/** The bell rings where another fetch may be due. */
type Fetching = Deps & { bell: Bell; outages: FetchOutages; leaders: ReaderLeaders; busy: Busy }
/** Readers whose fetch is under way, brokers that are asked, and how the last answer of each broker was. */
type Busy = {
  readers: Set<KafkaReader>
  nodes: Set<number>
  answers: Map<number, { answeredMs: number; isStarved: boolean }>
}
const nothingBusy = (): Busy => ({ readers: new Set(), nodes: new Set(), answers: new Map() })

/** What one answer brings of one partition at most; a larger batch comes whole. */
const FETCH_BYTES = 512 * 1024

type Stood = Standing & { reader: KafkaReader }

/** One that wants per partition: Kafka refuses a fetch that names one twice, as an ended reader and its successor would. */
function standings({ busy, leaders }: Fetching, readers: Iterable<KafkaReader>): Stood[] {
  const nowMs = performance.now()
  const wanting = new Set<string>()
  return [...readers].flatMap(reader => {
    const { topic, partition } = reader.position()
    if (busy.readers.has(reader) || leaders.isResting(topic)) return []
    const name = nameOf({ topic, partition })
    const standing = reader.standing(nowMs)
    if (!standing.wants) return standing.isFed || standing.isTaking ? { ...standing, reader } : []
    if (wanting.has(name)) return []
    wanting.add(name)
    return { ...standing, reader }
  })
}

/** Brokers that are asked already take their next readers when they have answered. Answers when to look again. */
async function startFetches(of: Fetching, readers: Iterable<KafkaReader>): Promise<number> {
  const byNode = new Map<number, Stood[]>()
  for (const [topic, some] of Map.groupBy(standings(of, readers), ({ reader }) => reader.position().topic))
    for (const [node, led] of await of.leaders.byLeader(topic, some)) byNode.set(node, [...(byNode.get(node) ?? []), ...led])
  const homeless = byNode.get(NO_LEADER) ?? []
  byNode.delete(NO_LEADER)
  if (homeless.some(({ wants }) => wants)) void of.outages.lookAgain()
  const looks = [...byNode].map(([node, led]) => askNode(of, node, led))
  return Math.min(...looks)
}

/** Answers when to look again, unless the bell rings before. */
function askNode(of: Fetching, node: number, led: readonly Stood[]): number {
  if (of.busy.nodes.has(node)) return Number.POSITIVE_INFINITY
  const last = of.busy.answers.get(node) ?? { answeredMs: Number.NEGATIVE_INFINITY, isStarved: false }
  const restedMs = performance.now() - last.answeredMs
  const plan = planFetch(led, { restedMs, isStarved: last.isStarved, maxWaitMs: of.maxWaitMs })
  if (plan.kind === 'look-again') return plan.inMs
  void fetchFor(of, node, plan)
  return Number.POSITIVE_INFINITY
}

async function fetchFor(
  of: Fetching,
  nodeId: number,
  { readers: asked, maxWaitMs }: { readers: readonly Stood[]; maxWaitMs: number },
) {
  const { busy, link } = of
  const readers = asked.map(({ reader }) => reader)
  busy.nodes.add(nodeId)
  for (const reader of readers) busy.readers.add(reader)
  const from = readers.map(reader => reader.position())
  const doing = `fetching from broker ${nodeId}`
  const answer = await of.outages.orWait(doing, () =>
    link.run(doing, [], cluster => fetchFrom(cluster, nodeId, from, { maxWaitMs, maxBytesPerPartition: FETCH_BYTES })),
  )
  if (answer !== null) await deliver(of, answer, readers)
  const isNothing = answer?.fetched.every(({ fromOffset, nextOffset }) => fromOffset === nextOffset) ?? true
  busy.answers.set(nodeId, { answeredMs: performance.now(), isStarved: isNothing && asked.some(({ isAtEnd }) => !isAtEnd) })
  for (const reader of readers) busy.readers.delete(reader)
  busy.nodes.delete(nodeId)
  of.bell.ring()
}

async function deliver(of: Fetching, { fetched, failed }: FetchAnswer, readers: readonly KafkaReader[]) {
  const byName = new Map(readers.map(reader => [nameOf(reader.position()), reader]))
  for (const one of fetched) byName.get(nameOf(one))?.take(one)
  for (const { problem, fromOffset, ...at } of failed) {
    const reader = byName.get(nameOf(at))
    // One that went on from memory meanwhile is not there any more.
    if (reader?.position().nextOffset !== fromOffset) continue
    if (problem instanceof LogError) reader.fail(problem)
    else if (problem === 'outside')
      await of.outages.orWait(`reading the bounds of ${at.topic}/${at.partition}`, () => failWhereOutside(of.link, reader))
  }
  if (failed.some(({ problem }) => problem === 'moved')) await of.outages.lookAgain()
}

const nameOf = ({ topic, partition }: TopicPartition) => `${topic}/${partition}`

/** A leader that was just elected may not know its end yet: only what the log's own bounds say counts. */
async function failWhereOutside(link: KafkaLink, reader: KafkaReader) {
  const position = reader.position()
  const [bounds] = await readBounds(link, position.topic, [position.partition])
  if (bounds === undefined || isInside(position, bounds)) throw new LogError('unavailable', 'fetching: the leader is behind')
  reader.fail(truncatedError(position, bounds))
}
