// What a replay would copy, counted without writing anything: by type and by partition, for as many records, bytes and seconds as an answer has.
import type { Codec } from '../events/codec.ts'
import type { TopicName } from '../events/topics.ts'
import type { EventLog } from '../log/log.ts'
import { type Choice, judgeRecord, typeOf } from './chosen.ts'
import type { Range } from './stretches.ts'

export type Counted = {
  /** Whether all of the range was counted; if not, there is at least as much. */
  complete: boolean
  /** Records in the range. */
  records: number
  read: number
  matched: number
  byType: Readonly<Record<string, number>>
  byPartition: readonly { topic: TopicName; partition: number; records: number; matched: number }[]
}
/** Where counting ends, whichever is reached first. */
export type Most = { records: number; bytes: number; ms: number }
type Deps = { log: Pick<EventLog, 'read'>; codec: Pick<Codec, 'decode'>; topic(name: TopicName): string }
type Counting = {
  choice: Choice
  most: Most
  /** Aborts when its time is over. */
  patience: AbortSignal
  complete: boolean
  read: number
  bytes: number
  byType: Map<string, number>
}

/** Rejects LogError, or where the registry is away; with the signal, but not when its own time is over. */
export async function countRange(
  deps: Deps,
  { choice, ranges, most }: { choice: Choice; ranges: readonly Range[]; most: Most },
  signal: AbortSignal,
): Promise<Counted> {
  const patience = AbortSignal.timeout(most.ms)
  const counting: Counting = { choice, most, patience, complete: true, read: 0, bytes: 0, byType: new Map() }
  const byPartition: Counted['byPartition'][number][] = []
  for (const range of ranges) {
    const records = Number((range.untilOffset ?? range.firstOffset) - range.firstOffset)
    const matched = records > 0 && counting.complete ? await matchedIn(deps, counting, range, signal) : 0
    byPartition.push({ topic: range.topic, partition: range.partition, records, matched })
  }
  const { complete, read, byType } = counting
  const sum = (of: 'records' | 'matched') => byPartition.reduce((sum, one) => sum + one[of], 0)
  return {
    ...{ complete, records: sum('records'), read, matched: sum('matched') },
    ...{ byType: Object.fromEntries([...byType].sort()), byPartition },
  }
}

/** How many of a partition; the rest is noted in what is counted. */
async function matchedIn({ log, codec, topic }: Deps, counting: Counting, range: Range, signal: AbortSignal): Promise<number> {
  const { patience, choice, byType } = counting
  const from = { topic: topic(range.topic), partition: range.partition, nextOffset: range.firstOffset }
  const until = { ...from, nextOffset: range.untilOffset ?? range.firstOffset }
  const enough = AbortSignal.any([signal, patience])
  let matched = 0
  try {
    for await (const record of log.read(from.topic, { from: [from], until: [until] }, enough)) {
      counting.complete = !isEnough(counting)
      if (!counting.complete) break
      const verdict = await judgeRecord(codec, choice, record, enough)
      counting.read += 1
      counting.bytes += record.value?.length ?? 0
      if (verdict !== 'chosen') continue
      matched += 1
      byType.set(typeOf(record), (byType.get(typeOf(record)) ?? 0) + 1)
    }
  } catch (error) {
    if (signal.aborted || !patience.aborted) throw error
    counting.complete = false
  }
  return matched
}

const isEnough = ({ most, patience, read, bytes }: Counting): boolean =>
  read >= most.records || bytes >= most.bytes || patience.aborted
