// PostgreSQL's programs where the server's user can run them: where npm put them, or, if that lies behind a closed door, a copy of root's.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { constants, cp, lstat, mkdir, mkdtemp, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
// biome-ignore lint/correctness/useImportExtensions: it is JavaScript, with its types beside it
import { whoElseWrites } from '../../bin/own-directory.mjs'
import { describeError, type Logger } from '../runtime/logger.ts'
import { syncDirectory } from '../runtime/write-durably.ts'
import { DatabaseError } from './database.ts'
import type { Binaries } from './embedded-binaries.ts'
import type { ServerUser } from './embedded-user.ts'

export type Programs = {
  binaries: Binaries
  user: ServerUser
  logger: Logger
  /** Tried in this order. */
  places?: readonly string[]
}

/** Where systems keep what can be made again; the second is for those that have no such place. */
const PLACES = ['/var/cache', '/var/lib']

/** No directory is made more open for it. Rejects with DatabaseError `denied` that says what was tried, and what mends it. */
export async function findRunnable({ binaries, user, logger, places = PLACES }: Programs): Promise<Binaries> {
  if (user === null || (await mayRun(binaries, user))) return binaries
  const refusals: string[] = []
  for (const place of places) {
    try {
      const copied = await copyInto(join(place, 'zaplog'), binaries, logger)
      if (await mayRun(copied, user)) return copied
      refusals.push(`${place} is closed to that user, or nothing may be run there`)
    } catch (error) {
      refusals.push(describeError(error))
    }
  }
  throw new DatabaseError(
    'denied',
    `running ${binaries.postgres} as the user of the embedded PostgreSQL: no way through, and no place for a copy (${refusals.join('; ')}); ` +
      'put zaplog where other users may pass, or run it as another user than root, or set DATABASE_URL (denied)',
  )
}

/** Asks the kernel, as that user: mode bits alone know nothing of access lists, nor of file systems where nothing may be run. */
async function mayRun({ postgres, initdb }: Binaries, user: NonNullable<ServerUser>): Promise<boolean> {
  const catalog = join(dirname(postgres), '..', 'share', 'postgresql', 'postgres.bki')
  try {
    await Promise.all([
      run('test', ['-r', catalog, '-a', '-x', initdb], { ...user, cwd: '/' }),
      run(postgres, ['--version'], { ...user, cwd: '/' }),
    ])
    return true
  } catch {
    return false // for whatever reason: then a copy is tried, and the last refusal is said
  }
}

/** Named after what it holds, whole or absent; programs of other versions stay for the servers that run from them. */
async function copyInto(directory: string, { postgres, initdb }: Binaries, logger: Logger): Promise<Binaries> {
  const hash = createHash('sha256').update(await readFile(postgres))
  const copy = join(directory, `postgresql-${hash.digest('hex').slice(0, 24)}`)
  await makeOpen(directory)
  requireOnlyRoots(directory)
  if (!(await isThere(copy))) {
    await makeCopy(join(dirname(postgres), '..'), copy)
    logger.info('postgres.programs-copied', { to: copy, reason: 'the server’s user cannot reach them where they are' })
  }
  requireOnlyRoots(copy)
  return { postgres: join(copy, 'bin', basename(postgres)), initdb: join(copy, 'bin', basename(initdb)) }
}

async function makeCopy(from: string, to: string): Promise<void> {
  const unfinished = await mkdtemp(`${to}.unfinished-`)
  try {
    await cp(from, unfinished, { recursive: true, verbatimSymlinks: true, mode: constants.COPYFILE_FICLONE })
    await openToReaders(unfinished)
    await rename(unfinished, to)
    await syncDirectory(dirname(to))
  } catch (error) {
    if (!(await isThere(to))) throw error // else another process was faster
  } finally {
    await rm(unfinished, { recursive: true, force: true })
  }
}

/** Whatever modes npm gave them under root's umask. On disk before the name that says it is whole. */
async function openToReaders(path: string): Promise<void> {
  const entries = await readdir(path, { withFileTypes: true })
  for (const entry of entries.filter(one => one.isDirectory())) await openToReaders(join(path, entry.name))
  for (const { name } of [...entries.filter(one => one.isFile()), { name: '.' }]) {
    const file = await open(join(path, name), 'r')
    try {
      const { mode } = await file.stat()
      await file.chown(0, 0)
      await file.chmod((mode & 0o100) === 0 ? 0o644 : 0o755)
      await file.sync()
    } finally {
      await file.close()
    }
  }
}

async function makeOpen(directory: string): Promise<void> {
  try {
    await mkdir(directory)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return
    throw error
  }
  const made = await open(directory, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
  try {
    await made.chmod(0o755)
  } finally {
    await made.close()
  }
}

/** What somebody else could put there would be run. */
function requireOnlyRoots(path: string): void {
  const problem = whoElseWrites(path, [0])
  if (problem !== null) throw new Error(`${path} is not root’s alone: ${problem}`)
}

const isThere = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  )

const run = promisify(execFile)
