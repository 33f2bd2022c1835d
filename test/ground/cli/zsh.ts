// A zsh of this machine as a person has it at a terminal: a line is typed, the tab key pressed, and what the line is then is read.
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { runProgram } from '../../../infra/services/fetch-artifact.ts'
import { requireService, whyMissing } from '../../../infra/services/require-service.ts'

/** null: there is one. */
export const zshAvailable = (): Promise<string | null> =>
  whyMissing(() =>
    requireService('what completes in zsh is missing: install zsh (Debian: apt-get install zsh)', () =>
      runProgram('zsh', ['--version']),
    ),
  )

const driver = fileURLToPath(new URL('press-tab.zsh', import.meta.url))

/** `script`: the path of what `completion zsh` prints. Each line as it is once tab was pressed behind it, in their order. */
export async function pressTab(script: string, lines: readonly string[], env: NodeJS.ProcessEnv): Promise<readonly string[]> {
  const zsh = spawn('zsh', ['-f', driver, script], { env: { ...env, TERM: 'xterm' } })
  zsh.stdin.end(lines.map(line => `${line}\n`).join(''))
  const [said, errors] = await Promise.all([text(zsh.stdout), text(zsh.stderr)])
  if (errors !== '') throw new Error(`completing in zsh: ${errors}`)
  return said.split('\n').slice(0, -1)
}
