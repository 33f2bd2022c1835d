// The embedded Postgres of one data directory, as a scenario kills it, freezes it, or looks into it; no other process is ever signalled.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { until } from '../until.ts'

/** null where none runs: the file of a killed server stays, and its number may be another program's by now. */
export function postmasterOf(dataDir: string): number | null {
  const pid = Number(readOrEmpty(join(dataDir, 'postgres', 'cluster', 'postmaster.pid')).split('\n')[0])
  const isOurs = pid > 0 && readOrEmpty(`/proc/${pid}/cmdline`).includes(dataDir)
  return isOurs ? pid : null
}

/** kill -9 of the server with every process of it; resolves when they are gone. */
export async function killPostgres(dataDir: string): Promise<void> {
  const family = familyOf(dataDir)
  for (const pid of family) signal(pid, 'SIGKILL')
  await until('the killed Postgres to be gone', () => family.every(pid => ['', 'Z'].includes(stateOf(pid))))
}

/** Stops every process of the server where it stands, as a machine that hangs; resolves when all stand still. */
export async function freezePostgres(dataDir: string): Promise<{ thaw(): void }> {
  // The postmaster first: from then on it starts no other.
  signal(familyOf(dataDir)[0] ?? 0, 'SIGSTOP')
  const family = familyOf(dataDir)
  for (const pid of family) signal(pid, 'SIGSTOP')
  await until('Postgres to stand still', () => family.length > 1 && family.every(pid => stateOf(pid) === 'T'))
  return {
    thaw: () => {
      for (const pid of family) signal(pid, 'SIGCONT')
    },
  }
}

/** Of the superuser. */
export function databaseUrlOf(dataDir: string): string {
  const password = readOrEmpty(join(dataDir, 'postgres', 'password')).trim()
  const port = readOrEmpty(join(dataDir, 'postgres', 'cluster', 'postmaster.pid')).split('\n')[3]
  return `postgres://postgres:${password}@127.0.0.1:${port}/postgres`
}

/** The postmaster, then its children. */
function familyOf(dataDir: string): readonly number[] {
  const postmaster = postmasterOf(dataDir)
  if (postmaster === null) return []
  const pids = readdirSync('/proc').map(Number)
  return [postmaster, ...pids.filter(pid => pid > 0 && parentOf(pid) === postmaster)]
}

const parentOf = (pid: number): number => Number(statOf(pid)[1])

/** proc(5): R, S, T (stopped), Z (ended, not yet reaped) ...; empty where there is no such process. */
const stateOf = (pid: number): string => statOf(pid)[0] ?? ''

/** proc(5): after the name in parentheses, the state and the parent. */
function statOf(pid: number): readonly string[] {
  const stat = readOrEmpty(`/proc/${pid}/stat`)
  return stat === '' ? [] : stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

/** One that has just ended by itself needs no signal. */
function signal(pid: number, name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
  try {
    if (pid > 0) process.kill(pid, name)
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error
  }
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes(codeOf(error))) return ''
    throw error
  }
}

const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : '')
