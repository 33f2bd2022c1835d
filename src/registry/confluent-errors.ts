// What a registry refuses, in the port's words, by one table; its own words are kept.
import type { Mend } from '../runtime/coded-error.ts'
import type { RegistryAnswer } from './confluent-client.ts'
import { RegistryError, type RegistryErrorCode } from './registry.ts'

/** By the registry's error_code, then by the HTTP status. */
const codes: Readonly<Record<number, RegistryErrorCode>> = {
  409: 'incompatible',
  42201: 'incompatible', // no valid schema
  42205: 'denied', // read-only mode
  401: 'denied',
  403: 'denied',
  408: 'unreachable',
  422: 'incompatible',
  425: 'unreachable',
  429: 'unreachable',
}

export function registryRefusal(doing: string, answer: RegistryAnswer): RegistryError {
  const { status, body } = answer
  const words = typeof body.message === 'string' ? body.message : 'no reason given'
  const code = codeOf(answer)
  return new RegistryError(code, `${doing}: ${words} (status ${status})`, mendOf(code, status))
}

function mendOf(code: RegistryErrorCode, status: number): Mend {
  if (status === 401 || status === 403) return notLetIn
  return code === 'incompatible' ? othersSchemas : {}
}

const notLetIn: Mend = {
  settings: ['SCHEMA_REGISTRY_USERNAME', 'SCHEMA_REGISTRY_PASSWORD'],
  expected: 'SCHEMA_REGISTRY_USERNAME and SCHEMA_REGISTRY_PASSWORD to be what it lets in',
}
const othersSchemas: Mend = {
  settings: ['SCHEMA_REGISTRY_URL'],
  expected: 'SCHEMA_REGISTRY_URL to have no schemas but those of zaplog, up to this version',
}

function codeOf({ status, body }: RegistryAnswer): RegistryErrorCode {
  const byError = typeof body.error_code === 'number' ? codes[body.error_code] : undefined
  return byError ?? codes[status] ?? (status >= 500 ? 'unreachable' : 'denied')
}
