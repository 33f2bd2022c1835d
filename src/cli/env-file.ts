// --env-file: settings from a file, for a process that lacks them. What is set already wins; a file that is not whole is refused whole.
import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import type { Environment } from '../runtime/variables.ts'

export class EnvFileRefused extends Error {
  override name = 'EnvFileRefused'
}

/** What the file adds. Throws EnvFileRefused, which repeats no value. */
export function readEnvFile(file: string, env: Environment): Readonly<Record<string, string>> {
  const text = read(file)
  refuseOddLines(file, text)
  return Object.fromEntries(
    Object.entries(parseEnv(text)).flatMap(([name, value]) => (value === undefined || isSet(env, name) ? [] : [[name, value]])),
  )
}

/** Those that are set nowhere else: none where a shell has read the file already. Empty, too, where there is no file. */
export function unreadNames(file: string, env: Environment): readonly string[] {
  try {
    return Object.keys(readEnvFile(file, env))
  } catch (error) {
    if (error instanceof EnvFileRefused) return [] // nobody asked for it
    throw error
  }
}

/** Empty counts as unset; a secret may be given by value or by file, and is given once. */
const isSet = (env: Environment, name: string): boolean =>
  [name, `${name}_FILE`, name.replace(/_FILE$/, '')].some(one => env[one] !== undefined && env[one] !== '')

function read(file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file))
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
    const got = why === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? 'one that is no UTF-8' : `${file} (${why})`
    throw new EnvFileRefused(`--env-file: expected a readable file, got ${got}`)
  }
}

/** Node passes over what it does not understand: a setting that silently does nothing. */
function refuseOddLines(file: string, text: string): void {
  const rest = text.replace(/^\uFEFF/, '')
  const known =
    /(?:[^\S\n]*(?:#[^\n]*)?|[^\S\n]*(?:export[^\S\n]+)?[A-Za-z_][\w.-]*[^\S\n]*=[^\S\n]*(?:(["'`])[\s\S]*?\1[^\S\n]*(?:#[^\n]*)?|(?!["'`])[^\n]*))(?:\n|$)/y
  for (let at = 0; at < rest.length; at = known.lastIndex) {
    known.lastIndex = at
    if (known.test(rest)) continue
    const line = rest.slice(0, at).split('\n').length
    throw new EnvFileRefused(
      `--env-file: expected NAME=value, a comment or nothing in line ${line} of ${file}, got something else`,
    )
  }
}
