// Erases the objects that the log tells of: what was put under another S3_KEY_PREFIX, raw bytes, and what no row and no listing knows. Read
// from the first record that is kept to where the log ended when it was begun: the account says nothing more by then, and what is under way
// in the processors is theirs to delete.
import type { Database } from '../database/database.ts'
import { type Codec, EventError } from '../events/codec.ts'
import type { Event } from '../events/event.ts'
import type { TopicName } from '../events/topics.ts'
import { type EventLog, LogError, type LogRecord, type TopicPartition } from '../log/log.ts'
import type { ObjectStore } from '../objects/objects.ts'
import { keysIn } from './object-shapes.ts'
import { advance, type Progress, type Purge } from './purge-rows.ts'

export type ToldDeps = {
  database: Database
  objects: Pick<ObjectStore, 'delete'>
  log: Pick<EventLog, 'read' | 'lag'>
  codec: Pick<Codec, 'decode'>
  topic(name: TopicName): string
  /** Where the records of an instance are, in every topic that is keyed by it. */
  partitionOf(instanceId: string): number
}

const topicsRead = ['events', 'history', 'media-downloaded', 'media-stored'] as const
/** Where reading stands. */
type Cursor = { topic: (typeof topicsRead)[number]; nextOffset: string; untilOffset: string }
const RECORDS_AT_ONCE = 2_000

/** So many records and no more; `next` after the last one. null: somebody else went on with the purge. */
export async function eraseTold(deps: ToldDeps, purge: Purge, next: Progress, signal: AbortSignal): Promise<Purge | null> {
  const cursor = readCursor(purge.cursor) ?? (await beginning(deps, purge.instanceId, topicsRead[0], signal))
  try {
    return await readOn(deps, purge, { cursor, next }, signal)
  } catch (error) {
    if (!(error instanceof LogError && error.code === 'truncated')) throw error
    // What its retention took meanwhile cannot be read any more: from its first record again.
    return advance(deps.database, purge, { cursor: await beginning(deps, purge.instanceId, cursor.topic, signal) })
  }
}

async function readOn(
  deps: ToldDeps,
  purge: Purge,
  { cursor, next }: { cursor: Cursor; next: Progress },
  signal: AbortSignal,
): Promise<Purge | null> {
  const at = { topic: deps.topic(cursor.topic), partition: deps.partitionOf(purge.instanceId) }
  const from = BigInt(cursor.nextOffset)
  const until = least(BigInt(cursor.untilOffset), from + BigInt(RECORDS_AT_ONCE))
  const keys = from < until ? await keysTold(deps, purge.instanceId, { at, from, until }, signal) : []
  if (keys.length > 0) await deps.objects.delete(keys, signal)
  const erased = { what: 'objects named in the log', count: keys.length }
  if (until < BigInt(cursor.untilOffset))
    return advance(deps.database, purge, { cursor: { ...cursor, nextOffset: String(until) }, erased })
  const following = topicsRead[topicsRead.indexOf(cursor.topic) + 1]
  if (following === undefined) return advance(deps.database, purge, { ...next, cursor: null, erased })
  return advance(deps.database, purge, { cursor: await beginning(deps, purge.instanceId, following, signal), erased })
}

async function beginning(deps: ToldDeps, instanceId: string, topic: Cursor['topic'], signal: AbortSignal): Promise<Cursor> {
  const at = { topic: deps.topic(topic), partition: deps.partitionOf(instanceId) }
  const [lag] = await deps.log.lag([{ ...at, nextOffset: 0n }], signal)
  return { topic, nextOffset: String(lag?.firstOffset ?? 0n), untilOffset: String(lag?.endOffset ?? 0n) }
}

async function keysTold(
  deps: ToldDeps,
  instanceId: string,
  { at, from, until }: { at: TopicPartition; from: bigint; until: bigint },
  signal: AbortSignal,
): Promise<readonly string[]> {
  const keys = new Set<string>()
  const range = { from: [{ ...at, nextOffset: from }], until: [{ ...at, nextOffset: until }] }
  for await (const record of deps.log.read(at.topic, range, signal)) {
    if (record.key !== instanceId) continue
    const event = await decode(deps, record, signal)
    if (event?.instanceId === instanceId) for (const key of keysIn(event)) keys.add(key)
  }
  return [...keys]
}

/** null: not an event, which tells of nothing. Rejects when the registry is away. */
async function decode({ codec }: ToldDeps, record: LogRecord, signal: AbortSignal): Promise<Event | null> {
  try {
    return await codec.decode(record.value, signal)
  } catch (error) {
    if (error instanceof EventError) return null
    throw error
  }
}

/** Our own, from our own row. */
const readCursor = (cursor: unknown): Cursor | null =>
  typeof cursor === 'object' && cursor !== null && 'untilOffset' in cursor ? (cursor as Cursor) : null

const least = (one: bigint, other: bigint): bigint => (one < other ? one : other)
