// A try that fails leaves nothing behind, however often a start repeats it: no connection, no timer.
import type { Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { migrate } from '../../src/database/migrate.ts'
import { openPostgres } from '../../src/database/postgres.ts'
import { openCodec } from '../../src/events/codec.ts'
import { openKafkaLog } from '../../src/log/kafka/kafka.ts'
import { openS3Store } from '../../src/objects/s3.ts'
import { openConfluentRegistry } from '../../src/registry/confluent.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'
import { openTestDatabase } from '../ground/database.ts'
import { declareTopic } from '../ground/log.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { alwaysAnswer, openLoopbackServer } from '../ground/loopback-server.ts'
import { openTcpProxy } from '../ground/tcp-proxy.ts'
import { until } from '../ground/until.ts'

const TRIES = 3
const never = new AbortController().signal

/** Where it is, and how many hold a connection to it, which HTTP keeps for ever. */
async function openBadServer(how: 'cuts' | 'answers 403' | 'answers 503') {
  const sockets = new Set<Socket>()
  const answer = alwaysAnswer(how === 'answers 503' ? 503 : 403)
  const { url, server } = await openLoopbackServer(answer, { keepAliveTimeout: 0 })
  server.on('connection', socket => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    if (how === 'cuts') socket.destroy()
  })
  return { at: new URL(url).host, connections: () => sockets.size }
}

type Name = 'migrating Postgres' | 'opening Postgres' | 'making topics' | 'asking the registry' | 'opening S3'

function openTries(at: string): Record<Name, { attempt: () => Promise<unknown>; close?: () => Promise<void> }> {
  const logger = collectLogLines()
  const database = { url: `postgres://zaplog@${at}/zaplog`, logger }
  const log = openKafkaLog({ brokers: [at], clientId: 'test', logger, metrics: createMetrics({ processMetrics: false }) })
  const registry = openConfluentRegistry({ url: `http://${at}`, autoRegister: true, logger })
  const s3 = { bucket: 'media', endpoint: `http://${at}`, credentials: { accessKeyId: 'one', secretAccessKey: 'two' }, logger }
  return {
    'migrating Postgres': { attempt: () => migrate(database, never) },
    'opening Postgres': { attempt: () => openPostgres({ ...database, poolSize: 4, applicationName: 'test' }) },
    'making topics': { attempt: () => log.ensureTopics([declareTopic('any')], never), close: log.close },
    'asking the registry': { attempt: () => openCodec(registry, never) },
    'opening S3': { attempt: () => openS3Store(s3) },
  }
}
/** HTTP connections to the registry are shared by all requests of the process, and reused by the next try. */
const kept = (name: Name) => (name === 'asking the registry' ? 1 : 0)

test.for([
  ['migrating Postgres', 'cuts'],
  ['opening Postgres', 'cuts'],
  ['making topics', 'cuts'],
  ['asking the registry', 'cuts'],
  ['asking the registry', 'answers 503'],
  ['opening S3', 'cuts'],
  ['opening S3', 'answers 503'],
  ['opening S3', 'answers 403'],
] as const)('[H4] %s at a server that %s leaves nothing behind', { timeout: 30_000 }, async ([name, how]) => {
  const server = await openBadServer(how)
  const { attempt, close } = openTries(server.at)[name]
  if (close !== undefined) onTestFinished(close)
  const fail = () => expect(attempt()).rejects.toMatchObject({ retryable: how !== 'answers 403' })
  await fail() // the first one also makes what the libraries keep for the whole process
  await until('its connections to be closed', () => server.connections() <= kept(name))
  const before = timers()
  for (let nth = 1; nth <= TRIES; nth += 1) await fail()
  await until('their connections to be closed', () => server.connections() <= kept(name))
  await until('their timers to be cleared', () => timers() <= before)
})

const timers = () => process.getActiveResourcesInfo().filter(name => name === 'Timeout').length

test('[H4] Postgres that is connected to and will not do is left', async () => {
  const logger = collectLogLines()
  const { url, database, close } = await openTestDatabase('left')
  onTestFinished(close)
  const name = `latin_${process.pid}`
  await database.query(`create database ${name} template template0 encoding 'LATIN1' locale 'C' locale_provider libc`)
  onTestFinished(async () => void (await database.query(`drop database ${name} with (force)`)))
  const target = { url: url.replace(/[^/]+$/, name), poolSize: 4, applicationName: 'test', logger }
  for (let nth = 1; nth <= TRIES; nth += 1)
    await expect(openPostgres(target)).rejects.toMatchObject({
      code: 'misconfigured',
      message: expect.stringContaining('LATIN1'),
    })
  const query = 'select count(*)::int as open from pg_stat_activity where datname = $1'
  await until('its connections to be closed', async () => (await database.query<{ open: number }>(query, [name]))[0]?.open === 0)
})

test('[H6] Postgres that hangs is not waited for any more once the start is told to stop', async () => {
  const { url, close } = await openTestDatabase('hangs')
  onTestFinished(close)
  const proxy = await openTcpProxy({ target: { port: Number(new URL(url).port) } })
  onTestFinished(proxy.close)
  proxy.hold()
  const stop = new AbortController()
  const there = new URL(url)
  there.port = String(proxy.port)
  const opening = openPostgres({ url: there.href, poolSize: 4, applicationName: 'test', logger: collectLogLines() }, stop.signal)
  await until('it to be asked', () => proxy.connections() === 1)
  stop.abort()
  await expect(opening).rejects.toMatchObject({ code: 'aborted' })
})
