// Reads a topic of Kafka between two edges, ordered per partition, without a group. A position outside the log rejects, never skips.
import { wait } from '../../runtime/wait.ts'
import { type Edge, LogError, type LogRecord, type Position } from '../log.ts'
import { type FetchAnswer, fetchAt } from './fetch.ts'
import type { KafkaLink } from './link.ts'
import { type Bounds, isInside, readBounds, readOffsets, truncatedError } from './offsets.ts'
import { findPartitions } from './topics.ts'

/** until: null never ends. */
type Stretch = { position: Position; until: bigint | null }
type Deps = { link: KafkaLink; pollMs: number }

const CHUNK_BYTES = 1024 ** 2
/** Partitions read side by side: as many chunks are in memory. */
const AT_ONCE = 4
/** A leader that moved is found within this many tries. */
const TRIES = 8
const TRY_AGAIN_MS = 250

/** Rejects LogError truncated | topic-missing | denied | unavailable | aborted; records already given stay given, so the caller can go on from there. */
export async function* readTopic(
  { link, pollMs }: Deps,
  topic: string,
  range: { from: Edge; until: Edge | null },
  signal: AbortSignal,
): AsyncGenerator<LogRecord> {
  let stretches = (await findStretches(link, topic, { ...range, signal })).filter(isOpen)
  while (stretches.length > 0) {
    let found = false
    for (let first = 0; first < stretches.length; first += AT_ONCE) {
      if (signal.aborted) throw new LogError('aborted', `reading ${topic}: aborted`)
      const some = stretches.slice(first, first + AT_ONCE)
      for (const records of await Promise.all(some.map(stretch => readChunk(link, stretch, signal)))) {
        found ||= records.length > 0
        yield* records
      }
    }
    stretches = stretches.filter(isOpen)
    if (!found && stretches.length > 0) await wait(pollMs, signal)
  }
}

const isOpen = ({ position, until }: Stretch) => until === null || position.nextOffset < until

async function readChunk(link: KafkaLink, stretch: Stretch, signal: AbortSignal): Promise<LogRecord[]> {
  const { position, until } = stretch
  const { fetched, failed } = await fetchOne(link, position, signal)
  const [failure] = failed
  if (failure?.problem instanceof LogError) throw failure.problem
  if (failure !== undefined) throw truncatedError(position, await boundsOf(link, position))
  const [chunk] = fetched
  if (chunk === undefined) return []
  stretch.position = { ...position, nextOffset: chunk.nextOffset }
  return chunk.records.filter(({ offset }) => until === null || offset < until)
}

/** What is not there any more is only what the log's bounds say; a leader that has moved or is behind is asked again. */
async function fetchOne(link: KafkaLink, position: Position, signal: AbortSignal): Promise<FetchAnswer> {
  for (let tries = 1; ; tries += 1) {
    const answer = await fetchAt(link, position, CHUNK_BYTES)
    const problem = answer.failed[0]?.problem
    if (problem === undefined || problem instanceof LogError) return answer
    if (problem === 'outside' && !isInside(position, await boundsOf(link, position))) return answer
    const { topic, partition } = position
    if (tries === TRIES) throw new LogError('unavailable', `reading ${topic}/${partition}: no leader has it after ${TRIES} tries`)
    link.discard()
    await wait(TRY_AGAIN_MS, signal)
  }
}

async function boundsOf(link: KafkaLink, { topic, partition }: Position): Promise<Bounds> {
  const [bounds] = await readBounds(link, topic, [partition])
  return bounds ?? { firstOffset: 0n, endOffset: 0n }
}

async function findStretches(
  link: KafkaLink,
  topic: string,
  { from, until, signal }: { from: Edge; until: Edge | null; signal: AbortSignal },
): Promise<Stretch[]> {
  const count = (await findPartitions(link, topic, signal)).partitions
  const partitions = Array.from({ length: count }, (_, partition) => partition)
  const starts = await positionsOf(link, topic, partitions, from)
  const ends = until === null ? null : await positionsOf(link, topic, partitions, until)
  const bounds = await readBounds(link, topic, partitions)
  const stretches: Stretch[] = []
  for (const position of starts) {
    const inside = bounds[position.partition]
    if (inside !== undefined && !isInside(position, inside)) throw truncatedError(position, inside)
    const end = ends?.find(({ partition }) => partition === position.partition)
    if (ends === null) stretches.push({ position, until: null })
    else if (end !== undefined) stretches.push({ position, until: end.nextOffset })
  }
  return stretches
}

/** One for each partition, in their order. Rejects LogError. */
export async function readPositions(
  link: KafkaLink,
  topic: string,
  edge: 'first' | 'end' | { recordedAt: number },
  signal: AbortSignal,
): Promise<readonly Position[]> {
  const { partitions } = await findPartitions(link, topic, signal)
  return positionsOf(
    link,
    topic,
    Array.from({ length: partitions }, (_, partition) => partition),
    edge,
  )
}

async function positionsOf(link: KafkaLink, topic: string, partitions: readonly number[], edge: Edge): Promise<Position[]> {
  if (isPositions(edge)) return edge.filter(position => position.topic === topic && position.partition < partitions.length)
  const offsets = await readOffsets(link, topic, partitions, edge)
  return partitions.map((partition, index) => ({ topic, partition, nextOffset: offsets[index] ?? 0n }))
}

const isPositions = (edge: Edge): edge is readonly Position[] => Array.isArray(edge)
