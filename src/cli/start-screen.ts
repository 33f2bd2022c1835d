// What zaplog start prints once it listens: where, with which key, and what to do next, in commands that work as they are printed.
import { join, relative, resolve } from 'node:path'
import type { RoleName } from '../runtime/config.ts'
import type { Environment } from '../runtime/variables.ts'
import { DEFAULT_URL } from './api-settings.ts'
import { shown as colours } from './colours.ts'
import { fitScreen } from './fit-terminal.ts'
import { ownCommand } from './own-command.ts'
import { shellWord } from './shell-word.ts'

export type Listening = {
  version: string
  url: string
  /** null where the settings gave it. */
  adminKey: { value: string; file: string; created: boolean } | null
}
type Settings = {
  config: { roles: readonly RoleName[] }
  env: Environment
  /** The key is shown to a person, not to a file that collects output. */
  isTerminal: boolean
  /** Lines are broken to it; commands so that they can be pasted all the same. */
  columns: number
}

export function startScreen(zaplog: Listening, { config, env, isTerminal, columns }: Settings): readonly string[] {
  const { adminKey, url, version } = zaplog
  const lines = [`zaplog ${version} listens on ${url}`]
  if (adminKey?.created && isTerminal) lines.push(`admin key, shown this once: ${adminKey.value}`)
  if (adminKey !== null) lines.push(`admin key is in ${shown(adminKey.file)}`)
  if (config.roles.includes('api')) {
    lines.push(`in a browser, with the key: ${reachable(url)}/`)
    lines.push('', ...nextSteps(reachable(url), keyOf(adminKey, env)))
  }
  return fitScreen(lines, columns, COMMAND).map(paint)
}

/** What they are for is indented by less. */
const COMMAND = '    '

const paint = (line: string): string =>
  /^ {2}\S/.test(line)
    ? colours.dim(line)
    : line
        .replace(/^zaplog/, colours.bold)
        .replace(/(?<=listens on |with the key: )\S+/, colours.cyan)
        .replace(/(?<=shown this once: ).+/, colours.yellow)

/** `settings` hand it to our verbs, `expression` to a shell. */
type Key = { heading: string; settings: readonly string[]; expression: string }

function nextSteps(url: string, key: Key): readonly string[] {
  const settings = [...(url === DEFAULT_URL ? [] : [`ZAPLOG_URL=${url}`]), ...key.settings]
  const zaplog = [...settings, ownCommand()].join(' ')
  return [
    `${key.heading}:`,
    '  pair a phone: shows its QR code',
    `    ${zaplog} instances create --name "Support"`,
    '  see its messages as your own program would get them',
    `    ${zaplog} webhooks listen`,
    '  everything else',
    `    curl -H "authorization: Bearer ${key.expression}" ${shellWord(`${url}/openapi.json`)}`,
  ]
}

/** Where our verbs look for it without settings. */
const DEFAULT_KEY_FILE = join('data', 'admin-key')

const NEXT = 'next, in another terminal'

function keyOf(adminKey: Listening['adminKey'], env: Environment): Key {
  if (adminKey !== null) {
    const isDefault = adminKey.file === resolve(DEFAULT_KEY_FILE)
    const settings = isDefault ? [] : [`DATA_DIR=${shellWord(shown(resolve(adminKey.file, '..')))}`]
    return { heading: NEXT, settings, expression: contentOf(shown(adminKey.file)) }
  }
  const file = (env.ADMIN_API_KEY ?? '') === '' ? (env.ADMIN_API_KEY_FILE ?? '') : ''
  return file === ''
    ? {
        heading: `${NEXT}, with the same ADMIN_API_KEY, which these commands read too`,
        settings: [],
        expression: '$ADMIN_API_KEY',
      }
    : { heading: NEXT, settings: [`ADMIN_API_KEY_FILE=${shellWord(file)}`], expression: contentOf(file) }
}

/** Whoever listens on every address is reached at loopback. */
const reachable = (url: string): string => url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:')

/** From where we were started. */
function shown(path: string): string {
  const fromHere = relative('', path)
  return fromHere === '' ? '.' : fromHere.startsWith('..') ? path : fromHere
}

const contentOf = (file: string): string => `$(cat ${shellWord(file)})`
