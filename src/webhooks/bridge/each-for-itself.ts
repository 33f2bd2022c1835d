// Many rows written together, and each alone where Postgres refuses one of them: what it refuses a value of is that row's own matter.
import { DatabaseError } from '../../database/database.ts'

/** A row's own answer, which others do not wait for: it may come later, or reject. */
export type Later<Answer> = { answer: Promise<Answer> }
export type Writing<Row, Answer> = {
  /** Answers for each row, in order. All of them are written or none is; repeated, it answers the same. */
  write(rows: readonly Row[]): Promise<readonly Answer[]>
  /** Of a row that is refused although it goes alone. */
  refused(row: Row, error: unknown): Promise<Later<Answer>>
}

/**
 * One statement at a time: where rows are refused, each half of them goes by itself, so that one of hundreds costs a dozen statements. What is
 * no refusal rejects for all of them, also for those that are written: they come again.
 */
export async function writeEachForItself<Row, Answer>(
  how: Writing<Row, Answer>,
  rows: readonly Row[],
  signal: AbortSignal,
): Promise<readonly Later<Answer>[]> {
  try {
    return (await how.write(rows)).map(answer => ({ answer: Promise.resolve(answer) }))
  } catch (error) {
    if (signal.aborted || !isRefusal(error)) throw error
    const [row, ...others] = rows
    if (row === undefined) throw error
    if (others.length === 0) return [await how.refused(row, error)]
  }
  const half = Math.ceil(rows.length / 2)
  const first = await writeEachForItself(how, rows.slice(0, half), signal)
  return [...first, ...(await writeEachForItself(how, rows.slice(half), signal))]
}

/** The row's answer is what it was refused for. */
export function refusedFor(error: unknown): Later<never> {
  const answer = Promise.reject(error)
  answer.catch(() => undefined) // whoever asked for the row has the rejection, once the rows after it are through
  return { answer }
}

/** It would be refused again: waiting mends nothing. */
export const isRefusal = (error: unknown): boolean =>
  !(error instanceof DatabaseError) || error.code === 'constraint' || error.code === 'failed'
