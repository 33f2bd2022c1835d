// CPU that processes took: of every part of a bench, by /proc, and of everybody else on the machine. Empty where there is no /proc.
import { existsSync } from 'node:fs'
import { commandLineOf, readOrEmpty, treeOf } from '../test/ground/scenarios/processes.ts'

/** Since each began, in ms. A process that ended counts for the one that waited for it. */
export type CpuMs = Readonly<Record<string, number>>

/** The kernel counts in ticks of 10 ms on every machine that Node runs on (proc(5), USER_HZ). */
const TICK_MS = 10
const isHere = existsSync('/proc/self/stat')

/** Whoever is none of these counts as what started it: Postgres' backends as Postgres. */
const parts: readonly (readonly [RegExp, string])[] = [
  [/\bcli\/zaplog\.ts start\b/, 'zaplog'],
  [/\bpicture-process\.ts\b/, 'pictures'],
  [/\bwhatsapp-process\.ts\b/, 'simulator'],
  [/\bbaileys-process\.ts\b/, 'baileys'],
  [/\breceiver-process\.ts\b/, 'receiver'],
  [/\bcollector-process\.ts\b/, 'collector'],
  [/\bcopy-process\.ts\b/, 'copy'],
  [/(^|\/)postgres -D /, 'postgres'],
  [/\bkafka\.Kafka\b/, 'kafka'],
  [/\bapicurio-registry\b/, 'registry'],
  [/\bversitygw\b/, 's3'],
]

/** Of this process, as `bench`, and of all that it started. */
export function cpuByPart(): CpuMs {
  const sums: Record<string, number> = {}
  for (const [part, pids] of processesByPart()) sums[part] = pids.reduce((sum, pid) => sum + statOf(pid).ms, 0)
  return sums
}

/** This process, as `bench`, and all that it started. */
export function processesByPart(): ReadonlyMap<string, readonly number[]> {
  const partOf = new Map<number, string>([[process.pid, 'bench']])
  for (const pid of isHere ? treeOf(process.pid) : []) {
    if (pid === process.pid) continue
    partOf.set(pid, namedBy(commandLineOf(pid)) ?? partOf.get(statOf(pid).parent) ?? 'bench')
  }
  return Map.groupBy(partOf.keys(), pid => partOf.get(pid) ?? 'bench')
}

const namedBy = (commandLine: string): string | null =>
  parts.find(([pattern]) => pattern.test(commandLine.replaceAll('\0', ' ')))?.[1] ?? null

/** proc(5): after the name in parentheses, the parent is second, and what it and those it waited for took is 12th to 15th. */
function statOf(pid: number): { parent: number; ms: number } {
  const stat = readOrEmpty(`/proc/${pid}/stat`)
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
  return { parent: Number(fields[1]), ms: ticks * TICK_MS }
}

/** CPU that others took of this machine since it began, in ms; what a hypervisor kept back counts as theirs. */
export function cpuOfOthers(): number {
  const [, user = 0, nice = 0, system = 0, , , , , steal = 0] = readOrEmpty('/proc/stat').split(/\s+/, 9).map(Number)
  const ours = Object.values(cpuByPart()).reduce((sum, ms) => sum + ms, 0)
  return (user + nice + system + steal) * TICK_MS - ours
}

/** Cores that others kept busy while the work was done. */
export async function coresOfOthers<T>(work: () => Promise<T>): Promise<{ result: T; cores: number }> {
  const [startedAt, before] = [performance.now(), cpuOfOthers()]
  const result = await work()
  return { result, cores: Math.max(0, (cpuOfOthers() - before) / (performance.now() - startedAt)) }
}
