// The log in Postgres keeps every promise of the port.
import { afterAll, beforeAll, describe } from 'vitest'
import { eachLogPromise } from '../contracts/log-subject.ts'
import { openTestDatabase, type TestDatabase } from '../ground/database.ts'
import { openPostgresAdapter } from '../ground/log/postgres-adapter.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await openTestDatabase('postgres log', { poolSize: 10 })
})
afterAll(() => database.close())

describe('the Postgres log', () => {
  eachLogPromise(() => openPostgresAdapter(database))
})
