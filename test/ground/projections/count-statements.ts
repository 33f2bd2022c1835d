// A database that tells what it was asked: the statements of each transaction, and how many there were outside of any.
import type { Database } from '../../../src/database/database.ts'

export type Counted = {
  database: Database
  /** The statements of each transaction since the last call, without its begin and commit. */
  transactions(): readonly (readonly string[])[]
  /** Since the last call: transactions, their statements and those outside, without begin and commit. */
  statements(): number
}
/** `beforeCommit` is the transaction's own last deed, `committed` follows it. */
type Told = { beforeCommit(): Promise<void>; committed(): void }

export function countStatements(database: Database, told: Told): Counted {
  let seen: string[][] = []
  let outside = 0
  const take = () => {
    const taken = { transactions: seen, outside }
    seen = []
    outside = 0
    return taken
  }
  const counted: Database = {
    ...database,
    query: (sql, values) => {
      outside += 1
      return database.query(sql, values)
    },
    transact: async (work, signal) => {
      const value = await database.transact(async tx => {
        const statements: string[] = []
        seen.push(statements)
        const query: typeof tx.query = (sql, values) => {
          statements.push(sql)
          return tx.query(sql, values)
        }
        const done = await work({ query })
        await told.beforeCommit()
        return done
      }, signal)
      told.committed()
      return value
    },
  }
  return {
    database: counted,
    transactions: () => take().transactions,
    statements: () => {
      const { transactions, outside } = take()
      return transactions.flat().length + outside
    },
  }
}
