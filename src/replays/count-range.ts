// What a replay would copy, counted without writing anything: by type and by partition, for as many records as an answer has time for.
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
type Deps = { log: Pick<EventLog, 'read'>; codec: Pick<Codec, 'decode'>; topic(name: TopicName): string }

/** Rejects LogError, or where the registry is away. */
export async function countRange(
  { log, codec, topic }: Deps,
  { choice, ranges, most }: { choice: Choice; ranges: readonly Range[]; most: number },
  signal: AbortSignal,
): Promise<Counted> {
  const byType = new Map<string, number>()
  const byPartition: Counted['byPartition'][number][] = []
  let read = 0
  for (const range of ranges) {
    const { partition, firstOffset } = range
    const until = range.untilOffset ?? firstOffset
    const from = { topic: topic(range.topic), partition, nextOffset: firstOffset }
    let matched = 0
    if (firstOffset < until && read < most)
      for await (const record of log.read(from.topic, { from: [from], until: [{ ...from, nextOffset: until }] }, signal)) {
        read += 1
        const verdict = await judgeRecord(codec, choice, record, signal)
        if (verdict === 'chosen') {
          matched += 1
          byType.set(typeOf(record), (byType.get(typeOf(record)) ?? 0) + 1)
        }
        if (read >= most) break
      }
    byPartition.push({ topic: range.topic, partition, records: Number(until - firstOffset), matched })
  }
  const records = byPartition.reduce((sum, one) => sum + one.records, 0)
  const matched = byPartition.reduce((sum, one) => sum + one.matched, 0)
  return { complete: read < most, records, read, matched, byType: Object.fromEntries([...byType].sort()), byPartition }
}
