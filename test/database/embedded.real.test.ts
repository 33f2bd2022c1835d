// The embedded server keeps what was committed over kill -9 of its owner and of itself, and says what it found and did.
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openEmbeddedPostgres } from '../../src/database/embedded.ts'
import { openPostgres } from '../../src/database/postgres.ts'
import { openSession } from '../../src/database/session.ts'
import { openInChild } from '../ground/database/child.ts'
import { openTempDir } from '../ground/database/temp-dir.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'

const never = new AbortController().signal

test('[H4] what was committed is there after kill -9 of the process and a new start, which says what it found', async () => {
  const dataDir = join(await openTempDir(), 'postgres')
  const child = await openInChild('embedded', dataDir)
  const session = await openSession({ url: child.line, applicationName: 'test' }, never)
  await session.query('create table kept (n int); insert into kept values (7)')
  const leftOver = await postmasterPid(dataDir)
  await child.kill()

  const { server, logger } = await open(dataDir)
  const database = await openPostgres({ url: server.url, poolSize: 2, applicationName: 'test', logger })
  expect(await database.query('select n from kept')).toEqual([{ n: 7 }])
  expect(logger.lines).toContainEqual(
    expect.objectContaining({ event: 'postgres.left-over-found', fields: expect.objectContaining({ pid: leftOver }) }),
  )
  await until('the old session is lost', () => session.lost.aborted)
  await database.close()
})

test('[H4] a server that dies is started again at the same address', async () => {
  const dataDir = join(await openTempDir(), 'postgres')
  const { server, logger } = await open(dataDir, ['postgres.exited', 'postgres.restart-failed'])
  const database = await openPostgres({ url: server.url, poolSize: 2, applicationName: 'test', logger })
  await database.query('create table kept (n int); insert into kept values (7)')
  process.kill(await postmasterPid(dataDir), 'SIGKILL')
  await until('it says so', () => logger.lines.some(line => line.event === 'postgres.restarted')) // a backend may outlive its postmaster a little
  const rows = await until('the server answers again', () => database.query('select n from kept').catch(() => null))
  expect(rows).toEqual([{ n: 7 }])
  await database.close()
})

test('[H3] [H4] a server that somebody tells to shut down, which waits for our sessions for ever, is said, ended and started again', async () => {
  const dataDir = join(await openTempDir(), 'postgres')
  const { server, logger } = await open(dataDir, ['postgres.shutting-down'])
  const session = await openSession({ url: server.url, applicationName: 'test' }, never)
  await session.query('create table kept (n int); insert into kept values (7)')
  const before = await postmasterPid(dataDir)
  process.kill(before, 'SIGTERM') // a smart shutdown
  const trouble = await until('it says so', () => server.trouble())
  expect(trouble).toBe('the server is shutting down, told by somebody else; it is started again')
  await until('it is started again', () => logger.lines.some(line => line.event === 'postgres.restarted'))
  await until('it is no trouble any more', () => server.trouble() === null)
  expect(await postmasterPid(dataDir)).not.toBe(before)
  expect(session.lost.aborted).toBe(true)
  const again = await openSession({ url: server.url, applicationName: 'test' }, never)
  onTestFinished(() => again.close())
  expect(await again.query('select n from kept')).toEqual([{ n: 7 }])
  const said = logger.lines.map(({ event }) => event).filter(event => /shutting-down|restarted|exited/.test(event))
  expect(said).toEqual(['postgres.shutting-down', 'postgres.restarted'])
})

test('[H6] our own stop of it is nobody else’s', async () => {
  const dataDir = join(await openTempDir(), 'postgres')
  const { server, logger } = await open(dataDir)
  await server.close()
  expect({ trouble: server.trouble(), lines: logger.lines.filter(({ level }) => level === 'error') }).toEqual({
    trouble: null,
    lines: [],
  })
})

test('[I2] the password is made for the directory, closed to others, and no other opens the server', async () => {
  const dataDir = join(await openTempDir(), 'postgres')
  const { server } = await open(dataDir)
  const file = await stat(join(dataDir, 'password'))
  expect(file.mode & 0o777).toBe(0o600)
  const guessed = openSession({ url: server.url.replace(/:[^:@]+@/, ':postgres@'), applicationName: 'test' }, never)
  await expect(guessed).rejects.toMatchObject({ code: 'denied', retryable: false })
})

test('[H4] a database without its password file is refused with the path of the file', async () => {
  const dataDir = join(await openTempDir(), 'postgres')
  const { server } = await open(dataDir)
  await server.close()
  await server.close()
  await rm(join(dataDir, 'password'))
  await expect(open(dataDir)).rejects.toMatchObject({
    code: 'misconfigured',
    message: expect.stringContaining(join(dataDir, 'password')),
  })
})

test('[H4] a lock file whose process id belongs to another program now is no obstacle', async () => {
  const dataDir = join(await openTempDir(), 'postgres')
  const first = await open(dataDir)
  const lockFile = await readFile(join(dataDir, 'cluster', 'postmaster.pid'), 'utf8')
  await first.server.close()
  await writeFile(join(dataDir, 'cluster', 'postmaster.pid'), lockFile.replace(/^\d+/, String(process.ppid)))
  const { logger } = await open(dataDir)
  expect(logger.lines.map(line => line.event)).toContain('postgres.stale-lock-removed')
})

test('[H4] a cluster half made by a killed process is made anew', async () => {
  const dataDir = join(await openTempDir(), 'postgres')
  await mkdir(join(dataDir, 'cluster.unfinished', 'base'), { recursive: true })
  const { server } = await open(dataDir)
  expect(server.url).toMatch(/^postgres:\/\/postgres:[\w-]{32}@127\.0\.0\.1:\d+\/postgres$/)
})

async function open(dataDir: string, expected: readonly string[] = []) {
  const logger = collectLogLines(expected)
  const server = await openEmbeddedPostgres({ dataDir, logger, fsync: false })
  onTestFinished(() => server.close())
  return { server, logger }
}

async function postmasterPid(dataDir: string): Promise<number> {
  return Number((await readFile(join(dataDir, 'cluster', 'postmaster.pid'), 'utf8')).split('\n')[0])
}
