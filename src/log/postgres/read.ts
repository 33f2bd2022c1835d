// Reads a topic of the log in Postgres between two edges, ordered per partition, without a group. A position outside the log rejects, never skips.
import type { Database } from '../../database/database.ts'
import { type Edge, LogError, type LogRecord, type Position } from '../log.ts'
import { toLogError } from './errors.ts'
import { assertInside, readRange, readRecords } from './reader.ts'
import type { Tails } from './tails.ts'
import { findTopic } from './topics.ts'

type Deps = { database: Database; tails: Tails }
/** until: null never ends. */
type Stretch = { position: Position; until: bigint | null }

const CHUNK = { maxRecords: 500, maxBytes: 4 * 1024 * 1024 }

/** Rejects LogError truncated | topic-missing | unavailable | aborted; records already given stay given, so the caller can go on from there. */
export async function* readTopic(
  deps: Deps,
  topic: string,
  range: { from: Edge; until: Edge | null },
  signal: AbortSignal,
): AsyncGenerator<LogRecord> {
  let stretches = await findStretches(deps, topic, range)
  let due: readonly Stretch[] = stretches
  while (stretches.length > 0) {
    let found = false
    for (const stretch of due) {
      if (signal.aborted) throw new LogError('aborted', `reading ${topic}: aborted`)
      for (const record of await readChunk(deps, stretch)) {
        found = true
        yield record
      }
    }
    stretches = stretches.filter(({ position, until }) => until === null || position.nextOffset < until)
    // Once everything is read, a new record costs a look at its own partition, not at all of them.
    due = found || stretches.length === 0 ? stretches : await firstMoved(deps.tails, stretches, signal)
  }
}

async function readChunk(deps: Deps, stretch: Stretch): Promise<LogRecord[]> {
  const { position, until } = stretch
  const left = until === null ? CHUNK.maxRecords : Number(until - position.nextOffset)
  if (left <= 0) return []
  const records = await readRecords(deps.database, position, { ...CHUNK, maxRecords: Math.min(CHUNK.maxRecords, left) })
  if (records.length === 0) assertInside(position, await readRange(deps, position))
  stretch.position = { ...position, nextOffset: position.nextOffset + BigInt(records.length) }
  return records
}

async function findStretches(deps: Deps, topic: string, { from, until }: { from: Edge; until: Edge | null }): Promise<Stretch[]> {
  const { partitions } = await findTopic(deps.database, topic)
  const starts = await positionsOf(deps.database, { topic, partitions }, from)
  const ends = until === null ? null : await positionsOf(deps.database, { topic, partitions }, until)
  const stretches: Stretch[] = []
  for (const position of starts) {
    // Only a given position can be outside; what an edge stands for was inside when it was looked up.
    if (isPositions(from)) assertInside(position, await readRange(deps, position))
    const end = ends?.find(({ partition }) => partition === position.partition)
    if (ends === null) stretches.push({ position, until: null })
    else if (end !== undefined) stretches.push({ position, until: end.nextOffset })
  }
  return stretches
}

/** One for each partition, in their order. Rejects LogError. */
export async function readPositions(
  { database }: Pick<Deps, 'database'>,
  topic: string,
  edge: 'first' | 'end' | { recordedAt: number },
  signal: AbortSignal,
): Promise<readonly Position[]> {
  if (signal.aborted) throw new LogError('aborted', `looking up where to read ${topic}: aborted before it began`)
  const { partitions } = await findTopic(database, topic)
  return positionsOf(database, { topic, partitions }, edge)
}

type Row = { partition: number; next_offset: string }

async function positionsOf(
  database: Database,
  { topic, partitions }: { topic: string; partitions: number },
  edge: Edge,
): Promise<Position[]> {
  if (isPositions(edge)) return edge.filter(position => position.topic === topic && position.partition < partitions)
  const column = edge === 'first' ? 'first_offset' : edge === 'end' ? 'next_offset' : 'log_offset_at(topic, partition, $2)'
  const values = typeof edge === 'string' ? [topic] : [topic, new Date(edge.recordedAt).toISOString()]
  try {
    const sql = `select partition, ${column} as next_offset from log_partitions where topic = $1 order by partition`
    const rows = await database.query<Row>(sql, values)
    return rows.map(row => ({ topic, partition: row.partition, nextOffset: BigInt(row.next_offset) }))
  } catch (error) {
    throw toLogError(`looking up where to read ${topic}`, error)
  }
}

const isPositions = (edge: Edge): edge is readonly Position[] => Array.isArray(edge)

async function firstMoved(tails: Tails, stretches: readonly Stretch[], signal: AbortSignal): Promise<readonly Stretch[]> {
  if (signal.aborted) return stretches
  const enough = new AbortController()
  const onAbort = () => enough.abort()
  signal.addEventListener('abort', onAbort, { once: true })
  const moved = await Promise.race(stretches.map(stretch => tails.moved(stretch.position, enough.signal).then(() => stretch)))
  enough.abort()
  signal.removeEventListener('abort', onAbort)
  return [moved]
}
