// The table commands_begin: where the commands of the log begin for this database. What lies before was accepted under one that is lost, or under a
// later state of this one, with what was done of it: whether it was sent nobody here knows, so that it is not sent before the log is asked. This file
// alone names it.
import type { Transaction } from '../database/database.ts'

/** Of topic commands, and of topic events, where what came of them is. */
type Ends = { partition: number; endOffset: bigint; outcomesEnd: bigint }

/** Where the beginning is known it stays: commands may have been accepted since. */
export async function keepBeginning(database: Transaction, ends: readonly Ends[]): Promise<void> {
  await database.query(
    `insert into commands_begin (partition, next_offset, outcomes_end, seen_end, own_from)
     select partition, next_offset, outcomes_end, outcomes_end, next_offset from unnest($1::integer[], $2::bigint[], $3::bigint[]) as n(partition, next_offset, outcomes_end)
     on conflict do nothing`,
    [ends.map(one => one.partition), ends.map(one => String(one.endOffset)), ends.map(one => String(one.outcomesEnd))],
  )
}

/**
 * A condition: there were some before, and it is not known yet which of them are asked for anew. Once all are told each has a row. `partition`: SQL.
 */
export const hasBefore = (partition: string): string =>
  `exists (select from commands_begin b where b.partition = ${partition} and b.next_offset > 0 and not b.is_told)`

/** A condition; `place`: the offset after the record's, as SQL, like `partition`. */
export const isBeforeBeginning = (partition: string, place: string): string =>
  `exists (select from commands_begin b where b.partition = ${partition} and ${place} <= b.next_offset)`

/**
 * `nextOffset`: where the commands begin; outcomes in [outcomesNext, outcomesEnd) of topic events are still to be read. `holdsAll`: until they are,
 * nothing is tried.
 */
export type Untold = { partition: number; nextOffset: bigint; outcomesNext: bigint; outcomesEnd: bigint; holdsAll: boolean }

/** Partitions with commands of a lost database; none once what came of each of them is told. */
export async function listUntold(database: Transaction): Promise<readonly Untold[]> {
  const rows = await database.query<UntoldRow>(
    `select partition, next_offset, outcomes_next, outcomes_end, is_older and not is_open as holds_all
     from commands_begin where next_offset > 0 and not is_told order by partition`,
  )
  return rows.map(row => ({
    partition: row.partition,
    holdsAll: row.holds_all,
    nextOffset: BigInt(row.next_offset),
    outcomesNext: BigInt(row.outcomes_next),
    outcomesEnd: BigInt(row.outcomes_end),
  }))
}

type UntoldRow = { partition: number; next_offset: string; outcomes_next: string; outcomes_end: string; holds_all: boolean }

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

/** All whose rows are there are told, or go on: the others are untold as soon as they have one, and hold nobody else up meanwhile. */
export const letOthersGoOn = (tx: Transaction): Promise<unknown> =>
  tx.query('update commands_begin set is_open = true where not is_told')

/** A condition: nothing is tried while it is not read what the log says of commands that a later state of this database had. */
export const isLearning =
  'exists (select from commands_begin b where b.is_older and not (b.is_told or b.is_open) and b.next_offset > 0)'

/** A condition: what is untold is this database's own, of a later state, and not of one that is lost. As `isBeforeBeginning`. */
export const isOwn = (partition: string, place: string): string =>
  `exists (select from commands_begin b where b.partition = ${partition} and ${place} > ${ownFrom})`

const ownFrom = 'coalesce(b.own_from, case when b.is_older then 0 else b.next_offset end)'

/** Per partition, what lies before which in topic events says nothing new of this database; those that were never looked at are left out. */
export async function readSeen(database: Transaction): Promise<ReadonlyMap<number, bigint>> {
  const rows = await database.query<{ partition: number; seen_end: string }>('select partition, seen_end from commands_begin')
  return new Map(rows.map(row => [row.partition, BigInt(row.seen_end)]))
}

/** Of topic events [from, until) was looked through, knowing `seen`. */
export type Looked = { partition: number; from: bigint; until: bigint }

/** Until the transaction ends nobody else looks. false: somebody did meanwhile, and what was found is to be found again. */
export async function keepSeen(tx: Transaction, looked: readonly Looked[], seen: ReadonlyMap<number, bigint>): Promise<boolean> {
  const partitions = looked.map(one => one.partition)
  await tx.query(
    'insert into commands_begin (partition, next_offset) select n, 0 from unnest($1::integer[]) as n on conflict do nothing',
    [partitions],
  )
  await holdTelling(tx)
  const now = await readSeen(tx)
  if (partitions.some(partition => now.get(partition) !== (seen.get(partition) ?? 0n))) return false
  await tx.query(
    `update commands_begin b set seen_end = n.seen_end from unnest($1::integer[], $2::bigint[]) as n(partition, seen_end)
     where b.partition = n.partition`,
    [partitions, looked.map(one => String(one.until))],
  )
  return true
}

/** Where `Ends` are, and from where on topic events may have outcomes that this database does not know. */
type BeginsAgain = Ends & { outcomesNext: bigint }

/**
 * What a later state of this database had accepted, or done, is to be learnt from the log. What is still to be told of one that is lost stays
 * to be told so.
 */
export async function beginAgain(tx: Transaction, ends: readonly BeginsAgain[]): Promise<void> {
  await tx.query(
    `insert into commands_begin as b (partition, next_offset, outcomes_next, outcomes_end, seen_end, is_older, own_from)
     select partition, next_offset, outcomes_next, outcomes_end, outcomes_end, true, 0
     from unnest($1::integer[], $2::bigint[], $3::bigint[], $4::bigint[]) as n(partition, next_offset, outcomes_next, outcomes_end)
     on conflict (partition) do update set next_offset = excluded.next_offset, outcomes_end = excluded.outcomes_end, is_told = false, is_open = false,
       outcomes_next = case when ${isOpen} then least(b.outcomes_next, excluded.outcomes_next) else excluded.outcomes_next end,
       own_from = ${ownFrom}, is_older = true`,
    [
      ends.map(one => one.partition),
      ends.map(one => String(one.endOffset)),
      ends.map(one => String(one.outcomesNext)),
      ends.map(one => String(one.outcomesEnd)),
    ],
  )
}

const isOpen = '(b.next_offset > 0 and not b.is_told)'

/** In a transaction that holds the telling: nobody began again since `untold` was read, and what was learnt is all that there was to learn. */
export async function isStillSo(tx: Transaction, untold: readonly Untold[]): Promise<boolean> {
  const now = await listUntold(tx)
  const endOf = new Map(untold.map(one => [one.partition, one.outcomesEnd]))
  return now.length === untold.length && now.every(one => endOf.get(one.partition) === one.outcomesEnd)
}
