// The directory that holds what one zaplog keeps on this machine: one process at a time, secrets readable by their owner only.
import { chmod, mkdir, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { CodedError } from './coded-error.ts'
import { lockDirectory } from './directory-lock.ts'
import { describeError, type Logger } from './logger.ts'
import { readIfThere } from './read-if-there.ts'
import { writeDurably } from './write-durably.ts'

export type DataDir = {
  /** Absolute. */
  path: string
  file(name: string): string
  /** The text kept in file `name`, without white space around it; made by `create` where there is none. */
  readOrCreateSecret(name: string, create: () => string): Promise<{ value: string; created: boolean }>
  /** Lets the next process have it. Idempotent. */
  close(): Promise<void>
}

export type DataDirErrorCode = 'in-use' | 'denied' | 'disk-full' | 'damaged' | 'misconfigured' | 'failed'

export class DataDirError extends CodedError<DataDirErrorCode> {
  override name = 'DataDirError'
  readonly port = 'data-dir'
  constructor(code: DataDirErrorCode, message: string, cause?: unknown) {
    super({ code, message, retryable: false, settings: ['DATA_DIR'], cause })
  }
}

/** Makes it where it is missing. Rejects with DataDirError, `in-use` with the id of the process that has it. */
export async function openDataDir({ logger }: { logger: Logger }, directory: string): Promise<DataDir> {
  const path = resolve(directory)
  const lock = await translated(`opening DATA_DIR ${path}`, async () => {
    await makeDirectory(path)
    return await lockDirectory(path)
  })
  if (!lock.held)
    throw new DataDirError(
      'in-use',
      `opening DATA_DIR ${path}: process ${lock.byPid} has it open; stop that zaplog, or choose another DATA_DIR (in-use)`,
    )
  await tellIfOpen(path, logger)
  if (lock.takenFromPid !== null) logger.warn('data-dir.taken-over', { path, fromPid: lock.takenFromPid })
  let released: Promise<void> | null = null
  return {
    path,
    file: name => join(path, name),
    readOrCreateSecret: (name, create) =>
      translated(`reading the secret ${join(path, name)}`, () => readOrCreate(join(path, name), create, logger)),
    close: async () => {
      released ??= translated(`closing DATA_DIR ${path}`, lock.release)
      await released
    },
  }
}

/** Told, not refused: volumes are often made so, and only whoever runs zaplog knows who else is on the machine. */
async function tellIfOpen(path: string, logger: Logger): Promise<void> {
  const { uid, mode } = await stat(path)
  const isOurs = process.getuid === undefined || uid === process.getuid() || uid === 0
  if (isOurs && (mode & 0o002) === 0) return
  logger.warn('data-dir.open-to-others', {
    path,
    uid,
    mode: (mode & 0o777).toString(8),
    doing: 'its keys are whatever they put there',
  })
}

/** Closed to others; root's embedded server runs as another user, who must get through, but lists nothing. */
async function makeDirectory(path: string): Promise<void> {
  if (await makeMissing(path)) await chmod(path, process.getuid?.() === 0 ? 0o711 : 0o700)
}

/** false: it is there. Parents are made once: mkdir's own `recursive` never ends where a file system such as /proc takes none. */
async function makeMissing(path: string, { parents } = { parents: true }): Promise<boolean> {
  try {
    await mkdir(path)
    return true
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null
    if (code === 'EEXIST') return false
    if (code !== 'ENOENT' || !parents) throw error
  }
  await makeMissing(dirname(path))
  return makeMissing(path, { parents: false })
}

async function readOrCreate(file: string, create: () => string, logger: Logger): Promise<{ value: string; created: boolean }> {
  const known = await readIfThere(file)
  if (known === null) {
    const value = create()
    await writeDurably(file, `${value}\n`)
    return { value, created: true }
  }
  const value = known.trim()
  if (value === '')
    throw new DataDirError('damaged', `reading the secret ${file}: it is empty; restore it from a backup (damaged)`)
  if (((await stat(file)).mode & 0o077) !== 0) {
    logger.warn('data-dir.secret-was-open', { file, doing: 'closing it to everybody but its owner' })
    await chmod(file, 0o600)
  }
  return { value, created: false }
}

const mends: readonly { pattern: RegExp; code: DataDirErrorCode; mend: string }[] = [
  { pattern: /EACCES|EPERM/, code: 'denied', mend: 'give this user the directory, or choose another DATA_DIR' },
  { pattern: /EROFS/, code: 'denied', mend: 'the file system is read-only; choose another DATA_DIR' },
  { pattern: /ENOSPC|EDQUOT/, code: 'disk-full', mend: 'the disk is full; free some space' },
  { pattern: /ENOTDIR|EEXIST/, code: 'misconfigured', mend: 'a file is in the way; choose another DATA_DIR' },
  { pattern: /ENOENT/, code: 'misconfigured', mend: 'no directory can be made there; choose another DATA_DIR' },
]

async function translated<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof DataDirError) throw error
    const said = describeError(error)
    const { code, mend } = mends.find(({ pattern }) => pattern.test(said)) ?? { code: 'failed' as const, mend: 'no known reason' }
    throw new DataDirError(code, `${doing}: ${mend} (${code})`, error)
  }
}
