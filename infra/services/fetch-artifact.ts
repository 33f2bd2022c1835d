// A part that is not ours, fetched once per version into the user's cache and whole when it is there: an interrupted fetch leaves none.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { access, lstat, mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

export type Artifact = {
  /** Names its directory in the cache. */
  name: string
  version: string
  /** Puts the part into this directory, which is there and empty. */
  make(directory: string): Promise<void>
}
/** Called before something is fetched: it takes minutes. */
export type OnFetch = () => void

const cacheDirectory = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'zaplog')

/** Resolves with the directory that holds it; rejects with what `make` says. Two that fetch at once both succeed, one copy is kept. */
export async function fetchArtifact({ name, version, make }: Artifact, onFetch?: OnFetch): Promise<string> {
  const directory = join(cacheDirectory, `${name}-${version}`)
  if (await isThere(directory)) {
    await requireOurs(cacheDirectory)
    return directory
  }
  onFetch?.()
  await mkdir(cacheDirectory, { recursive: true, mode: 0o700 })
  await requireOurs(cacheDirectory)
  const unfinished = await mkdtemp(join(cacheDirectory, `.${name}-`))
  try {
    await make(unfinished)
    await rename(unfinished, directory)
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true })
    if (!(await isThere(directory))) throw error // else another process was faster
  }
  return directory
}

/** For the version of a part that other texts make another one. */
export const hashOf = (...texts: readonly string[]): string =>
  createHash('sha256').update(texts.join('\n')).digest('hex').slice(0, 12)

/** null: it was not made here yet. */
export async function findArtifact({ name, version }: Pick<Artifact, 'name' | 'version'>): Promise<string | null> {
  const directory = join(cacheDirectory, `${name}-${version}`)
  if (!(await isThere(directory))) return null
  await requireOurs(cacheDirectory)
  return directory
}

/** What is in there is run: nobody else may have put it there. */
async function requireOurs(directory: string): Promise<void> {
  const { uid, mode } = await lstat(directory)
  if (process.getuid === undefined || (uid === process.getuid() && (mode & 0o022) === 0)) return
  throw new Error(
    `${directory} is not ours alone: give it to user ${process.getuid()} and take write permission from everybody else`,
  )
}

/** Answers what the program printed, standard error included; rejects with its last words. The signal ends it, with an AbortError. */
export async function runProgram(
  command: string,
  args: readonly string[],
  { env = process.env, signal }: { env?: NodeJS.ProcessEnv; signal?: AbortSignal | undefined } = {},
): Promise<string> {
  const run = promisify(execFile)
  try {
    const limits = { maxBuffer: 16 * 1024 * 1024, timeout: FETCH_TIMEOUT_MS }
    const { stdout, stderr } = await run(command, args, { env, ...limits, ...(signal !== undefined && { signal }) })
    return stdout + stderr
  } catch (cause) {
    signal?.throwIfAborted()
    throw new Error(`running ${command} ${args[0] ?? ''}: ${lastWords(cause)}`, { cause })
  }
}

const FETCH_TIMEOUT_MS = 600_000
const TOLD_CHARACTERS = 300

function lastWords(error: unknown): string {
  const printed =
    error instanceof Error && 'stdout' in error && 'stderr' in error ? `${error.stdout}\n${error.stderr}`.trim() : ''
  return (printed === '' ? String(error) : printed).slice(-TOLD_CHARACTERS)
}

export const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )
