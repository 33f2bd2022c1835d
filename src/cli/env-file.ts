// --env-file: settings from a file, for a process that lacks them. What is set already wins; a file that is not whole is refused whole.
import { readFileSync, statSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { CodedError } from '../runtime/coded-error.ts'
import type { Environment } from '../runtime/variables.ts'

export class EnvFileRefused extends CodedError<'misconfigured'> {
  override name = 'EnvFileRefused'
  readonly port = 'env-file'
  constructor(message: string) {
    super({ code: 'misconfigured', message, retryable: false })
  }
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

/** Settings, certificates among them; more is some other file. */
const MAX_BYTES = 256 * 1024

function read(file: string): string {
  try {
    const is = statSync(file)
    if (!is.isFile() && !is.isDirectory()) throw Object.assign(new Error('a pipe or a device'), { code: 'no file' })
    if (is.size > MAX_BYTES) throw Object.assign(new Error('too long'), { code: `more than ${MAX_BYTES} bytes` })
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file))
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
    const got = why === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? 'one that is no UTF-8' : `${file} (${why})`
    throw new EnvFileRefused(`--env-file: expected a readable file, got ${got}`)
  }
}

/**
 * A comment, or NAME=value to the end of its line. A value in quotes may have several lines, none of which looks like a setting: a quote that
 * was left open would swallow those. In one without quotes a # begins a comment behind a space alone, where Node would cut at any.
 */
const known =
  /(?:[^\S\n]*(?:#[^\n]*)?|[^\S\n]*(?:export[^\S\n]+)?[A-Za-z_][\w.-]*[^\S\n]*=[^\S\n]*(?:(["'`])(?:(?!\1|\n(?:export )?[A-Z_][A-Z0-9_]*=[^=\n])[\s\S])*\1[^\S\n]*(?:#[^\n]*)?|(?!["'`#])(?:[^\n#]|(?<=[^\S\n])#[^\n]*)*))(?:\n|$)/y
/** What no setting has in it, and what ends lines of no system of today. */
const odd = /(?![\t\n\r])\p{Cc}|\r(?!\n)/u

/** Node passes over what it does not understand: a setting that silently does nothing. */
function refuseOddLines(file: string, text: string): void {
  const rest = text.replace(/^\uFEFF/, '')
  const oddAt = odd.exec(rest)?.index ?? rest.length
  for (let at = 0; at < rest.length; at = known.lastIndex) {
    known.lastIndex = at
    if (known.test(rest) && known.lastIndex <= oddAt) continue
    const line = rest.slice(0, at).split('\n').length
    throw new EnvFileRefused(
      `--env-file: expected NAME=value, a comment or nothing in line ${line} of ${file}, got something else`,
    )
  }
}
