// zaplog dev secrets: a .env with a new random value for everything that docker-compose.yml asks for; a file that is there stays as it is.
import { randomBytes } from 'node:crypto'
import { open, rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { describeError } from '../runtime/logger.ts'
import { exitCodeOf, exitCodes } from './exit-codes.ts'
import { jsonIsWanted } from './json-wanted.ts'
import { jsonLine } from './print-json.ts'
import { sayProblem } from './problem.ts'

/** Ends with 1 where the file is there. */
export async function devSecrets({ file }: { file: string }): Promise<void> {
  try {
    await writeNew(file, envText())
    const text = `wrote ${file}, readable by you only; keep a copy of ENCRYPTION_KEY: without it paired accounts are lost`
    process.stdout.write(jsonIsWanted() ? jsonLine({ file: resolve(file) }) : `${text}\n`)
  } catch (error) {
    const isThere = error instanceof Error && 'code' in error && error.code === 'EEXIST'
    const detail = isThere ? `${file} exists and is kept; ${howToGoOn}` : `writing ${file}: ${describeError(error)}`
    const exitCode = isThere ? exitCodes.failed : exitCodeOf(error)
    sayProblem({ detail, exitCode })
    process.exitCode = exitCode
  }
}

const howToGoOn =
  'remove it or choose another --file (without its ENCRYPTION_KEY, accounts that were paired with it cannot be opened again)'

/** Whole or not at all; rejects with EEXIST before anything is written. */
async function writeNew(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } catch (error) {
    await rm(path)
    throw error
  } finally {
    await file.close()
  }
}

const envText = (): string =>
  [
    '# What docker-compose.yml asks for. Whoever reads this file has everything: keep it out of version control and images.',
    ...Object.entries(values).map(([name, value]) => `${name}=${value()}`),
    '',
  ].join('\n')

/** Safe in URLs, shells and .env files without quotes. */
const word = (bytes: number) => () => randomBytes(bytes).toString('base64url')

const values: Readonly<Record<string, () => string>> = {
  ADMIN_API_KEY: word(32),
  ENCRYPTION_KEY: () => randomBytes(32).toString('base64'),
  METRICS_TOKEN: word(32),
  BROKER_PASSWORD: word(24),
  BROKER_PASSWORD_ZAPLOG: word(24),
  BROKER_PASSWORD_READER: word(24),
  POSTGRES_PASSWORD: word(24),
  REGISTRY_POSTGRES_PASSWORD: word(24),
  S3_ACCESS_KEY_ID: () => `zaplog${randomBytes(6).toString('hex')}`,
  S3_SECRET_ACCESS_KEY: word(30),
  GRAFANA_ADMIN_PASSWORD: word(24),
  // A uuid as Kafka writes it, which never begins like an option; not secret, but of this cluster only.
  CLUSTER_ID: () => randomBytes(16).toString('base64url').replace(/^-/, 'A'),
}
