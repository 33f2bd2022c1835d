// The log in Postgres keeps every promise of the port.
import { afterAll, beforeAll, describe, test } from 'vitest'
import { logPromises } from '../contracts/log.ts'
import { openGround } from '../contracts/log-ground.ts'
import { openTestDatabase, type TestDatabase } from '../ground/database.ts'
import { openPostgresAdapter } from '../ground/log/postgres-adapter.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await openTestDatabase('postgres log', { poolSize: 10 })
})
afterAll(() => database.close())

describe.each(Object.entries(logPromises))('the Postgres log', (title, assertKept) => {
  test(title, async () => {
    const ground = await openGround(openPostgresAdapter(database))
    try {
      await assertKept(ground)
    } finally {
      await ground.close()
    }
  })
})
