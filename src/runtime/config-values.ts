// What single settings may be: each parser answers the value, or what was expected instead.
import ipaddr from 'ipaddr.js'

export const roles = ['producers', 'processors', 'projections', 'webhooks', 'api'] as const
export type RoleName = (typeof roles)[number]

export const parseRoles = (text: string) => {
  const names = text.split(',').map(name => name.trim())
  if (names.includes('all')) return roles
  const chosen = roles.filter(role => names.includes(role))
  const isKnown = (name: string) => roles.some(role => role === name)
  return names.every(isKnown) ? chosen : { expected: `a comma list of ${roles.join(', ')}` }
}

export const parseBrokers = (text: string) => {
  const brokers = text.split(',').map(broker => broker.trim())
  return brokers.every(broker => /^[^\s:/]+:\d{1,5}$/.test(broker)) ? brokers : { expected: 'a comma list of host:port' }
}

export const saslMechanisms = ['plain', 'scram-sha-256', 'scram-sha-512'] as const
export const parseSaslMechanism = (text: string) =>
  saslMechanisms.find(mechanism => mechanism === text.toLowerCase()) ?? { expected: `one of ${saslMechanisms.join(', ')}` }

export const parseCount = (text: string) => (/^[1-9]\d{0,2}$/.test(text) ? Number(text) : { expected: 'a whole number from 1' })

export const parseUrl = (schemes: readonly string[]) => (text: string) => {
  const url = URL.canParse(text) ? new URL(text) : null
  return url !== null && schemes.includes(url.protocol)
    ? text.replace(/\/+$/, '')
    : { expected: `a URL that begins with ${schemes.map(s => `${s}//`).join(' or ')}` }
}

export const parseLoopback = (schemes: readonly string[]) => (text: string) => {
  const url = parseUrl(schemes)(text)
  if (typeof url !== 'string') return url
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '')
  const loopback = host === 'localhost' || (ipaddr.isValid(host) && ipaddr.process(host).range() === 'loopback')
  return loopback ? url : { expected: 'a loopback address: it is for simulators only' }
}

export const parseKey = (text: string) => {
  const bytes = Buffer.from(text, 'base64')
  return bytes.length === 32 && bytes.toString('base64') === text ? bytes : { expected: '32 bytes in base64' }
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
