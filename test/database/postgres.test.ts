// What the Postgres adapter says and does beside the port's promises: messages, limits, sessions.
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { openListening } from '../../src/database/listen.ts'
import { openPostgres } from '../../src/database/postgres.ts'
import { openSession } from '../../src/database/session.ts'
import { openTestDatabase, type TestDatabase } from '../ground/database.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { openTcpProxy } from '../ground/tcp-proxy.ts'
import { until } from '../ground/until.ts'

const never = new AbortController().signal
let server: TestDatabase

beforeAll(async () => {
  server = await openTestDatabase('postgres adapter')
})
afterAll(() => server.close())

describe('errors', () => {
  test('[I2] [H3] a message says the statement and the state, and none of the values', async () => {
    await server.database.query('create table numbered (n int unique); insert into numbered values (5)')
    const twice = server.database.query('insert into numbered values ($1)', [5])
    await expect(twice).rejects.toMatchObject({
      code: 'constraint',
      retryable: false,
      sqlState: '23505',
      message:
        'running "insert into numbered values ($1)": duplicate key value violates unique constraint "numbered_n_key" (23505)',
    })
    const unfit = await server.database.query('insert into numbered values ($1)', ['hello "there" friend']).catch(error => error)
    expect(unfit).toMatchObject({
      code: 'failed',
      sqlState: '22P02',
      message: expect.not.stringContaining('there'),
      cause: undefined,
    })
  })

  test.for([
    ['a server that is not there', { port: '1' }, 'unreachable', true],
    ['a wrong password', { password: 'wrong' }, 'denied', false],
    ['a database that does not exist', { pathname: '/nowhere' }, 'misconfigured', false],
  ] as const)('[H7] %s is reported as such, without the password', async ([, change, code, retryable]) => {
    const url = Object.assign(new URL(server.url), change)
    const error = await openOn(url.href).catch(thrown => thrown)
    expect(error).toMatchObject({
      code,
      retryable,
      message: expect.stringContaining(`${url.hostname}:${url.port}${url.pathname}`),
    })
    expect(error.message).not.toContain(url.password)
  })

  test('[I2] what is no URL is refused without showing it', async () => {
    await expect(openOn('postgres://user:secret@:x/')).rejects.toMatchObject({
      code: 'misconfigured',
      message: expect.not.stringContaining('secret'),
    })
  })

  test('[I2] a CA demands TLS, whatever the URL says', async () => {
    const plain = openSession({ url: `${server.url}?sslmode=disable`, sslCa: 'any', applicationName: 'test' }, never)
    await expect(plain).rejects.toMatchObject({ code: 'misconfigured', message: expect.stringContaining('does not support SSL') })
  })

  test('a statement and a lock that take too long are timeouts, and not done', async () => {
    const database = await openOn(server.url, { statementTimeoutMs: 100, lockTimeoutMs: 50 })
    await expect(database.query('select pg_sleep(60)')).rejects.toMatchObject({
      code: 'timeout',
      sqlState: '57014',
      retryable: true,
      perhapsDone: false,
    })
    await server.database.transact(async tx => {
      await tx.query('create table locked (n int)')
      await tx.query('select pg_advisory_xact_lock(7)')
      await expect(database.query('select pg_advisory_lock(7)')).rejects.toMatchObject({ code: 'timeout', sqlState: '55P03' })
    }, never)
  })
})

test('[H9] a prepared statement survives a migration that changes its table', async () => {
  await server.database.query('create table widening (a int); insert into widening values (1)')
  const read = () => server.database.query('select * from widening where a = $1', [1])
  expect(await read()).toEqual([{ a: 1 }])
  await server.database.query('alter table widening add b int')
  expect(await server.database.transact(tx => tx.query('select * from widening where a = $1', [1]), never)).toEqual([
    { a: 1, b: null },
  ])
  await server.database.query('alter table widening add c int')
  expect(await read()).toEqual([{ a: 1, b: null, c: null }])
})

test('[D2] a connection left in a transaction is never lent again', async () => {
  const database = await openPostgres({ url: server.url, poolSize: 1, applicationName: 'test', logger: collectLogLines() })
  onTestFinished(() => database.close())
  const backend = () => database.query('select pg_backend_pid() as pid')
  const before = await backend()
  expect(await backend()).toEqual(before)
  await database.query('begin')
  expect(await backend()).not.toEqual(before)
})

test('[B2] commits are durable even where the server’s default says otherwise', async () => {
  await server.database.query(
    "do $$ begin execute format('alter database %I set synchronous_commit = off', current_database()); end $$",
  )
  const database = await openOn(server.url)
  expect(await database.query("select current_setting('synchronous_commit') as it")).toEqual([{ it: 'on' }])
})

const sleeping = `select 1 from pg_stat_activity where datname = current_database() and query like 'select pg_sleep(%'`

test('[H6] close waits for what runs, and cuts what does not end', async () => {
  const database = await openOn(server.url)
  const short = database.query('select pg_sleep(0.2)')
  const long = database.query('select pg_sleep(3600)').catch(error => error)
  await until('both run', async () => (await database.query(sleeping)).length === 2)
  await database.close()
  await expect(short).resolves.toHaveLength(1)
  expect(await long).toMatchObject({ code: 'aborted', perhapsDone: true })
})

describe('a session', () => {
  test('[A3] holds an advisory lock until it is closed', async () => {
    const first = await openOwn(server.url)
    const second = await openOwn(server.url)
    const lock = (session: typeof first) => session.query<{ got: boolean }>('select pg_try_advisory_lock(42) as got')
    expect(await lock(first)).toEqual([{ got: true }])
    expect(await lock(second)).toEqual([{ got: false }])
    await first.close()
    await until('the lock is free', async () => (await lock(second))[0]?.got)
    expect(first.lost.aborted).toBe(true)
  })

  test('[A3] knows at once that its connection is cut', async () => {
    const { proxy, url } = await openThroughProxy()
    const session = await openOwn(url)
    proxy.cut()
    await until('lost', () => session.lost.aborted, 2_000)
    await expect(session.query('select 1')).rejects.toMatchObject({ code: 'unreachable', perhapsDone: false })
  })

  test('[A3] gives up a server that does not answer any more', async () => {
    const { proxy, url } = await openThroughProxy()
    const session = await openOwn(url, { heartbeatMs: 20, statementTimeoutMs: 200 })
    proxy.hold()
    await until('lost', () => session.lost.aborted, 5_000)
    expect(session.lost.reason).toMatchObject({ code: 'timeout' })
  })

  test('[H6] an abort ends the wait for a connection', async () => {
    const { proxy, url } = await openThroughProxy()
    proxy.hold()
    const stop = new AbortController()
    const opening = openSession({ url, applicationName: 'test' }, stop.signal)
    setImmediate(() => stop.abort())
    await expect(opening).rejects.toMatchObject({ code: 'aborted' })
  })
})

describe('listening', () => {
  test('[H3] any number of channels, over any number of databases of a process, take one connection', async () => {
    const { databases, sessions } = await openListeningTogether(server.url)
    const stop = new AbortController()
    const woken: string[] = []
    for (const [place, database] of databases.entries())
      for (const channel of ['ours', `only_${place}`])
        await database.listen(channel, () => woken.push(`${place} ${channel}`), stop.signal)
    expect(await sessions()).toBe(1)
    await server.database.query("select pg_notify('ours', ''), pg_notify('only_1', '')")
    await until('all of that channel are woken', () => woken.length === 3)
    expect(woken.toSorted()).toEqual(['0 ours', '1 only_1', '1 ours'])
    stop.abort()
    await until('the connection to be closed', async () => (await sessions()) === 0)
  })

  test('[H3] who stops listening, and whose database is closed, stops nobody else', async () => {
    const { databases, sessions } = await openListeningTogether(server.url)
    const [first, second] = databases
    const [one, others] = [new AbortController(), new AbortController()]
    const woken: string[] = []
    await first.listen('ours', () => woken.push('stopped'), one.signal)
    await first.listen('ours', () => woken.push('closed'), others.signal)
    await second.listen('ours', () => woken.push('stays'), others.signal)
    one.abort()
    await first.close()
    await server.database.query("select pg_notify('ours', '')")
    await until('the other is woken', () => woken.length > 0)
    expect(woken).toEqual(['stays'])
    expect(await sessions()).toBe(1)
  })

  test('[H3] a connection that is lost is replaced by one, which listens on everything and wakes everybody once', async () => {
    const { proxy, url } = await openThroughProxy()
    const { databases, sessions, logger } = await openListeningTogether(url)
    const stop = new AbortController()
    const woken: string[] = []
    for (const channel of ['some', 'ours']) await databases[0].listen(channel, () => woken.push(channel), stop.signal)
    proxy.cut()
    await until('both are woken', () => woken.length === 2)
    expect(woken.toSorted()).toEqual(['ours', 'some'])
    expect(await sessions()).toBe(1)
    expect(logger.lines.filter(({ event }) => event.startsWith('database.listen-')).map(({ event }) => event)).toEqual([
      'database.listen-lost',
      'database.listen-resumed',
    ])
    await server.database.query("select pg_notify('ours', '')")
    await until('it listens again', () => woken.length === 3)
  })
})

async function openListeningTogether(url: string) {
  const logger = collectLogLines()
  const applicationName = `together ${crypto.randomUUID()}`
  const listening = openListening({ target: { url, applicationName }, logger })
  onTestFinished(() => listening.close())
  const open = async () => {
    const database = await openPostgres({ url, poolSize: 2, applicationName, listening, logger })
    onTestFinished(() => database.close())
    return database
  }
  const databases = [await open(), await open()] as const
  const sessions = async () => {
    const query = 'select 1 from pg_stat_activity where application_name = $1'
    return (await server.database.query(query, [`${applicationName} listen`])).length
  }
  return { databases, sessions, logger }
}

async function openOn(url: string, limits: { statementTimeoutMs?: number; lockTimeoutMs?: number } = {}) {
  const database = await openPostgres({ url, poolSize: 3, applicationName: 'test', logger: collectLogLines(), ...limits })
  onTestFinished(() => database.close())
  return database
}

async function openOwn(url: string, limits: { heartbeatMs?: number; statementTimeoutMs?: number } = {}) {
  const session = await openSession({ url, applicationName: 'test', ...limits }, never)
  onTestFinished(() => session.close())
  return session
}

async function openThroughProxy() {
  const url = new URL(server.url)
  const proxy = await openTcpProxy({ target: { port: Number(url.port) } })
  onTestFinished(() => proxy.close())
  url.port = String(proxy.port)
  return { proxy, url: url.href }
}
