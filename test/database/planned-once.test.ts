// What is asked for with each command and each message is planned once for a connection: planning it takes longer than doing it.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Transaction } from '../../src/database/database.ts'
import { appendAccepted } from '../../src/instances/accept-appended.ts'
import { commandIds } from '../../src/instances/command-ids.ts'
import { writeChanges } from '../../src/producers/auth/auth-tables.ts'
import { insideOf } from '../contracts/log-inside.ts'
import { openTestDatabase, type TestDatabase } from '../ground/database.ts'
import { somebody, testStartAt } from '../ground/events.ts'
import { openTestLog, type TestLog } from '../ground/log.ts'
import { never } from '../ground/projection-dsl.ts'
import { asks, body } from '../ground/projections/asked-commands.ts'

let postgres: TestDatabase
let testLog: TestLog
beforeAll(async () => {
  postgres = await openTestDatabase('planned once')
  testLog = await openTestLog(postgres, { partitions: 1 })
})
afterAll(async () => {
  await testLog.close()
  await postgres.close()
})

/** Postgres plans for the values at hand five times, and from then on where that looks cheaper. */
const firstPlans = 5

async function plansOf(begins: string, work: (tx: Transaction, nth: number) => Promise<unknown>): Promise<number> {
  return postgres.database.transact(async tx => {
    for (let nth = 0; nth < firstPlans + 3; nth += 1) await work(tx, nth)
    const [row] = await tx.query<{ plans: number }>(
      'select max(custom_plans)::int as plans from pg_prepared_statements where statement like $1',
      [`%${begins}%`],
    )
    return row?.plans ?? 0
  }, never)
}

const places = { elsewhere: null, here: null, 'here, at once': { epoch: 1, chatTimer: () => 'null::integer' } }

test.for(Object.entries(places))('[F1] a command is accepted with one plan, where it is sent %s', async ([where, place]) => {
  const inside = insideOf(testLog.log)
  const plans = await plansOf('from appended a cross join given', async (tx, nth) => {
    const key = `k${nth} ${where}`
    const prepared = await inside.prepare(
      [{ topic: testLog.topic('commands'), records: [testLog.codec.encode(asks(key))] }],
      never,
    )
    const asked = { instanceId: 'shop', digest: 'aa', operation: 'message.send', chatId: somebody.lid, body }
    const command = { ...asked, ...commandIds({ instanceId: 'shop', key }), askedAt: testStartAt, expiresAt: testStartAt + 1000 }
    await appendAccepted(tx, { command, parts: [], inside, prepared, place, isRungHere: where !== 'elsewhere' })
  })
  expect(plans).toBe(firstPlans)
})

test('[A4] keys of an account are written with one plan', async () => {
  const plans = await plansOf('insert into auth_keys', (tx, nth) => {
    const kept = [{ type: 'session', id: `${nth}`, sealed: Buffer.from('sealed') }]
    return writeChanges(tx, [{ instanceId: 'shop', epoch: 1, gone: [], kept, creds: null, parts: [] }])
  })
  expect(plans).toBe(firstPlans)
})
