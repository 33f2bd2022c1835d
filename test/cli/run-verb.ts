// A verb of the command line from its beginning to its end, with the settings it is given and no others.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const commandLine = fileURLToPath(new URL('../../src/cli/zaplog.ts', import.meta.url))

/** code: null where a signal ended it. */
export const runVerb = (args: readonly string[], env: Readonly<Record<string, string>>) =>
  new Promise<{ code: number | null; out: string; err: string }>(resolve => {
    const settings = { env: { PATH: process.env.PATH ?? '', ...env } }
    const child = execFile(process.execPath, [commandLine, ...args], settings, (_, out, err) =>
      resolve({ code: child.exitCode, out, err }),
    )
  })
