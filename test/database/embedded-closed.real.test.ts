// As root behind a door that only root can enter, the embedded server runs as its own user, and no directory becomes more open for it.
import { execFile } from 'node:child_process'
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { openEmbeddedPostgres } from '../../src/database/embedded.ts'
import { findBinaries } from '../../src/database/embedded-binaries.ts'
import { findRunnable } from '../../src/database/embedded-programs.ts'
import { findServerUser } from '../../src/database/embedded-user.ts'
import { openSession } from '../../src/database/session.ts'
import { openTempDir } from '../ground/database/temp-dir.ts'
import { collectLogLines } from '../ground/log-lines.ts'

const never = new AbortController().signal
const asRoot = test.runIf(process.getuid?.() === 0 && process.platform === 'linux')

asRoot('[H4] [H8] a server whose directory lies behind a door of root’s is made, and finds what it kept', async () => {
  const closed = await openClosed()
  const dataDir = join(closed, 'postgres')
  const first = await open(dataDir)
  expect(await answer(first.server.url, 'create table kept (n int); insert into kept values (7); select n from kept')).toEqual([
    { n: 7 },
  ])
  await first.server.close()
  const second = await open(dataDir)
  expect(await answer(second.server.url, 'select n from kept')).toEqual([{ n: 7 }])
  const known = await findServerUser(second.logger)
  const [pid] = (await readFile(join(dataDir, 'cluster', 'postmaster.pid'), 'utf8')).split('\n')
  expect((await stat(`/proc/${pid}`)).uid).toBe(known?.uid)
  expect((await stat(closed)).mode & 0o777).toBe(0o700)
  expect((await stat(dataDir)).mode & 0o777).toBe(0o700)
})

asRoot(
  '[H4] a directory made where its user could pass opens behind a door, as one that was moved into root’s home',
  async () => {
    const closed = await openTempDir()
    const dataDir = join(closed, 'postgres')
    const before = await open(dataDir)
    await answer(before.server.url, 'create table kept (n int); insert into kept values (7)')
    await before.server.close()
    await chmod(closed, 0o700)
    const after = await open(dataDir)
    expect(await answer(after.server.url, 'select n from kept')).toEqual([{ n: 7 }])
  },
)

asRoot(
  '[H8] programs behind a door run from a copy of root’s, made once, also where root’s umask closed every file',
  async () => {
    const { binaries, user, logger } = await closedPrograms()
    const place = await openPlace()
    const umask = process.umask(0o077)
    onTestFinished(() => void process.umask(umask))
    const found = await findRunnable({ binaries, user, logger, places: [place] })
    const again = await findRunnable({ binaries, user, logger, places: [place] })
    expect(again).toEqual(found)
    expect(await readdir(join(dirname(found.postgres), '..', '..'))).toHaveLength(1)
    expect(logger.lines.map(line => line.event)).toEqual(['postgres.programs-copied'])
    const { stdout } = await promisify(execFile)(found.initdb, ['--version'], { ...user, cwd: '/' })
    expect(stdout).toMatch(/^initdb \(PostgreSQL\) 18/)
    expect((await stat(found.postgres)).mode & 0o777).toBe(0o755)
    expect((await stat(dirname(dirname(dirname(binaries.postgres))))).mode & 0o777).toBe(0o700)
  },
)

asRoot('[I2] nothing is copied to, or run from, a place that somebody else could have made', async () => {
  const { binaries, user, logger } = await closedPrograms()
  const [written, foreign, linked] = [await openPlace(), await openPlace(), await openPlace()]
  await chmod(written, 0o777)
  await mkdir(join(foreign, 'zaplog'))
  await promisify(execFile)('chown', ['nobody', join(foreign, 'zaplog')])
  await mkdir(join(linked, 'elsewhere'))
  await symlink('elsewhere', join(linked, 'zaplog'))
  const refused = findRunnable({ binaries, user, logger, places: [written, foreign, linked] })
  await expect(refused).rejects.toMatchObject({ code: 'denied' })
  await expect(refused).rejects.toThrow(/set DATABASE_URL/)
  for (const path of [written, join(foreign, 'zaplog'), join(linked, 'zaplog')])
    await expect(refused).rejects.toThrow(`is not root’s alone: ${path} `)
  for (const path of [join(written, 'zaplog'), join(foreign, 'zaplog'), join(linked, 'elsewhere')])
    expect(await readdir(path)).toEqual([])
  expect(logger.lines).toEqual([])
})

asRoot('[I2] a copy that somebody else could have changed since is not run', async () => {
  const { binaries, user, logger } = await closedPrograms()
  const place = await openPlace()
  const again = () => findRunnable({ binaries, user, logger, places: [place] })
  const copy = dirname(dirname((await again()).postgres))
  await chmod(copy, 0o775)
  await expect(again()).rejects.toThrow(`is not root’s alone: ${copy} can be written by others than its owner`)
  await chmod(copy, 0o755)
  await promisify(execFile)('chown', ['nobody', copy])
  await expect(again()).rejects.toThrow(`is not root’s alone: ${copy} belongs to user`)
})

async function openClosed(): Promise<string> {
  const path = join(await openTempDir(), 'closed')
  await mkdir(path, { mode: 0o700 })
  return path
}

/** Below a directory of root's alone, as those that PostgreSQL's programs are copied to. */
async function openPlace(): Promise<string> {
  const path = await mkdtemp('/var/cache/zaplog-test-')
  await chmod(path, 0o755)
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}

async function closedPrograms() {
  const logger = collectLogLines()
  const { postgres } = await findBinaries()
  const native = join(await openClosed(), 'native')
  await cp(join(dirname(postgres), '..'), native, { recursive: true, verbatimSymlinks: true })
  await promisify(execFile)('chmod', ['-R', 'go-rwx', native])
  const bin = join(native, 'bin')
  return {
    logger,
    user: await findServerUser(logger),
    binaries: { postgres: join(bin, 'postgres'), initdb: join(bin, 'initdb') },
  }
}

async function open(dataDir: string) {
  const logger = collectLogLines()
  const server = await openEmbeddedPostgres({ dataDir, logger, fsync: false })
  onTestFinished(() => server.close())
  return { server, logger }
}

async function answer(url: string, text: string): Promise<readonly Record<string, unknown>[]> {
  const session = await openSession({ url, applicationName: 'test' }, never)
  try {
    return await session.query(text)
  } finally {
    await session.close()
  }
}
