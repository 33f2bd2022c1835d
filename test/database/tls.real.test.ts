// Guarantee: where the server demands TLS every connection of zaplog is encrypted and checked, or none is made and the message says what to set.
import { describe, expect, onTestFinished, test } from 'vitest'
import { migrate } from '../../src/database/migrate.ts'
import { openPostgres } from '../../src/database/postgres.ts'
import { readPostgresFacts } from '../../src/database/postgres-facts.ts'
import { openSession } from '../../src/database/session.ts'
import { openTlsServer, type TlsServer } from '../ground/database/tls-server.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { runsHere } from '../ground/runs-here.ts'
import { openStage } from '../ground/scenarios/stage.ts'
import { until } from '../ground/until.ts'

const never = new AbortController().signal
const logger = collectLogLines()

describe.runIf(await runsHere('openssl'))('with TLS', () => {
  test('[I2] every kind of connection is encrypted once the authority is known', async () => {
    const { url, ca } = await openEncrypted()
    const target = { url, sslCa: ca, applicationName: 'test' }
    await migrate({ ...target, logger }, never)
    expect((await readPostgresFacts(target, never)).certificateEndsAt).toBeGreaterThan(Date.now())
    const database = await openPostgres({ ...target, poolSize: 2, logger })
    onTestFinished(database.close)
    const session = await openSession(target, never)
    onTestFinished(session.close)
    const listening = new AbortController()
    await database.listen('some_channel', () => undefined, listening.signal)
    const rows = await database.query<{ ssl: boolean }>(
      "select ssl from pg_stat_ssl join pg_stat_activity using (pid) where backend_type = 'client backend'",
    )
    expect(rows.length).toBeGreaterThanOrEqual(3) // the pool's, the session, the listener
    expect(rows.every(({ ssl }) => ssl)).toBe(true)
    listening.abort()
  })

  test.for([
    ['no TLS at all', {}, 'denied', /no encryption/],
    ['another authority', { ca: 'otherCa' }, 'misconfigured', /self-signed certificate/],
    ['no authority, though the URL demands TLS', { search: '?sslmode=require' }, 'misconfigured', /self-signed certificate/],
    ['another name than the certificate’s', { ca: 'ca', hostname: 'localhost' }, 'misconfigured', /does not match certificate/],
  ] as const)('[I2] %s: no connection, and not for another try', async ([, how, code, said]) => {
    const server = await openEncrypted()
    const url = new URL(server.url)
    if ('hostname' in how) url.hostname = how.hostname
    if ('search' in how) url.search = how.search
    const sslCa = 'ca' in how ? server[how.ca] : null
    const error = await openPostgres({ url: url.href, sslCa, applicationName: 'test', poolSize: 1, logger }).catch(
      thrown => thrown,
    )
    expect(error).toMatchObject({ code, retryable: false, message: expect.stringMatching(said) })
    expect(error.message).not.toContain(url.password)
  })

  test('[I2] sslmode=no-verify encrypts without checking, by the operator’s own word', async () => {
    const { url } = await openEncrypted()
    const session = await openSession({ url: `${url}?sslmode=no-verify`, applicationName: 'test' }, never)
    onTestFinished(session.close)
    expect(await session.query('select ssl from pg_stat_ssl where pid = pg_backend_pid()')).toEqual([{ ssl: true }])
  })

  test('[I2] [H8] the whole of zaplog runs over DATABASE_SSL_CA within DATABASE_POOL_SIZE', async () => {
    const { url, ca } = await openEncrypted()
    const poolSize = 9
    const stage = await openStage({
      env: {
        DATABASE_URL: url,
        DATABASE_SSL_CA: ca,
        DATABASE_POOL_SIZE: String(poolSize),
        ADMIN_API_KEY: 'only-for-tests-of-tls',
        ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
      },
    })
    onTestFinished(stage.close)
    const session = await openSession({ url, sslCa: ca, applicationName: 'test' }, never)
    onTestFinished(session.close)
    const connections = () =>
      session.query<{ name: string; ssl: boolean }>(
        "select application_name as name, ssl from pg_stat_ssl join pg_stat_activity using (pid) where application_name like 'zaplog%'",
      )
    const busy = Promise.all(Array.from({ length: 60 }, () => stage.zaplog().call('GET', '/v1/instances')))
    const seen = await until('the pool to be in use', async () => {
      const open = await connections()
      return open.some(({ name }) => name === 'zaplog api') && open
    })
    expect((await busy).every(({ status }) => status === 200)).toBe(true)
    for (const open of [seen, await connections()]) {
      expect(open.every(({ ssl }) => ssl)).toBe(true)
      expect(open.filter(isWorking).length).toBeLessThanOrEqual(poolSize)
      expect(open.filter(one => !isWorking(one)).length).toBeLessThanOrEqual(4)
    }
  })
})

/** What works, of all connections; the others hold leases and the lock, listen, or ask whether Postgres answers. */
const isWorking = ({ name }: { name: string }) => !/^zaplog (watch|listen|leases|producers)$/.test(name)

/** New connections are judged by the new rules a moment after the server was told. */
async function openEncrypted(): Promise<TlsServer> {
  const server = await openTlsServer()
  await until('the server to demand TLS', async () => {
    const plain = await openSession({ url: server.url, applicationName: 'test' }, never).catch(() => null)
    await plain?.close()
    return plain === null
  })
  return server
}
