// How much memory a process has with everything that it started, and the most of it while something is done.
import { wait } from '../src/runtime/wait.ts'
import { readOrEmpty, treeOf } from '../test/ground/scenarios/processes.ts'
import { processesByPart } from './cpu.ts'

const LOOK_EVERY_MS = 100

/** proc(5), VmRSS, added up: what processes share counts once for each of them. */
export const treeBytes = (root: number): number => treeOf(root).reduce((sum, pid) => sum + residentBytes(pid), 0)

/** Of every part of a bench: what only one of its processes has, and what the one with most of it shares with others (proc(5)). */
export function memoryByPart(): Readonly<Record<string, number>> {
  const sums: Record<string, number> = {}
  for (const [part, pids] of processesByPart()) {
    const own = pids.reduce((sum, pid) => sum + statusBytes(pid, 'RssAnon'), 0)
    sums[part] = own + Math.max(...pids.map(pid => statusBytes(pid, 'RssFile') + statusBytes(pid, 'RssShmem')))
  }
  return sums
}

const residentBytes = (pid: number): number => statusBytes(pid, 'VmRSS')

/** 0 of a process that ends meanwhile. */
const statusBytes = (pid: number, line: 'VmRSS' | 'RssAnon' | 'RssFile' | 'RssShmem'): number =>
  1024 * Number(new RegExp(`^${line}:\\s+(\\d+) kB$`, 'm').exec(readOrEmpty(`/proc/${pid}/status`))?.[1] ?? 0)

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
