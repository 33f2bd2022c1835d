// Commands of the screen pasted into a shell, as a person does.
import { execFile, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const repository = fileURLToPath(new URL('../..', import.meta.url))

export const shellsAreHere = ['bash', 'curl', 'npm'].every(tool => spawnSync(tool, ['--version']).status === 0)

/** Resolves with stdout; rejects, with all that was said, when the command or any part of its pipe fails. */
export async function paste(command: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  const { stdout } = await promisify(execFile)('bash', ['-o', 'pipefail', '-c', command], {
    cwd: repository,
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...env },
  })
  return stdout
}

/** The indented lines that are commands, settings before them included. */
export const commandsOf = (screen: string): readonly string[] =>
  screen.split('\n').flatMap(line => (/^ +(?:[A-Z_]+=|\.\/zaplog |npm |curl )/.test(line) ? [line.trim()] : []))
