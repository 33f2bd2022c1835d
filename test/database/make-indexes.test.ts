// Indexes that are made beside the work that goes on: each once, by one process at a time, and again where a kill left half of one.
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openIndexMaking } from '../../src/database/index-making.ts'
import { type IndexDeps, makeIndexes, unmadeAmong } from '../../src/database/make-indexes.ts'
import { openSession } from '../../src/database/session.ts'
import { openTestDatabase, type TestDatabase } from '../ground/database.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'

const never = new AbortController().signal
const wanted = [
  { name: 'things_by_name', table: 'things', definition: '(name)', insteadOf: ['things_old', 'things_older'] },
  { name: 'things_odd', table: 'things', definition: '(id) where id % 2 = 1' },
]
const MAKER = 'index maker'
let test: TestDatabase
let deps: IndexDeps & { logger: ReturnType<typeof collectLogLines> }
let sessions: number
beforeEach(async () => {
  test = await openTestDatabase('make indexes')
  await test.database.query(
    `create table things as select n as id, 'same' as name from generate_series(1, 2000) n; create index things_old on things (id, name);
     create index things_older on things (name, id)`,
  )
  sessions = 0
  const limits = { applicationName: MAKER, statementTimeoutMs: 60_000, lockTimeoutMs: 60_000 }
  deps = {
    database: test.database,
    openSession: signal => {
      sessions += 1
      return openSession({ url: test.url, ...limits }, signal)
    },
    logger: collectLogLines(),
    sayEveryMs: 20,
  }
})
afterEach(() => test.close())

/** Name and whether it counts, of every index of the table. */
const indexes = async () => {
  const rows = await test.database.query<{ name: string; valid: boolean }>(
    `select indexrelid::regclass::text as name, indisvalid as valid from pg_index where indrelid = 'things'::regclass order by 1`,
  )
  return Object.fromEntries(rows.map(row => [row.name, row.valid]))
}
const made = { things_by_name: true, things_odd: true }
const making = () =>
  test.database.query<{ pid: number }>(
    `select pid from pg_stat_activity
     where datname = current_database() and application_name = $1 and state = 'active' and query like 'create index%'`,
    [MAKER],
  )
/** A transaction that has begun before keeps an index from being finished. */
async function whileInTheWay(work: () => Promise<unknown>): Promise<void> {
  await test.database.transact(async tx => {
    await tx.query('insert into things values (0, $1)', ['in the way'])
    await work()
  }, never)
}

it('[H9] what is missing is made, what stood in its place goes, and the next time there is nothing to do', async () => {
  expect(await makeIndexes(deps, wanted, never)).toBe('made')
  expect(await indexes()).toEqual(made)
  expect(await makeIndexes(deps, wanted, never)).toBe('made')
  expect(sessions).toBe(1)
})

it('[H9] one that was half made is made anew, and only then the one in whose place it is goes', async () => {
  await expect(test.database.query('create unique index concurrently things_by_name on things (name)')).rejects.toThrow(
    /could not create unique index/,
  )
  expect(await indexes()).toEqual({ things_by_name: false, things_old: true, things_older: true })
  expect((await unmadeAmong(test.database, wanted)).map(one => one.invalid)).toEqual(['things_by_name', null])
  expect(await makeIndexes(deps, wanted, never)).toBe('made')
  expect(await indexes()).toEqual(made)
})

it('[H9] others write meanwhile, how far it is is said, and another process leaves it to the first', async () => {
  const makings: Promise<string>[] = []
  await whileInTheWay(async () => {
    makings.push(makeIndexes(deps, wanted, never))
    await until('how far it is', () => deps.logger.lines.some(line => line.event === 'database.index-making'))
    await test.database.query('insert into things values (-1, $1)', ['meanwhile'])
    expect(await makeIndexes(deps, wanted, never)).toBe('elsewhere')
  })
  expect(await Promise.all(makings)).toEqual(['made'])
  expect(await indexes()).toEqual(made)
})

it('[H9] killed in the middle, at the server or here, it is made by the next', async () => {
  const kills = [
    async () => void (await test.database.query('select pg_terminate_backend($1)', [(await making())[0]?.pid])),
    async (role: { close(): Promise<void> }) => role.close(),
  ]
  for (const kill of kills) {
    await test.database.query('drop index if exists things_by_name')
    await whileInTheWay(async () => {
      const role = openIndexMaking({ ...deps, tryAgainMs: 60_000 }, wanted)
      await until('it is being made', async () => (await making()).length > 0)
      await kill(role)
      await role.close()
    })
    const next = openIndexMaking({ ...deps, lookAgainMs: 20, tryAgainMs: 20 }, wanted)
    await until('it is made', () => next.checks().length === 0)
    expect(await indexes()).toEqual(made)
    await next.close()
  }
})

it('[H2] until they are made it is said, and what keeps them from being made', async () => {
  await test.database.query('alter table things rename name to named')
  const role = openIndexMaking({ ...deps, tryAgainMs: 20 }, wanted)
  expect(role.checks()).toMatchObject([{ name: 'indexes', state: 'ok' }])
  await until('the reason', () => role.checks()[0]?.state === 'degraded')
  expect(role.checks()[0]?.detail).toMatch(/column "name" does not exist/)
  await test.database.query('alter table things rename named to name')
  await until('it is made', () => role.checks().length === 0)
  expect(deps.logger.lines.filter(line => line.event === 'database.indexes-not-made')).not.toEqual([])
  await role.close()
})
