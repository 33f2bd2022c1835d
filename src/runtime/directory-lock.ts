// At most one process holds a directory; what a killed one left behind does not count, and no two take it over at once.
import { randomUUID } from 'node:crypto'
import { link, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { identifyProcess } from './process-identity.ts'
import { readIfThere } from './read-if-there.ts'
import { writeDurably } from './write-durably.ts'

export type DirectoryLock =
  | {
      held: true /** The process that held it and died without giving it back. */
      takenFromPid: number | null
      release(): Promise<void>
    }
  | { held: false; byPid: number }
type Holder = { pid: number; identity: string }

/**
 * Files lock-1, lock-2, …: the highest counts, and names its holder. The next one is made by link(), which only one process can do;
 * whoever made one that is not the highest any more gives way. The last file stays, so that numbers never start again.
 */
export async function lockDirectory(path: string): Promise<DirectoryLock> {
  const us = await ourselves()
  const draft = join(path, `lock-draft-${randomUUID()}`)
  await writeFile(draft, JSON.stringify(us), { mode: 0o600 })
  try {
    for (;;) {
      const highest = await highestNumber(path)
      const holder = await readHolder(fileOf(path, highest))
      if (holder !== null && (await runs(holder))) return { held: false, byPid: holder.pid }
      if (!(await takeNumber(path, highest + 1, draft))) continue
      await removeBelow(path, highest + 1)
      const release = () => writeDurably(fileOf(path, highest + 1), 'released')
      return { held: true, takenFromPid: holder?.pid ?? null, release }
    }
  } finally {
    await rm(draft, { force: true })
  }
}

/** The process that has it; null: none does. Nothing is written. */
export async function holderOf(path: string): Promise<number | null> {
  const holder = await readHolder(fileOf(path, await highestNumber(path)))
  return holder !== null && (await runs(holder)) ? holder.pid : null
}

async function ourselves(): Promise<Holder> {
  const identity = await identifyProcess(process.pid)
  if (identity === null) throw new Error(`identifying our own process ${process.pid}: the system does not know it`)
  return { pid: process.pid, identity }
}

const runs = async (holder: Holder) => (await identifyProcess(holder.pid)) === holder.identity

const fileOf = (path: string, number: number) => join(path, `lock-${number}`)

async function numbers(path: string): Promise<readonly number[]> {
  return (await readdir(path)).flatMap(name => (/^lock-\d+$/.test(name) ? [Number(name.slice(5))] : []))
}

const highestNumber = async (path: string) => Math.max(0, ...(await numbers(path)))

/** null: released, or damaged by a power cut, which no process survives. */
async function readHolder(file: string): Promise<Holder | null> {
  const text = await readIfThere(file)
  const match = /^\{"pid":(\d+),"identity":"([^"]+)"\}$/.exec(text ?? '')
  return match?.[1] === undefined || match[2] === undefined ? null : { pid: Number(match[1]), identity: match[2] }
}

async function takeNumber(path: string, number: number, draft: string): Promise<boolean> {
  const file = fileOf(path, number)
  try {
    await link(draft, file)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
  if ((await highestNumber(path)) === number) return true
  await rm(file)
  return false
}

async function removeBelow(path: string, number: number): Promise<void> {
  for (const lower of await numbers(path)) if (lower < number) await rm(fileOf(path, lower), { force: true })
}
