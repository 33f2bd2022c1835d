// What a check of the database's promises is given, and how it looks at what is kept and at how a call failed.
import assert from 'node:assert/strict'
import { type Database, DatabaseError, type Transaction } from '../../src/database/database.ts'
import type { TcpProxy } from '../ground/tcp-proxy.ts'

/** `database` reaches its server through `proxy`; `direct` reaches the same one past it. There is a table `kept (name text, n int)`. */
export type DatabaseSubject = { database: Database; direct: Database; proxy: TcpProxy; name: string; patienceMs: number }
export type DatabaseCheck = (subject: DatabaseSubject) => Promise<void>

export const keep = (on: Transaction, { name }: { name: string }, n = 1) =>
  on.query('insert into kept (name, n) values ($1, $2)', [name, n])

export async function kept({ direct, name }: DatabaseSubject): Promise<number> {
  const [row] = await direct.query<{ count: string }>('select count(*) from kept where name = $1', [name])
  return Number(row?.count)
}

export const codeOf = (error: unknown) => (error instanceof DatabaseError ? error.code : error)

export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  const settled = await promise.then(
    value => ({ value }),
    error => ({ error }),
  )
  assert.ok('error' in settled, `expected a rejection, got ${JSON.stringify(settled)}`)
  return settled.error
}
