// Rows that have to be written, however often that has to be tried. Where Postgres refuses some for good, each goes alone, one after another,
// and what is refused alone goes in its lesser forms. One that is refused in all of them is tried for as long as it takes, beside the others:
// nobody waits for it but who asked for it.
import { DatabaseError } from '../../database/database.ts'
import { persist } from '../../runtime/persist.ts'

export type Writing<Row, Answer> = {
  /** Answers for each row, in order, what became of it. */
  write(rows: readonly Row[]): Promise<readonly Answer[]>
  /** What is left of a row that was refused for good `times` times before; null: nothing less can be written. */
  lessen(row: Row, times: number, error: unknown): Row | null
  failed(error: unknown, of: Failure): void
}
/** The write will be tried again. `isOfRow`: because of the values of this one row, in whatever form, and of nothing else. */
export type Failure = { rows: number; isOfRow: boolean; attempt: number }
/** A row's; its promise rejects only when the signal aborts. */
export type Later<Answer> = { answer: Promise<Answer> }

const backoff = { baseMs: 100, capMs: 5_000, jitter: 0 }

/** Resolves once each row is written, or waits alone. Rejects only when the signal aborts. */
export async function writeStubbornly<Row, Answer>(
  how: Writing<Row, Answer>,
  rows: readonly Row[],
  signal: AbortSignal,
): Promise<readonly Later<Answer>[]> {
  const together = rows.length > 1 ? await tryOn(how, rows, signal) : null
  if (together?.kind === 'written') return together.answers
  const answers: Later<Answer>[] = []
  for (const row of rows) answers.push(...(await writeAlone(how, row, signal)))
  return answers
}

async function writeAlone<Row, Answer>(
  how: Writing<Row, Answer>,
  row: Row,
  signal: AbortSignal,
): Promise<readonly Later<Answer>[]> {
  for (let form = row, times = 0; ; times += 1) {
    const came = await tryOn(how, [form], signal)
    if (came.kind === 'written') return came.answers
    const lesser = how.lessen(form, times, came.error)
    if (lesser === null) return [{ answer: inTheEnd(how, form, signal) }]
    form = lesser
  }
}

type Came<Answer> = { kind: 'written'; answers: readonly Later<Answer>[] } | { kind: 'refused'; error: unknown }

/** Through outages, until the rows are written or refused for good. */
function tryOn<Row, Answer>(how: Writing<Row, Answer>, rows: readonly Row[], signal: AbortSignal): Promise<Came<Answer>> {
  const once = async (): Promise<Came<Answer>> => {
    try {
      return { kind: 'written', answers: (await how.write(rows)).map(answer => ({ answer: Promise.resolve(answer) })) }
    } catch (error) {
      if (!isRefusal(error)) throw error
      return { kind: 'refused', error }
    }
  }
  return persist(
    once,
    { backoff, failed: ({ error, attempt }) => again(how, error, { rows: rows.length, isOfRow: false, attempt }) },
    signal,
  )
}

function inTheEnd<Row, Answer>(how: Writing<Row, Answer>, row: Row, signal: AbortSignal): Promise<Answer> {
  const once = async (): Promise<Answer> => {
    const [answer, ...more] = await how.write([row])
    if (answer === undefined || more.length > 0) throw new Error('writing one row: expected one answer, got none or more')
    return answer
  }
  const failed = ({ error, attempt }: { error: unknown; attempt: number }) =>
    again(how, error, { rows: 1, isOfRow: blamesValues(error), attempt })
  const written = persist(once, { backoff, failed }, signal)
  written.catch(() => undefined) // whoever asked for the row has the rejection, once the rows after it are through
  return written
}

function again<Row, Answer>(how: Writing<Row, Answer>, error: unknown, of: Failure): 'again' {
  how.failed(error, of)
  return 'again'
}

/** It would be refused again: waiting mends nothing. */
const isRefusal = (error: unknown): boolean =>
  !(error instanceof DatabaseError) || error.code === 'constraint' || error.code === 'failed'

/** Of SQLSTATE: data and constraints. Everything else may be about the server, which passes. */
export const blamesValues = (error: unknown): boolean => error instanceof DatabaseError && /^2[23]/.test(error.sqlState ?? '')
