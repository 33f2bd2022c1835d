// docker-compose.yml as Compose reads it with a .env: anchors merged, variables filled in.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseEnv } from 'node:util'
import { parse } from 'yaml'

export type Healthcheck = { test: readonly string[]; interval: string; timeout: string; retries: number; start_period: string }
export type ComposeService = {
  image: string
  build?: string
  user?: string
  command?: readonly string[]
  entrypoint?: readonly string[]
  environment?: Readonly<Record<string, string | number>>
  depends_on?: Readonly<Record<string, { condition: string }>>
  ports?: readonly string[]
  volumes?: readonly string[]
  secrets?: readonly string[]
  networks?: readonly string[]
  healthcheck?: Healthcheck
  restart: string
  init: boolean
  read_only?: boolean
  security_opt: readonly string[]
  cap_drop: readonly string[]
  logging: { driver: string; options: Readonly<Record<string, string>> }
  stop_grace_period?: string
}
export type ComposeFile = {
  services: Readonly<Record<string, ComposeService>>
  networks: Readonly<Record<string, { internal?: boolean }>>
  volumes: Readonly<Record<string, unknown>>
  secrets: Readonly<Record<string, { environment: string }>>
}
type Env = Readonly<Record<string, string | undefined>>

export const rootFile = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url))
export const readRoot = (path: string): string => readFileSync(rootFile(path), 'utf8')

/** Rejects what Compose refuses: a variable that has to be set and is not. */
export function readCompose(env: Env): ComposeFile {
  const document = parse(readRoot('docker-compose.yml'), { merge: true })
  return mapStrings(document, text => interpolate(text, env)) as ComposeFile
}

/** One that is there; its absence fails the test. */
export function serviceOf(file: ComposeFile, name: string): ComposeService {
  const service = file.services[name]
  if (service === undefined) throw new Error(`docker-compose.yml has no service ${name}`)
  return service
}

export const environmentOf = ({ environment = {} }: ComposeService): Record<string, string> =>
  Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, String(value)]))

/** `$$`, `${NAME}`, `${NAME:-default}`, `${NAME:?what to do}`: what docker-compose.yml uses of Compose's interpolation. */
export const variables = /\$\$|\$\{(\w+)(?::([-?])([^}]*))?\}/g

function interpolate(text: string, env: Env): string {
  return text.replaceAll(variables, (whole, name: string | undefined, kind: string | undefined, rest: string | undefined) => {
    if (whole === '$$' || name === undefined) return '$'
    const value = env[name]
    if (value !== undefined && value !== '') return value
    if (kind === '-') return rest ?? ''
    throw new Error(`${name}: ${rest}`)
  })
}

function mapStrings(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value)
  if (Array.isArray(value)) return value.map(one => mapStrings(one, change))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, mapStrings(one, change)]))
}

/** What the documented command writes into .env. */
export function makeSecrets(): Record<string, string> {
  const directory = mkdtempSync(join(tmpdir(), 'zaplog-secrets-'))
  const file = join(directory, '.env')
  try {
    execFileSync(process.execPath, [rootFile('src/cli/zaplog.ts'), 'dev', 'secrets', '--file', file])
    return Object.fromEntries(Object.entries(parseEnv(readFileSync(file, 'utf8'))).map(([name, value]) => [name, value ?? '']))
  } finally {
    rmSync(directory, { recursive: true })
  }
}
