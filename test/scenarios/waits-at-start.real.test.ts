// Guarantee: a part that is away at start is waited for, live, not ready and said, whichever it is; the start goes on by itself,
// and SIGTERM ends it.
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../infra/services/server-process.ts'
import { openTestDatabase } from '../ground/database.ts'
import { runsHere } from '../ground/runs-here.ts'
import { openRealParts, type RealParts } from '../ground/scenarios/real-parts.ts'
import { launchZaplog, makeDataDir } from '../ground/scenarios/zaplog-process.ts'
import { openTcpProxy } from '../ground/tcp-proxy.ts'
import { until } from '../ground/until.ts'

const START_MS = 300_000 // the first run of a machine fetches them
const SAID_EVERY_MS = 10_000
/** Until a start has come to a part, on a machine that does much else. */
const START_STEP_MS = 60_000
const ERROR = 50
const ENCRYPTION_KEY = Buffer.alloc(32, 3).toString('base64')

type Check = { name: string; state: string; detail: string }
type Line = { level: number; event: string; part: string; address: string; waitedMs: number; reason: string }

/** A start whose API is known before it listens: its port was chosen for it. */
async function launch(set: Record<string, string>) {
  const dataDir = makeDataDir()
  const key = randomBytes(24).toString('base64url')
  writeFileSync(join(dataDir.path, 'admin-key'), key) // where the launcher looks for the key
  const port = await freePort()
  const env = { PORT: String(port), LOG_LEVEL: 'info', ADMIN_API_KEY: key, ENCRYPTION_KEY, ...set }
  const launched = launchZaplog({ program: 'start', dataDir: dataDir.path, env })
  onTestFinished(async () => {
    await launched.killEverything()
    dataDir.remove()
  })
  const ask = (path: string) => fetch(`http://127.0.0.1:${port}${path}`).catch(() => null)
  return {
    ...launched,
    ask,
    lines: (): Line[] =>
      launched
        .errors()
        .split('\n')
        .filter(line => line.startsWith('{'))
        .map(line => JSON.parse(line)),
    /** Answers its check once this part is what the start waits for. */
    untilWaitsFor: (name: string, detail: RegExp) =>
      until(
        `zaplog to wait for ${name}`,
        async () => {
          if (launched.exitCode() !== null) throw new Error(`it ended with ${launched.exitCode()}: ${launched.errors()}`)
          const ready = await ask('/health/ready')
          const { status, checks } = ((await ready?.json()) ?? { status: '', checks: [] }) as { status: string; checks: Check[] }
          const found = checks.find(check => check.name === name && detail.test(check.detail))
          if (found === undefined) return null
          expect({ code: ready?.status, status, checks }).toEqual({ code: 503, status: 'starting', checks: [found] })
          expect((await ask('/health/live'))?.status).toBe(200)
          return found
        },
        START_STEP_MS,
      ),
  }
}

describe.runIf(await runsHere('kafka', 'registry', 's3'))('beside real parts', () => {
  let parts: RealParts
  beforeAll(async () => {
    parts = await openRealParts()
  }, START_MS)
  afterAll(() => parts.close())

  test('[H4] [B7] [C5] one after another Postgres, Kafka, the registry and S3 come up late, and the start goes on each time', async () => {
    const database = await openTestDatabase('late')
    onTestFinished(database.close)
    const url = new URL(database.url)
    const proxy = await openTcpProxy({ target: { port: Number(url.port) } })
    onTestFinished(proxy.close)
    url.port = String(proxy.port)
    proxy.down()
    await Promise.all([parts.kafka.kill(), parts.registry.kill(), parts.s3.server.kill()])
    const { KAFKA_BROKERS = '', S3_ENDPOINT = '' } = parts.env
    const zaplog = await launch({ ...parts.env, DATABASE_URL: url.href })
    const refused = /ECONNREFUSED/

    await zaplog.untilWaitsFor('postgres', /retryable/)
    expect((await zaplog.ask('/v1/instances'))?.status).toBe(503)
    const said = () => zaplog.lines().filter(line => line.event === 'process.waiting')
    await until('it to be said again', () => said().length === 2)
    const [first, second] = said()
    expect(first?.waitedMs).toBeLessThan(SAID_EVERY_MS)
    expect(second?.waitedMs).toBeGreaterThanOrEqual(SAID_EVERY_MS - 50)
    expect(proxy.connections()).toBeLessThanOrEqual(1)
    proxy.resume()

    await zaplog.untilWaitsFor('kafka', refused)
    await parts.kafka.restart()
    await zaplog.untilWaitsFor('schema-registry', refused)
    await parts.registry.start()
    await zaplog.untilWaitsFor('s3', refused)
    await parts.s3.server.start()
    await zaplog.listening

    const ready = await until('zaplog to be ready', async () => {
      const answer = await zaplog.ask('/health/ready')
      return answer?.status === 200 && ((await answer.json()) as { status: string })
    })
    expect(ready.status).toBe('ok')
    const over = zaplog.lines().filter(line => line.event === 'process.waiting-over')
    expect(over.map(({ part, address }) => ({ part, address }))).toEqual([
      { part: 'postgres', address: `${url.host}${url.pathname}` },
      { part: 'kafka', address: KAFKA_BROKERS },
      { part: 'schema-registry', address: parts.registry.url },
      { part: 's3', address: `${S3_ENDPOINT}/media` },
    ])
    for (const line of [...said(), ...over]) expect(JSON.stringify(line)).not.toContain(url.password)
    expect(await zaplog.stop()).toBe(0)
    expect(zaplog.lines().filter(line => line.level >= ERROR)).toEqual([])
  }, 120_000)

  test('[H6] SIGTERM ends a start with 0, whichever part it waits for, also where that one only hangs', async () => {
    const database = await openTestDatabase('stopped')
    onTestFinished(database.close)
    const { KAFKA_BROKERS = '' } = parts.env
    const silent = await openSilentServer()
    const kafka = { KAFKA_BROKERS: silent, SCHEMA_REGISTRY_URL: `http://${silent}` }
    const s3 = { S3_BUCKET: 'media', S3_ENDPOINT: `http://${silent}`, S3_ACCESS_KEY_ID: 'one', S3_SECRET_ACCESS_KEY: 'two' }
    const settings = {
      postgres: { DATABASE_URL: `postgres://zaplog@${silent}/zaplog` },
      kafka: { DATABASE_URL: database.url, ...kafka },
      'schema-registry': { DATABASE_URL: database.url, ...kafka, KAFKA_BROKERS },
      s3: { DATABASE_URL: database.url, ...s3 },
    }
    for (const [name, set] of Object.entries(settings)) {
      const zaplog = await launch(set)
      await zaplog.untilWaitsFor(name, /no answer yet/)
      // 0: within STOP_WITHIN, what takes longer is cut and ends with 1.
      expect(await zaplog.stop(), `waiting for ${name}: ${zaplog.errors()}`).toBe(0)
      expect(zaplog.lines().at(-1)?.event).toBe('process.stopped')
    }
  }, 120_000)
})

/** host:port of a server that accepts and says nothing. */
async function openSilentServer(): Promise<string> {
  const server = createServer(socket => {
    socket.on('error', () => socket.destroy())
    onTestFinished(() => void socket.destroy())
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => new Promise<void>(resolve => server.close(() => resolve())))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return `127.0.0.1:${address.port}`
}
