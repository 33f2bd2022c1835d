// The stretches of a replay: what it copies of each partition, found out once, and how far it is there. A row moves only from where its writer
// believes it to be, and only for who holds the replay: so nothing is counted, or in Postgres copied, twice.
import type { Transaction } from '../database/database.ts'
import type { TopicName } from '../events/topics.ts'
import { isHeld } from './held-replays.ts'

/** Why a record that was asked for is not copied. `truncated`: the log forgot it before its turn came, whether or not it was asked for. */
export type WhyLeftOut = 'purged' | 'unreadable' | 'refused' | 'truncated'
export type LeftOut = Readonly<Partial<Record<WhyLeftOut, number>>>

/** `topic`: without the prefix. The range is [firstOffset, untilOffset); null: it is followed. */
export type Range = { topic: TopicName; partition: number; firstOffset: bigint; untilOffset: bigint | null; truncated: boolean }
export type Stretch = Range & {
  /** Where it went on when the log had forgotten what was to come next; null: the log had it. */
  forgottenUntil: bigint | null
  nextOffset: bigint
  recordsRead: number
  recordsWritten: number
  leftOut: LeftOut
  /** Of a log that is elsewhere, by topic: where what was written of this partition ended by then. */
  writtenUntil: Readonly<Record<string, string>>
  ended: boolean
}

type Row = {
  replay_id: string
  topic: TopicName
  partition: number
  first_offset: string
  until_offset: string | null
  truncated: boolean
  forgotten_until: string | null
  next_offset: string
  records_read: string
  records_written: string
  left_out: LeftOut
  written_until: Record<string, string>
  ended: boolean
}

const toStretch = (row: Row): Stretch => ({
  topic: row.topic,
  partition: row.partition,
  firstOffset: BigInt(row.first_offset),
  untilOffset: row.until_offset === null ? null : BigInt(row.until_offset),
  truncated: row.truncated,
  forgottenUntil: row.forgotten_until === null ? null : BigInt(row.forgotten_until),
  nextOffset: BigInt(row.next_offset),
  recordsRead: Number(row.records_read),
  recordsWritten: Number(row.records_written),
  leftOut: row.left_out,
  writtenUntil: row.written_until,
  ended: row.ended,
})

export async function insertStretches(tx: Transaction, replayId: string, ranges: readonly Range[]): Promise<void> {
  await tx.query(
    `insert into replay_partitions (replay_id, topic, partition, first_offset, until_offset, truncated, next_offset)
     select $1, r.topic, r.partition, r.first_offset, r.until_offset, r.truncated, r.first_offset
       from unnest($2::text[], $3::integer[], $4::bigint[], $5::bigint[], $6::boolean[])
            as r (topic, partition, first_offset, until_offset, truncated)`,
    [
      replayId,
      ranges.map(one => one.topic),
      ranges.map(one => one.partition),
      ranges.map(one => String(one.firstOffset)),
      ranges.map(one => (one.untilOffset === null ? null : String(one.untilOffset))),
      ranges.map(one => one.truncated),
    ],
  )
}

/** By replay; of each in order of topic and partition. */
export async function readStretches(
  database: Transaction,
  replayIds: readonly string[],
): Promise<ReadonlyMap<string, readonly Stretch[]>> {
  const rows = await database.query<Row>(
    'select * from replay_partitions where replay_id = any($1::text[]) order by topic, partition',
    [replayIds],
  )
  const found = Map.groupBy(rows, row => row.replay_id)
  return new Map(replayIds.map(id => [id, (found.get(id) ?? []).map(toStretch)]))
}

export type Moving = { replayId: string; owner: string; from: Stretch; to: Stretch }

/** false: somebody else moved it, has it, or stopped it; nothing was written. */
export async function moveStretch(tx: Transaction, { replayId, owner, from, to }: Moving): Promise<boolean> {
  const rows = await tx.query(
    `update replay_partitions set next_offset = $6, records_read = $7, records_written = $8, left_out = $9, written_until = $10, ended = $11,
       truncated = $12, forgotten_until = $13
      where replay_id = $1 and topic = $3 and partition = $4 and next_offset = $5 and not ended and ${isHeld}
      returning partition`,
    [
      ...[replayId, owner, from.topic, from.partition, String(from.nextOffset), String(to.nextOffset), to.recordsRead],
      ...[to.recordsWritten, JSON.stringify(to.leftOut), JSON.stringify(to.writtenUntil), to.ended, to.truncated],
      to.forgottenUntil === null ? null : String(to.forgottenUntil),
    ],
  )
  return rows.length > 0
}

/** Of all of them together. `records`: in the ranges; null: one has no end. */
export type Totals = { records: number | null; read: number; written: number; leftOut: LeftOut }

export const totalsOf = (stretches: readonly Stretch[]): Totals => ({
  records: stretches.reduce<number | null>(
    (sum, { firstOffset, untilOffset }) =>
      sum === null || untilOffset === null ? null : sum + Number(untilOffset - firstOffset),
    0,
  ),
  read: stretches.reduce((sum, one) => sum + one.recordsRead, 0),
  written: stretches.reduce((sum, one) => sum + one.recordsWritten, 0),
  leftOut: stretches.reduce((sum, one) => addedLeftOut(sum, one.leftOut), {}),
})

export const addedLeftOut = (one: LeftOut, other: LeftOut): LeftOut =>
  Object.fromEntries(whys.flatMap(why => nonZero(why, (one[why] ?? 0) + (other[why] ?? 0))))

const whys: readonly WhyLeftOut[] = ['purged', 'unreadable', 'refused', 'truncated']
const nonZero = (why: WhyLeftOut, count: number): [WhyLeftOut, number][] => (count === 0 ? [] : [[why, count]])

export const leftOutIn = (leftOut: LeftOut): number => whys.reduce((sum, why) => sum + (leftOut[why] ?? 0), 0)
