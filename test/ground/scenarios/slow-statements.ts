// A database that takes its time over some statements: each waits a seeded random while before it runs.
import type { Database, Transaction } from '../../../src/database/database.ts'
import { seeded } from './seeded.ts'

export type SlowPlan = { contains: string; maxDelayMs: number; seed: number }

export function slowing(plan: SlowPlan | null, database: Database): Database {
  if (plan === null) return database
  const random = seeded(plan.seed)
  const slow = (tx: Transaction): Transaction => ({
    query: async (sql, values) => {
      if (sql.includes(plan.contains)) await new Promise(resolve => setTimeout(resolve, random() * plan.maxDelayMs))
      return tx.query(sql, values)
    },
  })
  return {
    ...database,
    query: slow(database).query,
    transact: (work, signal) => database.transact(tx => work(slow(tx)), signal),
  }
}
