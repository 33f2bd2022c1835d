// The contract suite of the log goes red on a log that breaks a promise: each of these breaks one.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { logPromises } from '../contracts/log.ts'
import { breakAdapter, brokenLogs } from '../contracts/log-broken.ts'
import { openGround } from '../contracts/log-ground.ts'
import { openTestDatabase, type TestDatabase } from '../ground/database.ts'
import { openPostgresAdapter } from '../ground/log/postgres-adapter.ts'

const DEADLINE_MS = 1_000

let database: TestDatabase
const closing: Promise<void>[] = []
beforeAll(async () => {
  database = await openTestDatabase('broken logs', { poolSize: 10 })
})
afterAll(async () => {
  await Promise.all(closing)
  await database.close()
})

test.concurrent.for(brokenLogs)('a log that $title is found out', async broken => {
  const [title, assertKept] = promiseOf(broken.breaks)
  const ground = await openGround(breakAdapter(openPostgresAdapter(database), broken), DEADLINE_MS)
  const outcome = await assertKept(ground).then(
    () => 'nothing was noticed',
    () => 'red',
  )
  // Handlers that a broken promise left hanging keep it waiting: the other logs need not.
  closing.push(ground.close())
  expect(outcome, title).toBe('red')
})

test('every promise of the log is broken by one of them', () => {
  const unbroken = Object.keys(logPromises).filter(title => !brokenLogs.some(({ breaks }) => title.startsWith(breaks)))
  expect(unbroken).toEqual([])
})

function promiseOf(beginning: string) {
  const found = Object.entries(logPromises).filter(([title]) => title.startsWith(beginning))
  const [promise] = found
  if (promise === undefined || found.length > 1)
    throw new Error(`expected one promise that begins with ${beginning}, got ${found.length}`)
  return promise
}
