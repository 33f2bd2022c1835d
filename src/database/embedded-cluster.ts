// The directory of an embedded server: cluster/, password, server.log. Whole or absent: a cluster is made under another name, then renamed.
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, chown, mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Logger } from '../runtime/logger.ts'
import { readIfThere } from '../runtime/read-if-there.ts'
import { syncDirectory, writeDurably } from '../runtime/write-durably.ts'
import { DatabaseError } from './database.ts'
import { type Binaries, findBinaries } from './embedded-binaries.ts'
import { embeddedError } from './embedded-errors.ts'
import { findServerUser, requireReachable, type ServerUser } from './embedded-user.ts'

export type Cluster = {
  dataDir: string
  /** What PostgreSQL calls its data directory. */
  path: string
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
    const [binaries, user] = await Promise.all([findBinaries(), findServerUser(logger)])
    await makeDirectory(dataDir, user)
    await requireReachable(dataDir, user, 'the directory')
    await requireReachable(binaries.postgres, user, 'the program')
    const isNew = (await readIfThere(join(path, 'PG_VERSION'))) === null
    const password = await readOrMakePassword(dataDir, user, isNew)
    if (isNew) await initialize({ dataDir, path, binaries, user, fsync })
    return { dataDir, path, binaries, user, urlOf: port => `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/postgres` }
  } catch (error) {
    throw embeddedError(`making a PostgreSQL cluster in ${dataDir}`, error)
  }
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

async function initialize({ dataDir, path, binaries, user, fsync }: Omit<Cluster, 'urlOf'> & { fsync: boolean }): Promise<void> {
  const unfinished = `${path}.unfinished`
  await rm(unfinished, { recursive: true, force: true })
  const flags = [
    `--pgdata=${unfinished}`,
    `--username=${SUPERUSER}`,
    `--pwfile=${join(dataDir, 'password')}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale-provider=builtin', // sorts alike on every system: an upgrade of the system's locales corrupts no index
    '--builtin-locale=C.UTF-8',
    '--locale=C',
    ...(fsync ? [] : ['--no-sync']),
  ]
  try {
    await promisify(execFile)(binaries.initdb, flags, { ...user, cwd: dataDir, env: serverEnvironment })
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true })
    throw error instanceof Error && 'stderr' in error ? new Error(`initdb: ${String(error.stderr).trim()}`) : error
  }
  await rename(unfinished, path)
  await syncDirectory(dataDir)
}
