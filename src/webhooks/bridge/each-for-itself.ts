// Writes many rows together, and each alone where one of them is refused: what Postgres refuses a value of is its own matter.
import { DatabaseError } from '../../database/database.ts'

/** Its promise may reject although that of others does not. */
export type OwnAnswer<Answer> = { answer: Promise<Answer> }

/** `write` answers for each row, in order. What passes by itself rejects for all of them. */
export const eachForItself =
  <Row, Answer>(write: (rows: readonly Row[]) => Promise<readonly Answer[]>) =>
  async (rows: readonly Row[]): Promise<readonly OwnAnswer<Answer>[]> => {
    try {
      return (await write(rows)).map(answer => ({ answer: Promise.resolve(answer) }))
    } catch (error) {
      if (rows.length < 2 || (error instanceof DatabaseError && error.retryable)) throw error
      return rows.map(row => ({ answer: alone(write, row) }))
    }
  }

function alone<Row, Answer>(write: (rows: readonly Row[]) => Promise<readonly Answer[]>, row: Row): Promise<Answer> {
  const written = write([row]).then(([answer]) => {
    if (answer === undefined) throw new Error('writing one row: expected one answer, got none')
    return answer
  })
  written.catch(() => undefined) // whoever asked for the row has the rejection
  return written
}
