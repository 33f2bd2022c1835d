// Appending inside of a transaction of the database that the log is in, as a part of its last statement: the records are in the log if it
// commits, and never otherwise. Promised by a log whose `inside` is not null; asserted by test/contracts/log-inside.ts.
//
// The statement is whoever's the transaction is: it has `given` after `from`, and ends with `appending`. From there until the commit the
// partitions written are locked, in one ascending order over all topics, so that offsets are dense and in the order of commits: nothing but
// the commit may come after it. Other appends there wait for that, of other processes too, and go on.
import type { Append, Position } from './log.ts'

export type AppendInside = {
  /**
   * Checked as by append, nothing is sent: rejects what append would reject, also where a topic is missing. Answers the parameters $1 to $7
   * of the statement.
   */
  prepare(appends: readonly Append[], signal: AbortSignal): Promise<readonly unknown[]>
  /**
   * SQL, for `from`: the prepared records as `r`, in the order given. Columns topic, partition, key, content, headers, recorded_at, size_bytes
   * and place, which counts from 1 over all of them.
   */
  given: string
  /** A statement that appends the rows of `records`, a part of the same statement with those columns. Its rows are AppendedRow. */
  appending(records: string): string
  /**
   * To be called once it is committed, with what `prepare` answered: readers are woken, and those of this process handed the records. Where that
   * is missed they find them by looking.
   */
  committed(rows: readonly AppendedRow[], prepared: readonly unknown[]): void
}
/** One for each partition written: how many records, and the offset after the last of them. */
export type AppendedRow = { topic: string; partition: number; records: number; end_offset: string }

export const positionOf = ({ topic, partition, end_offset }: AppendedRow): Position => ({
  topic,
  partition,
  nextOffset: BigInt(end_offset),
})
