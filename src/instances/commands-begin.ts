// The table commands_begin: where the commands of the log begin for this database. What lies before was accepted under one that is lost, with what
// was done of it: whether it was sent nobody here knows, so that it is not sent. This file alone names it.
import type { Transaction } from '../database/database.ts'

/** Of topic commands, and of topic events, where what came of them is. */
type Ends = { partition: number; endOffset: bigint; outcomesEnd: bigint }

/** Where the beginning is known it stays: commands may have been accepted since. */
export async function keepBeginning(database: Transaction, ends: readonly Ends[]): Promise<void> {
  await database.query(
    `insert into commands_begin (partition, next_offset, outcomes_end)
     select partition, next_offset, outcomes_end from unnest($1::integer[], $2::bigint[], $3::bigint[]) as n(partition, next_offset, outcomes_end)
     on conflict do nothing`,
    [ends.map(one => one.partition), ends.map(one => String(one.endOffset)), ends.map(one => String(one.outcomesEnd))],
  )
}

/** A condition: there were some before, and which of them are asked for anew is known once they are read. `partition`: SQL. */
export const hasBefore = (partition: string): string =>
  `exists (select from commands_begin b where b.partition = ${partition} and b.next_offset > 0)`

/** A condition; `place`: the offset after the record's, as SQL, like `partition`. */
export const isBeforeBeginning = (partition: string, place: string): string =>
  `exists (select from commands_begin b where b.partition = ${partition} and ${place} <= b.next_offset)`

/** `nextOffset`: where the commands begin; outcomes in [outcomesNext, outcomesEnd) of topic events are still to be read. */
export type Untold = { partition: number; nextOffset: bigint; outcomesNext: bigint; outcomesEnd: bigint }

/** Partitions with commands of a lost database; none once what came of each of them is told. */
export async function listUntold(database: Transaction): Promise<readonly Untold[]> {
  const rows = await database.query<{ partition: number; next_offset: string; outcomes_next: string; outcomes_end: string }>(
    'select partition, next_offset, outcomes_next, outcomes_end from commands_begin where next_offset > 0 and not is_told order by partition',
  )
  return rows.map(row => ({
    partition: row.partition,
    nextOffset: BigInt(row.next_offset),
    outcomesNext: BigInt(row.outcomes_next),
    outcomesEnd: BigInt(row.outcomes_end),
  }))
}

/** false: somebody else went on. */
export async function moveOutcomes(
  tx: Transaction,
  { partition, from, to }: { partition: number; from: bigint; to: bigint },
): Promise<boolean> {
  const moved = await tx.query(
    'update commands_begin set outcomes_next = $3 where partition = $1 and outcomes_next = $2 returning partition',
    [partition, String(from), String(to)],
  )
  return moved.length > 0
}

/** One at a time, until the transaction ends. */
export const holdTelling = (tx: Transaction): Promise<unknown> =>
  tx.query('select from commands_begin order by partition for update')

export const endTelling = (tx: Transaction): Promise<unknown> =>
  tx.query('update commands_begin set is_told = true where not is_told')
