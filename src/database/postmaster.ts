// Server processes of one cluster directory, as its postmaster.pid and the system tell; nothing is signalled that is not one of them.
import { execFile } from 'node:child_process'
import { readdir, readlink, realpath, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Logger } from '../runtime/logger.ts'
import { never } from '../runtime/or-abort.ts'
import { readIfThere } from '../runtime/read-if-there.ts'
import { wait } from '../runtime/wait.ts'
import { DatabaseError } from './database.ts'

const POLL_MS = 20
const STATUS_LINE = 7
const FAST_STOP_MS = 30_000
const IMMEDIATE_STOP_MS = 10_000

/** Stops the server that an earlier process left running in `cluster`, and waits until its last process is gone. */
export async function stopLeftOver(cluster: string, logger: Logger): Promise<void> {
  const pid = await recordedPid(cluster)
  if (pid === null) return
  if (await runsIn(pid, cluster)) {
    logger.warn('postgres.left-over-found', { pid, cluster, doing: 'stopping it and starting a new one' })
    await stopPostmaster(pid, cluster)
    logger.info('postgres.left-over-stopped', { pid })
    return
  }
  await allGone(cluster)
  if (!isAlive(pid)) return // PostgreSQL itself sees that the lock file is stale
  logger.info('postgres.stale-lock-removed', { pid, reason: 'that process id belongs to another program now' })
  await rm(join(cluster, 'postmaster.pid'), { force: true })
}

/**
 * Whether the server there was told to end, by whoever it was: of a smart shutdown (SIGTERM) nothing else can be seen for as long as
 * sessions last, which it waits for, while it lets nobody in. The file's eighth line is the server's own word (PostgreSQL, pidfile.h).
 */
export async function isStopping(cluster: string): Promise<boolean> {
  const lines = (await readIfThere(join(cluster, 'postmaster.pid')))?.split('\n') ?? []
  return lines[STATUS_LINE]?.trim() === 'stopping'
}

/** SIGINT disconnects everybody and checkpoints; SIGQUIT, where that takes too long, leaves the rest to crash recovery. */
export async function stopPostmaster(pid: number, cluster: string): Promise<void> {
  for (const [signal, withinMs] of [
    ['SIGINT', FAST_STOP_MS],
    ['SIGQUIT', IMMEDIATE_STOP_MS],
  ] as const) {
    if (!(await runsIn(pid, cluster))) return await allGone(cluster)
    process.kill(pid, signal)
    if (await within(withinMs, async () => !(await runsIn(pid, cluster)))) return await allGone(cluster)
  }
  throw new DatabaseError('failed', `stopping PostgreSQL ${pid} in ${cluster}: still there after SIGINT and SIGQUIT (failed)`)
}

/** After a kill -9 of the postmaster its children need up to about a second; a start in that time fails. */
async function allGone(cluster: string): Promise<void> {
  if (await within(IMMEDIATE_STOP_MS, async () => (await processesIn(cluster)).length === 0)) return
  throw new DatabaseError(
    'failed',
    `waiting for PostgreSQL's processes in ${cluster} to end: ${await processesIn(cluster)} still run (failed)`,
  )
}

async function recordedPid(cluster: string): Promise<number | null> {
  const pid = Number((await readIfThere(join(cluster, 'postmaster.pid')))?.split('\n')[0])
  return Number.isInteger(pid) && pid > 1 ? pid : null
}

/** Whether that process is a server of this directory, and not another program that got the same number later. */
async function runsIn(pid: number, cluster: string): Promise<boolean> {
  if (process.platform === 'linux') return (await processesIn(cluster)).includes(pid)
  try {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'command=', '-p', String(pid)])
    return stdout.includes(cluster)
  } catch (error) {
    if (isAlive(pid)) throw error
    return false
  }
}

/** PostgreSQL's processes all work in their cluster's directory. Only Linux can tell; elsewhere the start is repeated instead. */
async function processesIn(cluster: string): Promise<readonly number[]> {
  if (process.platform !== 'linux') return []
  const directory = await realpath(cluster)
  const pids = (await readdir('/proc')).filter(name => /^\d+$/.test(name))
  const places = await Promise.all(pids.map(pid => readlink(`/proc/${pid}/cwd`).catch(() => null))) // gone, or not ours to see
  return pids.filter((_, index) => places[index] === directory).map(Number)
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

async function within(limitMs: number, condition: () => Promise<boolean>): Promise<boolean> {
  const endAt = performance.now() + limitMs
  while (!(await condition())) {
    if (performance.now() > endAt) return false
    await wait(POLL_MS, never)
  }
  return true
}
