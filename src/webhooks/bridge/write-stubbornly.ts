// Rows that have to be written, however often that has to be tried: each for itself, through outages. What is refused alone goes in its lesser
// forms. One that is refused in all of them is tried for as long as it takes, beside the others: nobody waits for it but who asked for it.
import { DatabaseError } from '../../database/database.ts'
import { persist } from '../../runtime/persist.ts'
import { isRefusal, type Later, writeEachForItself } from './each-for-itself.ts'

export type StubbornWriting<Row, Answer> = {
  /** Answers for each row, in order, what became of it. */
  write(rows: readonly Row[]): Promise<readonly Answer[]>
  /** What is left of a row that was refused for good `times` times before; null: nothing less can be written. */
  lessen(row: Row, times: number, error: unknown): Row | null
  failed(error: unknown, of: Failure): void
}
/** The write will be tried again. `isOfRow`: because of the values of this one row, in whatever form, and of nothing else. */
export type Failure = { rows: number; isOfRow: boolean; attempt: number }

const backoff = { baseMs: 100, capMs: 5_000, jitter: 0 }

/** Resolves once each row is written, or waits alone. Rejects only when the signal aborts, as the answer of a row does. */
export function writeStubbornly<Row, Answer>(
  how: StubbornWriting<Row, Answer>,
  rows: readonly Row[],
  signal: AbortSignal,
  times = 0,
): Promise<readonly Later<Answer>[]> {
  const refused = async (row: Row, error: unknown): Promise<Later<Answer>> => {
    const lesser = how.lessen(row, times, error)
    if (lesser === null) return { answer: inTheEnd(how, row, signal) }
    const [later, ...more] = await writeStubbornly(how, [lesser], signal, times + 1)
    return oneOf(later, more)
  }
  return writeEachForItself({ write: some => throughOutages(how, some, signal), refused }, rows, signal)
}

/** Until the rows are written; rejects where they are refused for good. */
async function throughOutages<Row, Answer>(
  how: StubbornWriting<Row, Answer>,
  rows: readonly Row[],
  signal: AbortSignal,
): Promise<readonly Answer[]> {
  const failed = ({ error, attempt }: { error: unknown; attempt: number }) => {
    if (isRefusal(error)) return 'give-up'
    return again(how, error, { rows: rows.length, isOfRow: false, attempt })
  }
  return persist(() => how.write(rows), { backoff, failed }, signal)
}

function inTheEnd<Row, Answer>(how: StubbornWriting<Row, Answer>, row: Row, signal: AbortSignal): Promise<Answer> {
  const once = async (): Promise<Answer> => {
    const [answer, ...more] = await how.write([row])
    return oneOf(answer, more)
  }
  const failed = ({ error, attempt }: { error: unknown; attempt: number }) =>
    again(how, error, { rows: 1, isOfRow: blamesValues(error), attempt })
  const written = persist(once, { backoff, failed }, signal)
  written.catch(() => undefined) // whoever asked for the row has the rejection, once the rows after it are through
  return written
}

function again<Row, Answer>(how: StubbornWriting<Row, Answer>, error: unknown, of: Failure): 'again' {
  how.failed(error, of)
  return 'again'
}

function oneOf<Answer>(answer: Answer | undefined, more: readonly Answer[]): Answer {
  if (answer === undefined || more.length > 0) throw new Error('writing one row: expected one answer, got none or more')
  return answer
}

/** Of SQLSTATE: data and constraints. Everything else may be about the server, which passes. */
export const blamesValues = (error: unknown): boolean => error instanceof DatabaseError && /^2[23]/.test(error.sqlState ?? '')
