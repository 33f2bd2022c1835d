// A zaplog-like process that a test may kill; it is killed with the test in any case.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

export type Child = {
  pid: number /** What it printed once it was open; an empty line where it ended before. */
  line: string
  stderr(): string
  kill(): Promise<void>
}

/** `uid`: whom it becomes before it opens anything; of root alone. */
export async function openInChild(what: 'embedded' | 'data-dir', path: string, uid?: number): Promise<Child> {
  const program = fileURLToPath(new URL('open-in-child.ts', import.meta.url))
  const as = uid === undefined ? [] : [String(uid)]
  const child = spawn(process.execPath, [program, what, path, ...as], { stdio: ['ignore', 'pipe', 'pipe'] })
  onTestFinished(() => kill(child))
  let stderr = ''
  child.stderr.on('data', chunk => {
    stderr += chunk
  })
  const lines = createInterface({ input: child.stdout })
  const [line] = await Promise.race([once(lines, 'line'), once(child, 'close').then(() => [''])])
  return { pid: child.pid ?? 0, line, stderr: () => stderr, kill: () => kill(child) }
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}
