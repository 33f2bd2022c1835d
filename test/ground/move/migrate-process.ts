// zaplog migrate in a process of its own, as an operator calls it: what it prints with --json, and kill -9 at a line of it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { withCompiledCode } from '../compiled-code.ts'

export type Line = Readonly<Record<string, unknown>> & { event: string; step?: string; done?: number }
export type Ended = { exitCode: number | null; lines: readonly Line[]; said: string }

const commandLine = fileURLToPath(new URL('../../../src/cli/zaplog.ts', import.meta.url))

/** `killAt`: the first line for which it answers true is its last. */
export async function runMigrate(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  killAt: (line: Line) => boolean = () => false,
): Promise<Ended> {
  const child = spawn(process.execPath, [commandLine, 'migrate', ...args, '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH ?? '', ...withCompiledCode, ...env },
  })
  const lines: Line[] = []
  let said = ''
  child.stderr.setEncoding('utf8').on('data', text => {
    said += text
  })
  createInterface({ input: child.stdout }).on('line', text => {
    if (child.killed) return
    const line = JSON.parse(text) as Line
    lines.push(line)
    if (killAt(line)) child.kill('SIGKILL')
  })
  await once(child, 'close')
  return { exitCode: child.exitCode, lines, said }
}
