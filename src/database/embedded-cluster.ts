// The directory of an embedded server: cluster/, password, server.log. Whole or absent: a cluster is made under another name, then renamed.
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, chown, lchown, mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Logger } from '../runtime/logger.ts'
import { readIfThere } from '../runtime/read-if-there.ts'
import { syncDirectory, writeDurably } from '../runtime/write-durably.ts'
import { DatabaseError } from './database.ts'
import { type Binaries, findBinaries } from './embedded-binaries.ts'
import { embeddedError } from './embedded-errors.ts'
import { findRunnable } from './embedded-programs.ts'
import { closedDoor, findServerUser, requireReachable, type ServerUser } from './embedded-user.ts'

export type Cluster = {
  dataDir: string
  /** What PostgreSQL calls its data directory. */
  path: string
  /** The same, as the server's own processes can name it: they are started in there. */
  pathForServer: string
  binaries: Binaries
  user: ServerUser
  urlOf(port: number): string
}

const SUPERUSER = 'postgres'

/** Not ours, which holds keys; English, so that the server's last words can be told apart. */
export const serverEnvironment = { LC_ALL: 'C', PATH: '/usr/bin:/bin' }

/** Makes what is missing. Rejects with DatabaseError that names the path and how to mend it. */
export async function makeCluster({
  dataDir,
  fsync,
  logger,
}: {
  dataDir: string
  fsync: boolean
  logger: Logger
}): Promise<Cluster> {
  const path = join(dataDir, 'cluster')
  try {
    const [found, user] = await Promise.all([findBinaries(), findServerUser(logger)])
    await makeDirectory(dataDir, user)
    const nameOf = await namesFor(dataDir, user)
    const binaries = await findRunnable({ binaries: found, user, logger })
    const isNew = (await readIfThere(join(path, 'PG_VERSION'))) === null
    const password = await readOrMakePassword(dataDir, user, isNew)
    if (isNew) await initialize({ dataDir, path, nameOf, binaries, user, fsync })
    const urlOf = (port: number) => `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/postgres`
    return { dataDir, path, pathForServer: nameOf(path), binaries, user, urlOf }
  } catch (error) {
    throw embeddedError(`making a PostgreSQL cluster in ${dataDir}`, error)
  }
}

/**
 * What the server calls the directory that it is started in. A child of root is there before it becomes another user, and Linux keeps a
 * name for where a process is that asks no directory above: so it works behind a door that is closed to it, and stays closed.
 */
async function namesFor(dataDir: string, user: ServerUser): Promise<(path: string) => string> {
  if (user === null || (await closedDoor(dataDir, user)) === null) return path => path
  if (process.platform !== 'linux') await requireReachable(dataDir, user, 'the directory')
  return () => '/proc/self/cwd'
}

/** PostgreSQL accepts its directories only from their owner, closed to everybody else. */
async function makeDirectory(dataDir: string, user: ServerUser): Promise<void> {
  await mkdir(dataDir, { recursive: true })
  if (user !== null) await chown(dataDir, user.uid, user.gid)
  await chmod(dataDir, 0o700)
}

/** On disk before the cluster that it opens, so that a crash in between only makes another cluster. */
async function readOrMakePassword(dataDir: string, user: ServerUser, isNew: boolean): Promise<string> {
  const file = join(dataDir, 'password')
  const known = await readIfThere(file)
  if (known !== null && known.trim() !== '') return known.trim()
  if (!isNew)
    throw new DatabaseError(
      'misconfigured',
      `opening ${dataDir}: its password file is missing; restore ${file} from your backup (misconfigured)`,
    )
  const password = randomBytes(24).toString('base64url')
  await writeDurably(file, `${password}\n`, user)
  return password
}

type NewCluster = Pick<Cluster, 'dataDir' | 'path' | 'binaries' | 'user'> & { nameOf(path: string): string; fsync: boolean }
async function initialize({ dataDir, path, nameOf, binaries, user, fsync }: NewCluster): Promise<void> {
  const unfinished = `${path}.unfinished`
  await rm(unfinished, { recursive: true, force: true })
  // Not by its path once more: it lies in a directory of the server's user, and root must not be led elsewhere.
  await mkdir(unfinished, { mode: 0o700 })
  if (user !== null) await lchown(unfinished, user.uid, user.gid)
  const flags = [
    `--pgdata=${nameOf(unfinished)}`,
    `--username=${SUPERUSER}`,
    `--pwfile=${join('..', 'password')}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale-provider=builtin', // sorts alike on every system: an upgrade of the system's locales corrupts no index
    '--builtin-locale=C.UTF-8',
    '--locale=C',
    ...(fsync ? [] : ['--no-sync']),
  ]
  try {
    await promisify(execFile)(binaries.initdb, flags, { ...user, cwd: unfinished, env: serverEnvironment })
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true })
    throw ofInitdb(error, dataDir)
  }
  await rename(unfinished, path)
  await syncDirectory(dataDir)
}

/** What somebody ends a program with, or a whole process group with ours in it: no fault of the directory, whose unfinished cluster is gone. */
const ended = /^SIG(HUP|INT|TERM|KILL)$/
const endedInWords = /caught signal|terminated by signal (1|2|15)\b/

function ofInitdb(error: unknown, dataDir: string): unknown {
  if (!(error instanceof Error && 'stderr' in error)) return error
  const said = String(error.stderr).trim()
  const all = 'stdout' in error ? `${error.stdout}\n${said}` : said // where it says that it caught one
  const signal = 'signal' in error ? String(error.signal) : ''
  if (!ended.test(signal) && !endedInWords.test(all)) return new Error(`initdb: ${said}`)
  const by = ended.test(signal) ? signal : 'a signal'
  const message = `making a PostgreSQL cluster in ${dataDir}: initdb was ended by ${by}; the next start makes it (aborted)`
  return new DatabaseError('aborted', message)
}
