// What an environment gives one setting: by value, or for a secret by NAME_FILE, the path of a file whose trimmed content is the value.
import { isUtf8 } from 'node:buffer'
import { readFileSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import type { Environment } from './variables.ts'

/** `from`: NAME, or NAME_FILE with its `file`. */
export type Given = { from: string; file: string | null; got: { value: string } | { refusal: string } }

/** null: unset, as an empty value is. */
export function givenValue(env: Environment, { name, secret }: { name: string; secret: boolean }): Given | null {
  const value = env[name] || null
  const file = (secret && env[`${name}_FILE`]) || null
  if (value !== null && file !== null)
    return { from: name, file: null, got: { refusal: `expected ${name} or ${name}_FILE, got both` } }
  if (file !== null) return { from: `${name}_FILE`, file, got: readSecret(file) }
  return value === null ? null : { from: name, file: null, got: { value } }
}

function readSecret(file: string): Given['got'] {
  try {
    const bytes = readFileSync(file)
    if (!isUtf8(bytes)) return { refusal: `expected text, got ${bytes[0] === DER_SEQUENCE ? 'DER' : 'other bytes'} (${file})` }
    const value = bytes.toString('utf8').trim()
    return value === '' ? { refusal: `expected a file with a value in it, got an empty one (${file})` } : { value }
  } catch (error) {
    return { refusal: `expected a readable file, got ${printableFile(file)} (${codeOf(error)})` }
  }
}

/** What certificates and keys begin with that are not PEM. */
const DER_SEQUENCE = 0x30

/** Who put the secret itself there reads that it is no file, and nobody reads the secret. */
const printableFile = (file: string): string =>
  isAbsolute(file) || /^\.{1,2}\//.test(file) ? file : 'something else, not repeated here'
const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : 'unreadable')
