// Rows that have to be written, however often that has to be tried. Where Postgres refuses some for good, each goes alone, and what is
// refused alone goes in its lesser forms: nobody else's waits for it.
import { DatabaseError } from '../../database/database.ts'
import { persist } from '../../runtime/persist.ts'

export type Writing<Row> = {
  /** Answers for each row, in order, what became of it. */
  write(rows: readonly Row[]): Promise<readonly string[]>
  /** What is left of a row that was refused for good `times` times before; null: nothing less can be written. */
  lessen(row: Row, times: number, error: unknown): Row | null
  /** The write will be tried again. */
  failed(error: unknown, rows: number): void
}

const backoff = { baseMs: 100, capMs: 5_000, jitter: 0 }

/** Rejects only when the signal aborts. */
export const writeStubbornly = <Row>(
  how: Writing<Row>,
  rows: readonly Row[],
  signal: AbortSignal,
  times = 0,
): Promise<readonly string[]> =>
  persist(
    async () => {
      try {
        return await how.write(rows)
      } catch (error) {
        if (!isRefusal(error)) throw error
        const lesser = rows.length > 1 ? rows.map(row => ({ row, times })) : lesserOf(how, rows, times, error)
        if (lesser.length === 0) throw error
        const answers: string[] = []
        for (const one of lesser) answers.push(...(await writeStubbornly(how, [one.row], signal, one.times)))
        return answers
      }
    },
    {
      backoff,
      failed: ({ error }) => {
        how.failed(error, rows.length)
        return 'again'
      },
    },
    signal,
  )

const lesserOf = <Row>(how: Writing<Row>, rows: readonly Row[], times: number, error: unknown) =>
  rows.flatMap(row => {
    const lesser = how.lessen(row, times, error)
    return lesser === null ? [] : [{ row: lesser, times: times + 1 }]
  })

/** It would be refused again: waiting mends nothing. */
const isRefusal = (error: unknown): boolean =>
  !(error instanceof DatabaseError) || error.code === 'constraint' || error.code === 'failed'

/** Of SQLSTATE: data and constraints. Everything else may be about the server, which passes. */
export const blamesValues = (error: unknown): boolean => error instanceof DatabaseError && /^2[23]/.test(error.sqlState ?? '')
