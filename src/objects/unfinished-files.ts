// Files that are being written: named after their process, so that what a crash left is removed and what another process writes is not.
import { randomUUID } from 'node:crypto'
import { readdir, rm, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf, onDisk } from './disk-errors.ts'

/** Of this process, over all stores it has open. */
const inUse = new Set<string>()

/** Gives `work` a path of its own; whatever it left there is gone afterwards. */
export async function withUnfinishedFile<T>(directory: string, work: (path: string) => Promise<T>): Promise<T> {
  const name = `${process.pid}-${randomUUID()}`
  const path = join(directory, name)
  inUse.add(name)
  try {
    return await work(path)
  } finally {
    inUse.delete(name)
    await onDisk(`removing the unfinished ${path}`, () => removeIfThere(path))
  }
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await unlink(path)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
  }
}

/** Answers how many a crash had left. */
export async function removeLeftovers(directory: string): Promise<number> {
  const leftovers = (await readdir(directory)).filter(name => !inUse.has(name) && !ownerIsAlive(name))
  for (const name of leftovers) await rm(join(directory, name), { force: true, recursive: true })
  return leftovers.length
}

/** Our own pid on a file that we do not know was given to a process before us. */
function ownerIsAlive(name: string): boolean {
  const pid = Number(name.split('-')[0])
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return codeOf(error) === 'EPERM' // alive, but somebody else's
  }
}
