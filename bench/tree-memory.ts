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
  let mostBytes = 0
  await looking(work, () => {
    mostBytes = Math.max(mostBytes, treeBytes(root))
  })
  return mostBytes
}

/** As `memoryByPart`, the most of each part for itself. */
export async function mostByPart(work: () => Promise<unknown>): Promise<Readonly<Record<string, number>>> {
  const mostBytes: Record<string, number> = {}
  await looking(work, () => {
    for (const [part, bytes] of Object.entries(memoryByPart())) mostBytes[part] = Math.max(mostBytes[part] ?? 0, bytes)
  })
  return mostBytes
}

async function looking(work: () => Promise<unknown>, look: () => void): Promise<void> {
  const over = new AbortController()
  const working = work().finally(() => over.abort())
  do look()
  while (await wait(LOOK_EVERY_MS, over.signal))
  await working
}
