// Where a projection is: tokens of positions, waiting until one is projected, resuming a key that was left out, and what it has taken in.
import type { Transaction } from '../database/database.ts'
import type { TopicName } from '../events/topics.ts'
import type { Position } from '../log/log.ts'
import { wait } from '../runtime/wait.ts'
import { liveVersions } from './go-live.ts'
import type { Projection } from './projection.ts'

export { readAccounted, readGaps } from './account.ts'
export { readCheckpoints } from './checkpoints.ts'
export { type LeftOut, listLeftOut, listSkipped, requestResume, requestSkip, type Skipped } from './quarantine.ts'
export { accountOfSeen, SEEN_PER_INSTANCE } from './seen.ts'

const POLL_MS = 20

/** Opaque to clients: what was appended to one topic ends before these positions. */
export const positionToken = (topic: TopicName, positions: readonly Position[]): string =>
  Buffer.from(JSON.stringify([topic, ...positions.map(one => [one.partition, String(one.nextOffset)])])).toString('base64url')

/**
 * Of the version that is live, or the last one where none is told live. `reached`: everything before the token's positions is projected, so that a read sees it. `timed-out`: the signal aborted first.
 * `invalid`: no token of ours, or of a topic or partition that the projection does not read.
 */
export async function waitForPosition(
  database: Transaction,
  { name }: Pick<Projection, 'name'>,
  token: string,
  signal: AbortSignal,
): Promise<'reached' | 'timed-out' | 'invalid'> {
  const position = parseToken(token)
  if (position === null) return 'invalid'
  const values = [name, position.topic, position.partitions, position.offsets]
  do {
    const [answer] = await database.query<{ known: number; reached: number }>(
      `select count(*)::integer as known, count(*) filter (where (c.offsets ->> $2)::bigint >= w.next_offset)::integer as reached
       from unnest($3::integer[], $4::bigint[]) as w(partition, next_offset)
       join projection_checkpoints c on c.projection = $1 and c.partition = w.partition and c.offsets ? $2
         and c.version = coalesce((select version from ${liveVersions} live where projection = $1),
           (select max(version) from projection_checkpoints where projection = $1))`,
      values,
    )
    if (answer === undefined || answer.known !== position.partitions.length) return 'invalid'
    if (answer.reached === answer.known) return 'reached'
  } while (await wait(POLL_MS, signal))
  return 'timed-out'
}

/** What a token that waitForPosition took stands for. */
export function positionsIn(token: string): { topic: TopicName; positions: readonly Omit<Position, 'topic'>[] } {
  const { topic, partitions, offsets } = parseToken(token) ?? { topic: 'events', partitions: [], offsets: [] }
  return {
    topic: topic as TopicName,
    positions: partitions.map((partition, index) => ({ partition, nextOffset: BigInt(offsets[index] ?? 0) })),
  }
}

function parseToken(token: string): { topic: string; partitions: readonly number[]; offsets: readonly string[] } | null {
  const [topic, ...places] = parseList(Buffer.from(token, 'base64url').toString())
  const parsed = places.flatMap(place => {
    const [partition, offset] = Array.isArray(place) ? place : []
    return isPartition(partition) && typeof offset === 'string' && /^\d{1,18}$/.test(offset) ? [{ partition, offset }] : []
  })
  if (typeof topic !== 'string' || topic.includes('\0') || parsed.length !== places.length) return null
  return { topic, partitions: parsed.map(one => one.partition), offsets: parsed.map(one => one.offset) }
}

const isPartition = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 31

function parseList(text: string): readonly unknown[] {
  try {
    const parsed: unknown = JSON.parse(text)
    return Array.isArray(parsed) ? parsed : []
  } catch {
    return [] // no token of ours
  }
}
