// As whom the embedded server runs: PostgreSQL refuses root, so root lends it the user `postgres`, who must be able to reach its files.
import { execFile } from 'node:child_process'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import type { Logger } from '../runtime/logger.ts'
import { DatabaseError } from './database.ts'

/** null: as ourselves. */
export type ServerUser = { uid: number; gid: number } | null

const run = promisify(execFile)
const NAME = 'postgres'

/** Makes the user where it is missing. Rejects with DatabaseError `misconfigured` where that fails. */
export async function findServerUser(logger: Logger): Promise<ServerUser> {
  if (process.getuid?.() !== 0) return null
  const known = await idsOf(NAME)
  if (known !== null) return known
  try {
    await run('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', NAME])
  } catch (cause) {
    throw new DatabaseError(
      'misconfigured',
      `making the user ${NAME}, as whom PostgreSQL runs when zaplog is root: useradd failed; run zaplog as another user, or set DATABASE_URL (misconfigured)`,
      { cause },
    )
  }
  logger.info('postgres.user-made', { name: NAME })
  const made = await idsOf(NAME)
  if (made === null)
    throw new DatabaseError('misconfigured', `looking up the user ${NAME} just made: id does not know it (misconfigured)`)
  return made
}

async function idsOf(name: string): Promise<ServerUser> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])])
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 1) return null // id's answer for: no such user
    throw new DatabaseError('misconfigured', `looking up the user ${name}: id failed (misconfigured)`, { cause: error })
  }
}

export async function requireReachable(path: string, user: ServerUser, what: string): Promise<void> {
  const directory = user === null ? null : await closedDoor(path, user)
  if (directory === null) return
  throw new DatabaseError(
    'denied',
    `reaching ${what} ${path} as user ${NAME}: no way through ${directory}; run chmod o+x ${directory}, or choose another place, or run zaplog as another user than root (denied)`,
  )
}

/** The first directory on the way that the user cannot enter: asks the kernel, as that user, since mode bits know nothing of access lists. */
export async function closedDoor(path: string, user: NonNullable<ServerUser>): Promise<string | null> {
  for (const directory of parentsOf(path)) if (!(await mayEnter(directory, user))) return directory
  return null
}

async function mayEnter(directory: string, user: { uid: number; gid: number }): Promise<boolean> {
  try {
    await run('test', ['-x', directory], { ...user, cwd: '/' })
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 1) return false
    throw error
  }
}

function parentsOf(path: string): readonly string[] {
  const parent = dirname(path)
  return parent === path ? [path] : [...parentsOf(parent), path]
}
