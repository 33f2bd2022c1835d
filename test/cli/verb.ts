// A verb of the command line as a process of its own: what it says, what it ends with, and what is left of it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { until } from '../until.ts'

export type Verb = {
  stdout(): string
  stderr(): string
  /** Resolves when stdout has the text; rejects with what it said when it ends before. */
  says(text: string): Promise<void>
  signal(name: NodeJS.Signals): void
  /** From now on nobody reads what it writes, as when a terminal is closed. */
  loseOutput(): void
  /** Resolves with the exit code; null when a signal ended it. */
  ended: Promise<number | null>
}

const commandLine = fileURLToPath(new URL('../../src/cli/zaplog.ts', import.meta.url))

/** kill -9 where the test has not ended it. */
export function launchVerb(args: readonly string[], env: Readonly<Record<string, string>> = {}): Verb {
  const child = spawn(process.execPath, [commandLine, ...args], {
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', text => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', text => {
    stderr += text
  })
  const ended = once(child, 'exit').then(([code]): number | null => code)
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return {
    ended,
    stdout: () => stdout,
    stderr: () => stderr,
    says: text =>
      Promise.race([
        until(`the verb to say ${text}`, () => stdout.includes(text)).then(() => undefined),
        ended.then(code => (stdout.includes(text) ? undefined : Promise.reject(new Error(`it ended with ${code}: ${stderr}`)))),
      ]),
    signal: name => void child.kill(name),
    loseOutput: () => {
      child.stdout.destroy()
      child.stderr.destroy()
    },
  }
}
