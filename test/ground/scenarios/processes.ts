// Processes of servers that scenarios kill or freeze, by their numbers: signals that tell when they have taken effect.
import { readdirSync, readFileSync } from 'node:fs'
import { until } from '../until.ts'

/** kill -9; resolves when all are gone. */
export async function killProcesses(what: string, pids: readonly number[]): Promise<void> {
  for (const pid of pids) signal(pid, 'SIGKILL')
  await until(`${what} to be gone`, () => pids.every(pid => ['', 'Z'].includes(stateOf(pid))))
}

/** Asks each to end; resolves at once. */
export function endProcesses(pids: readonly number[]): void {
  for (const pid of pids) signal(pid, 'SIGTERM')
}

/** Stops each where it stands, as a machine that hangs; resolves when all stand still, but for those that were ending by themselves. */
export async function freezeProcesses(what: string, pids: readonly number[]): Promise<{ thaw(): void }> {
  for (const pid of pids) signal(pid, 'SIGSTOP')
  await until(`${what} to stand still`, () => {
    const states = pids.map(stateOf)
    return states.includes('T') && states.every(state => ['T', 'Z', ''].includes(state))
  })
  return {
    thaw: () => {
      for (const pid of pids) signal(pid, 'SIGCONT')
    },
  }
}

/** Whose command line, with its arguments, contains the text. */
export const processesWith = (text: string): readonly number[] => everyPid().filter(pid => commandLineOf(pid).includes(text))

export const childrenOf = (parent: number): readonly number[] => everyPid().filter(pid => Number(statOf(pid)[1]) === parent)

/** It and all that it started, and what those started; in one pass, which is what a look costs. */
export function treeOf(root: number): readonly number[] {
  const parents = everyPid().map(pid => ({ pid, parent: Number(statOf(pid)[1]) }))
  const tree = [root]
  for (const known of tree) tree.push(...parents.filter(({ parent }) => parent === known).map(({ pid }) => pid))
  return tree
}

/** Arguments are apart by NUL; empty where there is no such process. */
export const commandLineOf = (pid: number): string => readOrEmpty(`/proc/${pid}/cmdline`)

const everyPid = () =>
  readdirSync('/proc')
    .map(Number)
    .filter(pid => pid > 0)

/** proc(5): R, S, T (stopped), Z (ended, not yet reaped) ...; empty where there is no such process. */
const stateOf = (pid: number): string => statOf(pid)[0] ?? ''

/** proc(5): after the name in parentheses, the state and the parent. */
function statOf(pid: number): readonly string[] {
  const stat = readOrEmpty(`/proc/${pid}/stat`)
  return stat === '' ? [] : stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

/** One that has just ended by itself needs no signal. */
function signal(pid: number, name: 'SIGKILL' | 'SIGTERM' | 'SIGSTOP' | 'SIGCONT'): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error
  }
}

/** A file of a process or a server that ends meanwhile is empty. */
export function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ESRCH'].includes(codeOf(error))) return ''
    throw error
  }
}

const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : '')
