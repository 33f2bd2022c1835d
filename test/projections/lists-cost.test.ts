// What a page of a list costs does not grow with what there is, for an account with nearly all of it, nor for one with little: by the plans of
// its statements, and by the rows that they look at, as Postgres counts them.
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Transaction } from '../../src/database/database.ts'
import { openTestDatabase, type TestDatabase } from '../ground/database.ts'
import { calls } from '../ground/lists/list-calls.ts'
import { makeListIndexes } from '../ground/lists/make-list-indexes.ts'
import { makeManyMessages } from '../ground/lists/many-messages.ts'
import { asIfLarge, plansOf, readWhole } from '../ground/lists/plans.ts'

const MESSAGES = 30_000
/** Of a page with all that belongs to it, entries of indexes and rows of tables. */
const FEW = 1_500
/** Of both addresses of a chat a search looks through the newest 2,000 first. */
const SEARCHED = 8_000
let test: TestDatabase
beforeAll(async () => {
  test = await openTestDatabase('lists cost')
  await makeListIndexes(test)
  await makeManyMessages(test.database, { messages: MESSAGES, chats: MESSAGES / 20, instances: 50 })
}, 120_000)
afterAll(() => test.close())

async function rowsRead(tx: Transaction): Promise<number> {
  const [row] = await tx.query<{ rows: string }>(
    `select sum(pg_stat_get_xact_tuples_returned(c.oid) + pg_stat_get_xact_tuples_fetched(c.oid)) as rows from pg_class c
      where c.relnamespace in ('public'::regnamespace, 'read_model_1'::regnamespace)`,
  )
  return Number(row?.rows ?? 0)
}

it.each(Object.entries(calls))('[D4] %s: read by indexes, and no more than a page of rows', async (name, call) => {
  const plans = await asIfLarge(test.database, tx => plansOf(tx, call))
  expect(plans).not.toEqual([])
  expect(readWhole(plans)).toEqual([])
  const looked = await asIfLarge(test.database, async tx => {
    const before = await rowsRead(tx)
    await call(tx)
    return (await rowsRead(tx)) - before
  })
  expect(looked).toBeLessThan(FEW + (name.startsWith('search') ? SEARCHED : 0))
})
