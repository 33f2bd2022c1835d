// Commands of the screen pasted into a shell, as a person does.
import { execFile, spawn, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { until } from '../until.ts'

const repository = fileURLToPath(new URL('../../..', import.meta.url))

export const shellsAreHere = ['bash', 'curl', 'npm'].every(tool => spawnSync(tool, ['--version']).status === 0)

/** /openapi.json is longer than Node's own. */
const MOST_SAID = 16 * 1024 * 1024

/** Resolves with stdout; rejects, with all that was said, when the command or any part of its pipe fails. */
export async function paste(command: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  const { stdout } = await promisify(execFile)('bash', ['-o', 'pipefail', '-c', command], {
    cwd: repository,
    env: shellEnv(env),
    maxBuffer: MOST_SAID,
  })
  return stdout
}

const shellEnv = (env: Readonly<Record<string, string>>) => ({
  PATH: process.env.PATH ?? '',
  HOME: process.env.HOME ?? '',
  ...env,
})

/** Of a command that does not end by itself: until it says this, then Ctrl-C. Resolves with all that it said, and its exit code. */
export async function pasteUntil(command: string, what: string, env: Readonly<Record<string, string>> = {}) {
  const shell = spawn('bash', ['-c', command], { cwd: repository, env: shellEnv(env), detached: true, stdio: 'pipe' })
  const ended = new Promise<number | null>(resolve => shell.once('close', resolve))
  let said = ''
  for (const output of [shell.stdout, shell.stderr])
    output.setEncoding('utf8').on('data', text => {
      said += text
    })
  const interrupt = (signal: NodeJS.Signals) => shell.exitCode === null && process.kill(-(shell.pid ?? 0), signal)
  try {
    await until(`${command} to say ${what}`, () => said.includes(what) || shell.exitCode !== null)
    interrupt('SIGINT')
    return { code: await ended, said }
  } catch (error) {
    interrupt('SIGKILL')
    throw error
  }
}

/** The indented lines that are commands, settings before them included. */
export const commandsOf = (screen: string): readonly string[] =>
  screen.split('\n').flatMap(line => (/^ +(?:[A-Z_]+=|\.\/zaplog |npm |curl )/.test(line) ? [line.trim()] : []))
