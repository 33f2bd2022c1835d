// The table commands_begin: where the commands of the log begin for this database. What lies before was accepted under one that is lost, with what
// was done of it: whether it was sent nobody here knows, so that it is not sent. This file alone names it.
import type { Transaction } from '../database/database.ts'

/** `ends`: of the topic, by partition. Where the beginning is known it stays: commands may have been accepted since. */
export async function keepBeginning(
  database: Transaction,
  ends: readonly { partition: number; endOffset: bigint }[],
): Promise<void> {
  await database.query(
    `insert into commands_begin (partition, next_offset)
     select partition, next_offset from unnest($1::integer[], $2::bigint[]) as n(partition, next_offset) on conflict do nothing`,
    [ends.map(one => one.partition), ends.map(one => String(one.endOffset))],
  )
}

/** A condition: there were some before, and which of them are asked for anew is known once they are read. `partition`: SQL. */
export const hasBefore = (partition: string): string =>
  `exists (select from commands_begin b where b.partition = ${partition} and b.next_offset > 0)`

/** A condition; `place`: the offset after the record's, as SQL, like `partition`. */
export const isBeforeBeginning = (partition: string, place: string): string =>
  `exists (select from commands_begin b where b.partition = ${partition} and ${place} <= b.next_offset)`
