// What single settings may be: each parser answers the value, or what was expected instead.
import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import { DAMAGED, pemCertificate, pemPrivateKey, readPem } from './pem.ts'
import { printableSetting } from './printable.ts'
import { notBlank, parseDuration } from './variables.ts'

export const roles = ['producers', 'processors', 'projections', 'webhooks', 'api'] as const
export type RoleName = (typeof roles)[number]

export const parseRoles = (text: string) => {
  const names = text.split(',').map(name => name.trim())
  if (names.includes('all')) return roles
  const chosen = roles.filter(role => names.includes(role))
  const isKnown = (name: string) => roles.some(role => role === name)
  return names.every(isKnown) ? chosen : { expected: `a comma list of ${roles.join(', ')}` }
}

/** Other products whose calls the API answers, too. */
export const dialects = ['evolution', 'cloud-api'] as const
export type Dialect = (typeof dialects)[number]

export const parseDialect = (text: string) => dialects.find(one => one === text) ?? { expected: dialects.join(', ') }

/** URLs alone have an IPv6 address in brackets. */
export function parseHost(text: string): string | { expected: string; got: string } {
  if (text.trim() === '' || !/[[\]\s/]/.test(text)) return notBlank(text)
  const got = JSON.stringify(/^\[[\da-f.:]*\]$/i.test(text) ? text : printableSetting(text))
  return { expected: 'an address or a name alone, such as 127.0.0.1 or :: without brackets', got }
}

export const parseBrokers = (text: string) => {
  const brokers = text.split(',').map(broker => broker.trim())
  const wrong = brokers.filter(broker => !isBroker(broker))
  if (wrong.length === 0) return brokers
  const shown = text.includes('@') ? text : wrong.join(', ') // what is before an @ may hold commas of its own
  return { expected: 'a comma list of host:port', got: JSON.stringify(printableSetting(shown)) }
}

const isBroker = (text: string): boolean => {
  const [, port] = /^[^\s:/]+:(\d{1,5})$/.exec(text) ?? []
  return port !== undefined && Number(port) > 0 && Number(port) < 2 ** 16
}

export const saslMechanisms = ['plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer'] as const
export const parseSaslMechanism = (text: string) =>
  saslMechanisms.find(mechanism => mechanism === text.toLowerCase()) ?? { expected: `one of ${saslMechanisms.join(', ')}` }

export const parseCount = (text: string) => (/^[1-9]\d{0,2}$/.test(text) ? Number(text) : { expected: 'a whole number from 1' })

export const parseUrl = (schemes: readonly string[]) => (text: string) => {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !schemes.includes(url.protocol))
    return { expected: `a URL that begins with ${schemes.map(s => `${s}//`).join(' or ')}` }
  // Of a password with a / a part would be taken for a path, which is shown.
  const isSplit = `${url.pathname}${url.search}${url.hash}`.includes('@')
  return isSplit
    ? { expected: 'no @ behind the host: in a password / is %2F, @ is %40, ? is %3F and # is %23' }
    : text.replace(/\/+$/, '')
}

/** As S3 and every other reader of paths takes it to mean one place. */
export const parseKeyPrefix = (text: string) => {
  const isPath = /^([a-zA-Z0-9!_.*'()=-]+\/)+$/.test(text) && !/(^|\/)\.{1,2}\//.test(text)
  return isPath && text.length <= MAX_KEY_PREFIX
    ? text
    : {
        expected: `a path that ends in a slash, such as zaplog/ or media/zaplog/, of at most ${MAX_KEY_PREFIX} letters, digits and !_.*'()=-`,
      }
}
/** Keys have 1,024 bytes, and ours take some 200. */
const MAX_KEY_PREFIX = 512

export const parseLoopback = (schemes: readonly string[]) => (text: string) => {
  const url = parseUrl(schemes)(text)
  if (typeof url !== 'string') return url
  return isLoopback(url) ? url : { expected: 'a loopback address: it is for simulators only' }
}

function isLoopback(url: string): boolean {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '')
  return host === 'localhost' || (ipaddr.isValid(host) && ipaddr.process(host).range() === 'loopback')
}

/** As it came: to some endpoints a slash at the end makes a difference. */
export const parseTokenUrl = (text: string) => {
  const url = parseUrl(['https:', 'http:'])(text)
  if (typeof url !== 'string') return url
  const { protocol, username, password } = new URL(text)
  if (username !== '' || password !== '')
    return { expected: 'a URL without a user, who is in KAFKA_OAUTH_CLIENT_ID and KAFKA_OAUTH_CLIENT_SECRET' }
  if (text.includes('#')) return { expected: 'a URL without a fragment', got: 'one with a #' }
  return protocol === 'https:' || isLoopback(text)
    ? text
    : { expected: 'https, or http on a loopback address, because the secret would be sent in the clear' }
}

export const parseKey = (text: string) => {
  const bytes = Buffer.from(text, 'base64')
  return bytes.length === 32 && bytes.toString('base64') === text ? bytes : { expected: '32 bytes in base64' }
}

export const parseKeys = (text: string) => {
  const keys = text.split(',').map(one => parseKey(one.trim()))
  const bytes = keys.flatMap(key => (Buffer.isBuffer(key) ? [key] : []))
  return bytes.length === keys.length ? bytes : { expected: 'keys of 32 bytes in base64, with commas between them' }
}

/** It travels in a header: what a header cannot carry would be a key that never fits. */
export const parseHeaderKey = (text: string) =>
  /^[\x21-\x7e]{16,}$/.test(text) ? text : { expected: '16 or more letters, digits and signs, without spaces' }

/** One, or several that are all judged. */
export const parseCertificate = (text: string) => {
  const blocks = readPem(text, pemCertificate)
  if ('expected' in blocks) return blocks
  try {
    for (const block of blocks) new X509Certificate(block.text)
    return text
  } catch {
    return { expected: pemCertificate.expected, got: DAMAGED }
  }
}

/** Whether it opens is judged beside its password and its certificate. */
export const parsePrivateKey = (text: string) => {
  const blocks = readPem(text, pemPrivateKey)
  return 'expected' in blocks ? blocks : text
}

export const parseVersion = (text: string) => {
  const parts = text.split('.').map(Number)
  const [major, minor, patch] = parts
  if (
    parts.length !== 3 ||
    major === undefined ||
    minor === undefined ||
    patch === undefined ||
    parts.some(part => !Number.isInteger(part))
  )
    return { expected: 'three numbers joined by dots' }
  return [major, minor, patch] as const
}

export const parseCidr = (text: string) => (ipaddr.isValidCIDR(text) ? text : { expected: 'ranges such as 10.0.0.0/8' })

/** One address, or a range of them. */
export const parseProxy = (text: string) =>
  isIP(text) !== 0 || ipaddr.isValidCIDR(text) ? text : { expected: 'addresses such as 10.0.0.5 and ranges such as 10.0.0.0/8' }

/** A consumer that is away for longer loses its place in the log: less than a day is surely a slip. */
const LEAST_RETENTION_MS = 86_400_000

export const parseRetention = (text: string) => {
  if (text === 'forever') return 'forever' as const
  const ms = parseDuration(text)
  return typeof ms === 'number' && ms >= LEAST_RETENTION_MS
    ? ms
    : { expected: 'forever, or a duration of 1d or more such as 90d' }
}

/** What Kafka takes in a name, with room for the rest of it. */
export const parsePrefix = (text: string) =>
  /^[A-Za-z0-9._-]{1,100}$/.test(text) ? text : { expected: '1 to 100 letters, digits, dots, dashes and underscores' }
