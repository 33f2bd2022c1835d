// A process keeps to its connections, and what says that it lives does not wait behind its work.
import { expect, onTestFinished, test } from 'vitest'
import type { Database } from '../../src/database/database.ts'
import { openZaplog } from '../../src/main.ts'
import { parseConfig } from '../../src/runtime/config.ts'
import { divideConnections, type Share } from '../../src/runtime/divide-connections.ts'
import { openTestDatabase } from '../ground/database.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { makeDataDir } from '../ground/scenarios/zaplog-process.ts'
import { until } from '../ground/until.ts'

/** Longer than leases live in zaplog [5 s]. */
const heldSeconds = 6.5
const poolSize = 9

test('[A3] [H3] [H5] with every working connection held, no lease and no lock is lost, and readiness still asks Postgres', async () => {
  const { logger, zaplog, sessions } = await openWhole()
  const held = hold(zaplog.ports, () => true)
  await until('all of them to be held', async () => (await sessions("query like 'select pg_sleep(%'")).length === poolSize)
  const apart = (await sessions("query not like 'select pg_sleep(%'")).map(({ name }) => name)
  expect(apart.toSorted()).toEqual(['zaplog leases', 'zaplog listen', 'zaplog producers', 'zaplog watch'])
  await until('Postgres to be asked meanwhile', async () => {
    const asking = await sessions(
      `application_name = 'zaplog watch' and query like '%from log_identity' and query_start > (${heldSince})`,
    )
    return asking.length === 1
  })
  await held
  const health = await (await fetch(`${zaplog.url}/health/ready`)).json()
  expect(health).toMatchObject({ checks: expect.arrayContaining([expect.objectContaining({ name: 'postgres', state: 'ok' })]) })
  const lost = ['log.leases-expired', 'log.membership-failed', 'producers.lock-lost', 'part.away', 'database.listen-lost']
  expect(logger.lines.filter(({ event }) => lost.includes(event))).toEqual([])
})

test('[E3] [H3] work of one kind goes on while the connections of every other are held', async () => {
  const { zaplog, sessions, key } = await openWhole()
  const held = Promise.allSettled([hold(zaplog.ports, share => share !== 'api')])
  const others = poolSize - (division.get('api') ?? 0)
  await until('the others to be held', async () => (await sessions("query like 'select pg_sleep(%'")).length === others)
  const answer = await fetch(`${zaplog.url}/v1/instances`, { headers: { authorization: `Bearer ${key}` } })
  expect(answer.status).toBe(200)
  expect(await sessions("query like 'select pg_sleep(%' and state = 'active'")).toHaveLength(others)
  await sessions("query like 'select pg_sleep(%' and pg_cancel_backend(pid)")
  await held
})

test('[H3] how the connections are divided, and how many there are together, is said at the start', async () => {
  const { logger } = await openWhole()
  const [line] = logger.lines.filter(({ event }) => event === 'database.connections')
  expect(line?.fields).toEqual({ total: poolSize + 4, apart: 4, ...Object.fromEntries(division) })
})

const division = divideConnections(poolSize, {
  roles: ['producers', 'processors', 'projections', 'webhooks', 'api'],
  isLogInPostgres: true,
})

async function openWhole() {
  const key = 'only-for-tests-of-connections'
  const logger = collectLogLines()
  const test = await openTestDatabase('connections')
  onTestFinished(test.close)
  const dataDir = makeDataDir()
  onTestFinished(dataDir.remove)
  const parsed = parseConfig({
    PORT: '0',
    DATA_DIR: dataDir.path,
    DATABASE_URL: test.url,
    DATABASE_POOL_SIZE: String(poolSize),
    ADMIN_API_KEY: key,
    ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
  })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  const zaplog = await openZaplog(parsed.config, { logger, version: '0.0.0-test' })
  onTestFinished(zaplog.close)
  const sessions = (which: string) =>
    test.database.query<{ name: string }>(
      `select application_name as name from pg_stat_activity
        where datname = current_database() and application_name like 'zaplog%' and ${which}`,
    )
  return { logger, zaplog, sessions, key }
}

type Ports = Awaited<ReturnType<typeof openZaplog>>['ports']

/** The connections of those shares, all of them. Resolves when they are given back. */
function hold(ports: Ports, isHeld: (share: Share) => boolean): Promise<unknown> {
  const lenders: Readonly<Record<Share, Database>> = {
    appends: ports.database,
    intake: ports.of('producers').database,
    processors: ports.of('processors').database,
    projections: ports.of('projections').database,
    deliveries: ports.of('webhooks').database,
    waiting: ports.of('webhooks').waitingDatabase,
    api: ports.of('api').database,
  }
  const holds = [...division].flatMap(([share, size]) =>
    isHeld(share) ? Array.from({ length: size }, () => lenders[share].query('select pg_sleep($1)', [heldSeconds])) : [],
  )
  return Promise.all(holds)
}

const heldSince = `select max(query_start) from pg_stat_activity where query like 'select pg_sleep(%' and datname = current_database()`
