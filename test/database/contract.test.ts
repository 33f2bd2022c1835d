// The Postgres adapter keeps every promise of the Database port, and for every promise there is an adapter that breaks it and is caught.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Database } from '../../src/database/database.ts'
import { openPostgres } from '../../src/database/postgres.ts'
import { type DatabasePromise, databasePromises } from '../contracts/database.ts'
import type { DatabaseSubject } from '../contracts/database-subject.ts'
import { brokenDatabases } from '../ground/database/broken-databases.ts'
import { openTestDatabase, type TestDatabase } from '../ground/database.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { openTcpProxy } from '../ground/tcp-proxy.ts'

const promises = Object.keys(databasePromises) as DatabasePromise[]
let server: TestDatabase

beforeAll(async () => {
  server = await openTestDatabase('database contract')
  await server.database.query('create table kept (name text not null, n int not null)')
})
afterAll(() => server.close())

describe('[B2] [D2] the Database port on Postgres', () => {
  test.for(promises)('%s', promise => check(promise, { patienceMs: 10_000, breakIt: database => database }))
})

describe('the contract of the Database port catches', () => {
  test.for(promises)('an adapter that breaks: %s', async promise => {
    const broken = check(promise, { patienceMs: 700, breakIt: brokenDatabases[promise] })
    await expect(broken).rejects.toThrow()
  })
})

async function check(promise: DatabasePromise, how: { patienceMs: number; breakIt(database: Database): Database }) {
  const logger = collectLogLines()
  const url = new URL(server.url)
  const proxy = await openTcpProxy({ target: { port: Number(url.port) } })
  url.port = String(proxy.port)
  const database = await openPostgres({ url: url.href, poolSize: 3, applicationName: 'contract', logger })
  const name = `${promises.indexOf(promise)}_${crypto.randomUUID()}`
  const subject: DatabaseSubject = {
    database: how.breakIt(database),
    direct: server.database,
    proxy,
    name,
    patienceMs: how.patienceMs,
  }
  try {
    await databasePromises[promise](subject)
  } finally {
    await database.close()
    await proxy.close()
  }
}
