// A verb of the command line as a process of its own: what it says, what it ends with, and what is left of it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { withCompiledCode } from '../compiled-code.ts'
import { until } from '../until.ts'

export type Verb = {
  pid: number
  stdout(): string
  stderr(): string
  /** Resolves when stdout matches; rejects at once, with what it said, when it has ended without. */
  says(what: string | RegExp, withinMs?: number): Promise<void>
  signal(name: NodeJS.Signals): void
  /** From now on nobody reads what it writes, as when a terminal is closed. */
  loseOutput(): void
  loseStdout(): void
  /** Resolves with the exit code when all that it wrote is read; null when a signal ended it. */
  ended: Promise<number | null>
}

const fileOf = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url))
const commandLine = fileOf('src/cli/zaplog.ts')
const programs = { directly: [commandLine], 'as npm does': [fileOf('bin/run.mjs'), '--', commandLine] }

/** With the settings it is given and no others. kill -9 where the test has not ended it. */
export function launchVerb(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  how: keyof typeof programs = 'directly',
  stdoutFd: number | 'pipe' = 'pipe',
): Verb {
  const child = spawn(process.execPath, [...programs[how], ...args], {
    env: { PATH: process.env.PATH ?? '', ...(how === 'directly' && withCompiledCode), ...env },
    stdio: ['ignore', stdoutFd, 'pipe'],
  })
  let [stdout, stderr, hasEnded] = ['', '', false]
  child.stdout?.setEncoding('utf8').on('data', text => {
    stdout += text
  })
  child.stderr?.setEncoding('utf8').on('data', text => {
    stderr += text
  })
  const ended = once(child, 'close').then(([code]): number | null => {
    hasEnded = true
    return code
  })
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return {
    pid: child.pid ?? 0,
    ended,
    stdout: () => stdout,
    stderr: () => stderr,
    says: async (what, withinMs) => {
      await until(
        `the verb to say ${what}`,
        () => {
          if (typeof what === 'string' ? stdout.includes(what) : what.test(stdout)) return true
          if (hasEnded) throw new Error(`it ended with ${child.exitCode ?? child.signalCode} before it said ${what}: ${stderr}`)
          return false
        },
        withinMs,
      )
    },
    signal: name => void child.kill(name),
    loseOutput: () => {
      child.stdout?.destroy()
      child.stderr?.destroy()
    },
    loseStdout: () => void child.stdout?.destroy(),
  }
}
