// Where the verbs find zaplog, and their key. What is wrong with either is said before anything is sent, and the key never.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseHost } from '../runtime/config-values.ts'
import { describeError } from '../runtime/logger.ts'
import type { Environment } from '../runtime/variables.ts'
import { CallFailed } from './call-failed.ts'
import { exitCodes } from './exit-codes.ts'
import { ownCommand } from './own-command.ts'
import { reachedAt } from './reached-at.ts'
import { shellWord } from './shell-word.ts'

export type ApiSettings = {
  /** Without a slash at its end. */
  base: string
  key: string
  /** The setting or the file. */
  keyFrom: string
  /** What our verbs begin with, for hints that can be pasted: the settings of this one are among it, but for a key itself. */
  zaplog: string
}

export const DEFAULT_URL = 'http://127.0.0.1:7070'

/** Throws CallFailed. */
export function readApiSettings(env: Environment): ApiSettings {
  return {
    base: env.ZAPLOG_URL ? readBase(env.ZAPLOG_URL, 'ZAPLOG_URL') : readBase(ownUrl(env), 'HOST and PORT'),
    ...readKey(env),
    zaplog: commandOf(env),
  }
}

/** Of a zaplog that is started with the same settings. */
function ownUrl({ HOST, PORT = '' }: Environment): string {
  const url = new URL(DEFAULT_URL)
  const host = HOST ? parseHost(HOST) : url.hostname
  if (typeof host !== 'string') throw misconfigured(`HOST: expected ${host.expected}, got ${host.got}`)
  return `http://${HOST ? reachedAt(HOST) : url.hostname}:${/^[1-9]\d*$/.test(PORT) ? PORT : url.port}`
}

const commandOf = (env: Environment): string =>
  [
    ...['ZAPLOG_URL', 'HOST', 'PORT', 'DATA_DIR', 'ADMIN_API_KEY_FILE'].flatMap(name =>
      env[name] ? `${name}=${shellWord(env[name])}` : [],
    ),
    ownCommand(),
  ].join(' ')

/** `from`: the settings that say it. */
function readBase(text: string, from: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  const got = text.includes('@') ? 'one with a user or a password' : JSON.stringify(text)
  if (
    url === null ||
    !['http:', 'https:'].includes(url.protocol) ||
    url.port === '0' ||
    url.username !== '' ||
    url.password !== ''
  )
    throw misconfigured(`expected a URL such as ${DEFAULT_URL} in ${from}, got ${got}`)
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`
}

type Key = Pick<ApiSettings, 'key' | 'keyFrom'>

function readKey(env: Environment): Key {
  if (env.ADMIN_API_KEY) return checked(env.ADMIN_API_KEY, 'ADMIN_API_KEY')
  const file = env.ADMIN_API_KEY_FILE || join(env.DATA_DIR || './data', 'admin-key')
  const where = env.ADMIN_API_KEY_FILE ? 'which ADMIN_API_KEY_FILE names' : 'in the directory that DATA_DIR names'
  return checked(readText(file, where).trim(), file)
}

function readText(file: string, where: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw misconfigured(
      `expected a key in ADMIN_API_KEY, or in ${file}, ${where}, got neither: ${describeError(cause)}; npm start makes one, where zaplog was never started yet`,
      cause,
    )
  }
}

/** What no header can carry would fail later, in words that repeat it. */
function checked(key: string, keyFrom: string): Key {
  if (/^[\x21-\x7e]+$/.test(key)) return { key, keyFrom }
  throw misconfigured(
    `expected a key of letters, digits and signs in ${keyFrom}, got ${key === '' ? 'an empty file' : 'something else'}`,
  )
}

const misconfigured = (message: string, cause?: unknown) => new CallFailed(message, { exitCode: exitCodes.configuration, cause })
