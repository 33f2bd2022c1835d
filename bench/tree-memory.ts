// How much memory a process has with everything that it started, and the most of it while something is done.
import { wait } from '../src/runtime/wait.ts'
import { readOrEmpty, treeOf } from '../test/ground/scenarios/processes.ts'

const LOOK_EVERY_MS = 100

/** proc(5), VmRSS, added up: what processes share counts once for each of them. */
export const treeBytes = (root: number): number => treeOf(root).reduce((sum, pid) => sum + residentBytes(pid), 0)

/** 0 of a process that ends meanwhile. */
const residentBytes = (pid: number): number =>
  1024 * Number(/^VmRSS:\s+(\d+) kB$/m.exec(readOrEmpty(`/proc/${pid}/status`))?.[1] ?? 0)

/** Looks until the work is done. */
export async function mostTreeBytes(root: number, work: () => Promise<unknown>): Promise<number> {
  const over = new AbortController()
  const working = work().finally(() => over.abort())
  let mostBytes = 0
  do mostBytes = Math.max(mostBytes, treeBytes(root))
  while (await wait(LOOK_EVERY_MS, over.signal))
  await working
  return mostBytes
}
