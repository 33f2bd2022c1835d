// What was fetched of one partition and not yet taken, within a bound, and behind it what this process appended; records come out in offset order,
// gaps are known.
import { createBell } from '../../runtime/bell.ts'
import { sizeOf } from '../append/send-queue.ts'
import type { PartitionReader, ReadLimits } from '../engine/partition-reader.ts'
import type { Follower, RecentRecords } from '../engine/recent-records.ts'
import { type Batch, LogError, type LogRecord, type Position } from '../log.ts'
import type { Fetched } from './fetch.ts'
import { FED_MS, type Standing } from './fetch-plan.ts'

export type KafkaReader = PartitionReader & {
  /** Where the next fetch begins. */
  position(): Position
  /** `wants`: false for good once it is closed or failed. */
  standing(nowMs: number): Standing
  take(fetched: Fetched): void
  /** Final. What was fetched before comes out first. */
  fail(error: LogError): void
}
type Events = { changed(): void; closed(): void }

/** Fetched again when less than this is left, so that a reader rarely waits. */
const LOW_BYTES = 256 * 1024
/** Whoever took nothing for so long waits for something else than records. */
const TAKING_MS = 1_000

export function createKafkaReader(from: Position, recent: RecentRecords, events: Events): KafkaReader {
  const { topic, partition } = from
  const bell = createBell()
  let state = atBeginning(from, performance.now())
  let over: LogError | 'closed' | null = null
  const follower = recent.follow(from, endOffset => {
    state = toldOfEnd(state, endOffset)
    if (follower.has()) bell.ring()
    else if (endOffset > state.fetchedTo) events.changed()
  })
  const hasMore = () => hasFetched(state) || follower.has()

  async function ready(signal: AbortSignal) {
    await bell.until(() => hasMore() || over !== null, signal)
    if (!hasMore()) throw over instanceof LogError ? over : new LogError('aborted', `reading ${topic}/${partition}: aborted`)
  }

  return {
    ready,
    next: async (limits, signal) => {
      await ready(signal)
      const fromOffset = state.nextOffset
      const isFetched = hasFetched(state)
      const { records, left } = isFetched ? takeOut(state, limits) : takeRecent(state, follower, limits)
      state = { ...left, takenMs: performance.now() }
      if (isFetched) events.changed()
      return { topic, partition, fromOffset, nextOffset: state.nextOffset, records } satisfies Batch
    },
    close: () => {
      over ??= 'closed'
      follower.close()
      events.closed()
      bell.ring()
    },
    position: () => ({ topic, partition, nextOffset: state.fetchedTo }),
    standing: nowMs => standingOf(state, { nowMs, isOver: over !== null, isKept: follower.has() }),
    take: fetched => {
      if (over !== null || fetched.fromOffset !== state.fetchedTo) return
      state = withFetched(state, fetched)
      if (state.fetchedTo <= state.endOffset) follower.moveTo(state.fetchedTo)
      else follower.leave(state.fetchedTo)
      bell.ring()
    },
    fail: error => {
      over ??= error
      bell.ring()
    },
  }
}

/** [nextOffset, fetchedTo) was fetched and not taken yet: these records, and gaps. */
type State = {
  records: readonly LogRecord[]
  sizeBytes: number
  nextOffset: bigint
  fetchedTo: bigint
  /** As last told, by the broker or by an append. */
  endOffset: bigint
  isAsked: boolean
  takenMs: number
  /** When it last went on from memory. */
  fedMs: number
}

const atBeginning = ({ nextOffset }: Position, nowMs: number): State => ({
  records: [],
  sizeBytes: 0,
  nextOffset,
  fetchedTo: nextOffset,
  endOffset: nextOffset,
  isAsked: false,
  takenMs: nowMs,
  fedMs: Number.NEGATIVE_INFINITY,
})

const hasFetched = ({ nextOffset, fetchedTo }: State) => nextOffset !== fetchedTo

const toldOfEnd = (state: State, endOffset: bigint): State => (endOffset > state.endOffset ? { ...state, endOffset } : state)

const standingOf = (state: State, { nowMs, isOver, isKept }: { nowMs: number; isOver: boolean; isKept: boolean }): Standing => ({
  wants: !isOver && !isKept && state.sizeBytes < LOW_BYTES,
  isAtEnd: state.isAsked && state.fetchedTo >= state.endOffset,
  isFed: !isOver && (isKept || nowMs - state.fedMs < FED_MS),
  isTaking: !isOver && nowMs - state.takenMs < TAKING_MS,
})

const withFetched = (state: State, { records, nextOffset, endOffset }: Fetched): State => ({
  ...state,
  records: state.records.length === 0 ? records : state.records.concat(records),
  sizeBytes: state.sizeBytes + bytesOf(records),
  fetchedTo: nextOffset,
  endOffset,
  isAsked: true,
})

type TakenOut = { records: readonly LogRecord[]; left: State }

/** One at least, where there are any. */
function takeOut(state: State, { maxRecords, maxBytes }: ReadLimits): TakenOut {
  let takenBytes = 0
  const tooMany = state.records.findIndex((record, index) => {
    takenBytes += sizeOf(record)
    return index > 0 && (index >= maxRecords || takenBytes > maxBytes)
  })
  if (tooMany === -1)
    return { records: state.records, left: { ...state, records: [], sizeBytes: 0, nextOffset: state.fetchedTo } }
  const records = state.records.slice(0, tooMany)
  const left = {
    ...state,
    records: state.records.slice(tooMany),
    sizeBytes: state.sizeBytes - bytesOf(records),
    nextOffset: (records.at(-1)?.offset ?? state.nextOffset) + 1n,
  }
  return { records, left }
}

/** What this process appended there is acknowledged and follows what the broker answered: no transaction of others is open before it. */
function takeRecent(state: State, follower: Follower, limits: ReadLimits): TakenOut {
  const records = follower.take(limits)
  const nextOffset = state.fetchedTo + BigInt(records.length)
  return { records, left: { ...toldOfEnd(state, nextOffset), nextOffset, fetchedTo: nextOffset, fedMs: performance.now() } }
}

const bytesOf = (records: readonly LogRecord[]) => records.reduce((sum, record) => sum + sizeOf(record), 0)
