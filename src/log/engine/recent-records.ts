// What this process appended last, until those of its readers that follow the partition have taken it: they need not ask the log for what it was
// just given. Exactly what a read would answer, in offset order; where the next record is not here, the log is read.
import type { LogRecord, NewRecord, Position, TopicPartition } from '../log.ts'
import type { ReadLimits } from './partition-reader.ts'
import { indexOfRun, type Run, takeFrom, toRun } from './record-runs.ts'

export type RecentRecords = {
  /**
   * They are durable, and one after another in the log from firstOffset on. Where nobody follows the partition nothing is kept, and of appends
   * side by side not the earlier that is told of later: the log has it.
   */
  keep(at: TopicPartition, firstOffset: bigint, records: readonly NewRecord[]): void
  /** The log said where the partition begins and ends: what is not in there any more goes. */
  bound(at: TopicPartition, bounds: { firstOffset: bigint; endOffset: bigint }): void
  /** `kept`: records of the partition that end there were kept, perhaps behind others that are not here. */
  follow(from: Position, kept?: (endOffset: bigint) => void): Follower
  /** Of which something is here. */
  topics(): readonly string[]
}

/** One reader's place in a partition. */
export type Follower = {
  /** The log itself answered for this place: before, and once the log was seen to be another than it was, nothing is taken from here. */
  moveTo(nextOffset: bigint): void
  /** The reader went on to this place, for which the log did not answer: nothing is taken from here until it has. */
  leave(nextOffset: bigint): void
  /** The record at this place is here. */
  has(): boolean
  /** From this place on what is here without a gap, within the limits but one record at least; the place is behind it then. Empty: nothing. */
  take(limits: ReadLimits): readonly LogRecord[]
  close(): void
}

type Partition = { topic: string; runs: Run[]; places: Set<Place> }
type Place = { nextOffset: bigint; isConfirmed: boolean; kept(endOffset: bigint): void }

/** maxBytes: of all partitions together; the oldest go first. */
export function createRecentRecords({ maxBytes }: { maxBytes: number }): RecentRecords {
  const partitions = new Map<string, Partition>()
  const kept = createKeptRuns(maxBytes)
  return {
    keep: (at, firstOffset, records) => {
      const partition = partitions.get(nameOf(at))
      if (partition === undefined) return
      const run = toRun(at, firstOffset, records)
      if (isTaken(partition, run)) forget(kept, partition)
      if (isLast(partition, run) && isAwaited(partition, run)) kept.add(partition, run)
      for (const place of [...partition.places]) place.kept(run.endOffset)
    },
    bound: (at, { firstOffset, endOffset }) => {
      const partition = partitions.get(nameOf(at))
      if (partition === undefined) return
      if (endOffset < (partition.runs.at(-1)?.endOffset ?? 0n)) forget(kept, partition)
      kept.dropUntil(partition, run => run.firstOffset >= firstOffset)
    },
    follow: (from, told = () => undefined) => {
      const name = nameOf(from)
      const partition = partitions.get(name) ?? { topic: from.topic, runs: [], places: new Set() }
      partitions.set(name, partition)
      const place: Place = { nextOffset: from.nextOffset, isConfirmed: false, kept: told }
      partition.places.add(place)
      const left = () => void (partition.places.size === 0 && partitions.delete(name))
      return followerAt(place, { kept, partition, left })
    },
    topics: kept.topics,
  }
}

const nameOf = ({ topic, partition }: TopicPartition) => `${topic}/${partition}`

const isAwaited = ({ places }: Partition, { endOffset }: Run) => [...places].some(({ nextOffset }) => nextOffset < endOffset)

/** Connections that append side by side tell of it in any order: what comes late is in a gap, and is not kept. */
const isLast = ({ runs }: Partition, { firstOffset }: Run) => firstOffset >= (runs.at(-1)?.endOffset ?? 0n)

/** No log has two records at one offset. */
function isTaken({ runs }: Partition, { firstOffset, endOffset }: Run): boolean {
  const before = runs.findLast(run => run.firstOffset < endOffset)
  return before !== undefined && before.endOffset > firstOffset
}

/** The log is not the one it was. */
function forget(kept: KeptRuns, partition: Partition) {
  kept.dropUntil(partition, () => false)
  for (const place of partition.places) place.isConfirmed = false
}

/** left: this was one of its places, and is none any more. */
function followerAt(place: Place, { kept, partition, left }: { kept: KeptRuns; partition: Partition; left(): void }): Follower {
  const dropTaken = () => kept.dropUntil(partition, run => isAwaited(partition, run))
  return {
    moveTo: nextOffset => {
      place.nextOffset = nextOffset
      place.isConfirmed = true
      dropTaken()
    },
    leave: nextOffset => {
      place.nextOffset = nextOffset
      place.isConfirmed = false
      dropTaken()
    },
    has: () => place.isConfirmed && indexOfRun(partition.runs, place.nextOffset) !== null,
    take: limits => {
      const taken = place.isConfirmed ? takeFrom(partition.runs, place.nextOffset, limits) : []
      place.nextOffset += BigInt(taken.length)
      dropTaken()
      return taken
    },
    close: () => {
      if (!partition.places.delete(place)) return
      dropTaken()
      left()
    },
  }
}

type KeptRuns = {
  /** Behind the others of its partition; the oldest of all go where there are too many. */
  add(partition: Partition, run: Run): void
  /** The first of a partition, until one is wanted. */
  dropUntil(partition: Partition, isWanted: (run: Run) => boolean): void
  topics(): readonly string[]
}

function createKeptRuns(maxBytes: number): KeptRuns {
  /** Of all partitions, the oldest first: each is the first of its partition when its turn comes. */
  const byAge = new Map<Run, Partition>()
  let keptBytes = 0

  function drop({ runs }: Partition, count: number) {
    for (const run of runs.splice(0, count)) {
      byAge.delete(run)
      keptBytes -= run.sizeBytes
    }
  }

  return {
    add: (partition, run) => {
      partition.runs.push(run)
      byAge.set(run, partition)
      keptBytes += run.sizeBytes
      for (const [, oldest] of byAge) {
        if (keptBytes <= maxBytes) break
        drop(oldest, 1)
      }
    },
    dropUntil: (partition, isWanted) => {
      const first = partition.runs.findIndex(isWanted)
      if (first !== 0) drop(partition, first === -1 ? partition.runs.length : first)
    },
    topics: () => [...new Set([...byAge.values()].map(({ topic }) => topic))],
  }
}
