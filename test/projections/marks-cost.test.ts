// What a message costs does not grow with what was pinned, starred or deleted before, of it and of others: rows looked at, as Postgres counts them.
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Transaction } from '../../src/database/database.ts'
import { readModel, readModelTables } from '../../src/projections/read-model/read-model.ts'
import { openTestDatabase, type TestDatabase } from '../ground/database.ts'
import { anEvent, somebody } from '../ground/events.ts'
import { never } from '../ground/projection-dsl.ts'
import { applyTo } from '../ground/projections/apply-to.ts'

const BEFORE = 2_000
/** Of a handful of index entries, whatever the plan. */
const FEW = 50
const marks = ['message_pins', 'message_stars', 'message_deletions']
let test: TestDatabase
beforeAll(async () => {
  // One connection, so that its plans are from the time the tables were empty.
  test = await openTestDatabase('marks cost', { poolSize: 1 })
  for (let time = 0; time < 10; time++) await test.database.transact(tx => come(tx, `FIRST${time}`), never)
})
afterAll(() => test.close())

/** A message comes; by whom it was pinned first is one row of its own. */
const come = (tx: Transaction, messageId: string) =>
  applyTo(
    tx,
    readModel,
    [anEvent('message.received', { messageId }), anEvent('message.pinned', { targetMessageId: messageId })].map(event => ({
      event,
      position: { topic: 'wa.events', partition: 0, nextOffset: 1n },
    })),
  )

const rowsLookedAt = (messageId: string): Promise<number> =>
  test.database.transact(async tx => {
    const before = await rowsRead(tx)
    await come(tx, messageId)
    return (await rowsRead(tx)) - before
  }, never)

async function rowsRead(tx: Transaction): Promise<number> {
  const [row] = await tx.query<{ rows: string }>(
    `select sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) as rows from pg_stat_xact_user_tables where relname = any ($1)`,
    [marks],
  )
  return Number(row?.rows ?? 0)
}

/** `target` and `sender`: in SQL, of the nth. */
async function mark(target: string, sender: string): Promise<void> {
  for (const table of marks)
    await test.database.query(
      `insert into read_model_1.${table} (instance_id, target_message_id, chat_id, target_sender_id, occurred_at, epoch, sequence, changed_by_event
         ${table === 'message_deletions' ? '' : ', is_on'})
       select 'shop', ${target}, $1, ${sender}, now(), 1, n, 'e' || n ${table === 'message_deletions' ? '' : ', true'}
       from generate_series(1, $2::integer) n`,
      [somebody.lid, BEFORE],
    )
}

it.each([
  ['of others in its chat', `'OTHER' || n`, `''`],
  ['of it that name somebody else', `'MARKED'`, `n || '@lid'`],
  ['of others by its sender', `'THEIRS' || n`, `'${somebody.lid}'`],
])(`[D1] after ${BEFORE} marks %s a message looks at a handful of them`, async (_which, target, sender) => {
  expect(readModelTables).toEqual(expect.arrayContaining(marks.map(table => `read_model_1.${table}`)))
  await mark(target, sender)
  expect(await rowsLookedAt('MARKED')).toBeLessThan(FEW)
})
