// What health and metrics cost does not grow with the backlog: rows and index entries looked at, as Postgres counts them.
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { Transaction } from '../../src/database/database.ts'
import { describeBacklog } from '../../src/webhooks/bridge/describe-backlog.ts'
import { type Backlog, readBacklog } from '../../src/webhooks/bridge/read-backlog.ts'
import { createEndpoint, endpointInput, listEndpoints } from '../../src/webhooks/endpoints/endpoints.ts'
import { openTestDatabase, type TestDatabase } from '../ground/database.ts'
import { endpointDeps, never } from '../ground/webhooks/open-stream.ts'

/** Counted one by one; beyond it Postgres estimates. */
const COUNTED = 20_000
/** For endpoints, oldest rows and the like. */
const FEW = 200
const log = { lag: async () => [] }
let test: TestDatabase
let busy: string
let quiet: string
beforeAll(async () => {
  test = await openTestDatabase('backlog cost')
})
afterAll(() => test.close())
beforeEach(async () => {
  await counted(tx =>
    tx.query('truncate webhook_waiting, webhook_waiting_lanes, webhook_held, webhook_deaths, webhook_endpoints cascade'),
  )
  busy = await endpoint()
  quiet = await endpoint()
})

async function endpoint(): Promise<string> {
  const created = await createEndpoint(endpointDeps(test), endpointInput.parse({ url: 'https://example.com/' }), never)
  if (!created.ok) throw new Error(JSON.stringify(created.issues))
  return created.endpoint.id
}

/** So many deliveries of an endpoint wait, died and are held, the oldest for an hour. */
const behind = (id: string, many: number) => counted(tx => fallBehind(tx, id, many))

/** Postgres' statistics have it as soon as this resolves: a session hands them in up to ten seconds later otherwise, and not in order. */
const counted = (work: (tx: Transaction) => Promise<unknown>) =>
  test.database.transact(async tx => {
    await work(tx)
    await tx.query('select pg_stat_force_next_flush()')
  }, never)

async function fallBehind({ query }: Transaction, id: string, many: number) {
  await query(`insert into webhook_waiting_lanes (lane, endpoint_id, due_at) values ($1, $1, now())`, [id])
  await query(
    `insert into webhook_waiting (delivery_id, lane, endpoint_id, topic, partition, "offset", headers, recorded_at, entered_at)
     select $1 || n, $1, $1, 't', 0, n, '{}', now(), now() - (1 - n::float8 / $2) * interval '1 hour' from generate_series(0, $2 - 1) n`,
    [id, many],
  )
  await query(
    `insert into webhook_deaths (delivery_id, endpoint_id, died_at, reason)
     select $1 || n, $1, now() - (1 - n::float8 / $2) * interval '1 hour', 'reason ' || n from generate_series(0, $2 - 1) n`,
    [id, many],
  )
  await query(
    `insert into webhook_held (partition, lane, delivery_id, holds_lane, ready, held_at, released)
     select 0, $1, $1 || n, true, false, now() - (1 - n::float8 / $2) * interval '1 hour', '{}' from generate_series(0, $2 - 1) n`,
    [id, many],
  )
}

const looked = (work: (tx: Transaction) => Promise<unknown>): Promise<number> =>
  test.database.transact(async tx => {
    const before = await rowsRead(tx)
    await work(tx)
    return (await rowsRead(tx)) - before
  }, never)

/** Of tables read from one end to the other, and entries of indexes. */
async function rowsRead(tx: Transaction): Promise<number> {
  const [row] = await tx.query<{ rows: string }>(
    `select sum(pg_stat_get_xact_tuples_returned(oid)) as rows from pg_class where relname like 'webhook_%'`,
  )
  return Number(row?.rows ?? 0)
}

const read = (): Promise<Backlog> => readBacklog({ database: test.database, log }, [], never)

it('[H1] [H2] a small backlog is counted to the last one', async () => {
  await behind(busy, 30)
  await behind(quiet, 2)
  const backlog = await read()
  expect(backlog).toMatchObject({
    waiting: { deliveries: 32, isExact: true },
    held: { deliveries: 32, isExact: true, oldestSeconds: expect.closeTo(3600, -2) },
  })
  expect(backlog.endpoints.find(one => one.endpointId === busy)).toMatchObject({
    waiting: 30,
    oldestWaitingSeconds: expect.closeTo(3600, -2),
    died: 30,
    newestDeath: 'reason 29',
  })
  expect(describeBacklog(backlog).detail).toMatch(/^32 waiting, 32 held, 0 pending, the oldest for 60 min; /)
})

it.each(['before', 'after'])(
  '[H1] [H2] a large one costs no more than the most that is counted, %s Postgres has looked at it',
  async when => {
    await behind(busy, 3 * COUNTED)
    await behind(quiet, 5)
    if (when === 'after') for (const table of ['waiting', 'held', 'deaths']) await test.database.query(`analyze webhook_${table}`)
    // What waits, died and is held; the quiet one, which comes last in every table, is found without a look at the others.
    expect(await looked(tx => readBacklog({ database: tx, log }, [], never))).toBeLessThan(3 * COUNTED + FEW)
    const { endpoints, waiting, held } = await read()
    expect(endpoints.find(one => one.endpointId === quiet)).toMatchObject({ waiting: 5, died: 5 })
    expect(waiting.isExact || held.isExact).toBe(false)
    for (const { deliveries } of [waiting, held]) {
      expect(deliveries).toBeGreaterThan(2.5 * COUNTED)
      expect(deliveries).toBeLessThan(3.5 * COUNTED)
    }
  },
)

it('[H2] health says which number is an estimate, and which is only the most that is counted', async () => {
  await behind(busy, 3 * COUNTED)
  const { state, detail } = describeBacklog(await read())
  expect(state).toBe('degraded')
  expect(detail).toMatch(/^about \d+ waiting, about \d+ held, 0 pending, /)
  expect(detail).toContain(
    `endpoint ${busy}: more than ${COUNTED} deliveries died in the last 24 h (the newest: reason ${3 * COUNTED - 1})`,
  )
  expect(detail).toContain(`more than ${COUNTED} waiting, the oldest for 60 min`)
})

it('[D4] a list of endpoints costs no more, either', async () => {
  await behind(busy, 3 * COUNTED)
  await behind(quiet, 5)
  const listed = await listEndpoints(endpointDeps(test), { limit: 10 })
  expect(listed.data.map(one => one.waiting)).toEqual([5, COUNTED / 2])
  const list = (tx: Transaction) =>
    listEndpoints({ ...endpointDeps(test), database: { ...test.database, query: tx.query } }, { limit: 10 })
  expect(await looked(list)).toBeLessThan(COUNTED + FEW)
})
