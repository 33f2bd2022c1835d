// The Postgres in one data directory, as a scenario kills it, freezes it, or looks into it; no other process is ever signalled.
import { join } from 'node:path'
import { childrenOf, commandLineOf, freezeProcesses, killProcesses, readOrEmpty } from './processes.ts'

/** null where none runs: the file of a killed server stays, and its number may be another program's by now. */
export function postmasterOf(dataDir: string): number | null {
  const pid = Number(readOrEmpty(join(dataDir, 'postgres', 'cluster', 'postmaster.pid')).split('\n')[0])
  const isOurs = pid > 0 && commandLineOf(pid).includes(dataDir)
  return isOurs ? pid : null
}

/** kill -9 of the server with every process of it; resolves when they are gone. */
export const killPostgres = (dataDir: string): Promise<void> => killProcesses('the killed Postgres', familyOf(dataDir))

/** The postmaster first: from then on it starts no other. */
export async function freezePostgres(dataDir: string): Promise<{ thaw(): void }> {
  await freezeProcesses('the postmaster', familyOf(dataDir).slice(0, 1))
  return freezeProcesses('Postgres', familyOf(dataDir))
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
  return postmaster === null ? [] : [postmaster, ...childrenOf(postmaster)]
}
