// Asks a registry over HTTP with a deadline: what it answers is a value, what keeps it from answering is an error.
import { request } from 'undici'
import type { Mend } from '../runtime/coded-error.ts'
import { describeError, type Logger } from '../runtime/logger.ts'
import { parseObject } from '../runtime/parse-object.ts'
import { isTlsError } from '../runtime/tls-errors.ts'
import { RegistryError } from './registry.ts'

export type RegistryOptions = {
  /** With its path, such as https://registry:8081 or http://registry:8080/apis/ccompat/v7. */
  url: string
  username?: string
  password?: string
  /** For a whole answer [10 s]. */
  answerTimeoutMs?: number
  logger: Logger
}
export type RegistryQuestion = { doing: string; method: 'GET' | 'POST' | 'PUT'; path: string; body?: object }
export type RegistryAnswer = { status: number; ok: boolean; body: Readonly<Record<string, unknown>> }
export type RegistryClient = { ask(question: RegistryQuestion, signal: AbortSignal): Promise<RegistryAnswer> }

const ANSWER_TIMEOUT_MS = 10_000
const MEDIA_TYPE = 'application/vnd.schemaregistry.v1+json'

/** `ask` rejects RegistryError `unreachable`, `misconfigured` or `aborted`. Answers that are not JSON have an empty body. */
export function openRegistryClient(options: RegistryOptions): RegistryClient {
  const { url, username, password = '', answerTimeoutMs = ANSWER_TIMEOUT_MS } = options
  const base = url.replace(/\/+$/, '')
  const authorization = username === undefined ? null : `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
  const headers = { accept: `${MEDIA_TYPE}, application/json`, ...(authorization !== null && { authorization }) }

  const ask: RegistryClient['ask'] = async ({ doing, method, path, body }, signal) => {
    if (signal.aborted) throw new RegistryError('aborted', `${doing}: aborted before it began`, { cause: signal.reason })
    const deadline = AbortSignal.timeout(answerTimeoutMs)
    try {
      const answer = await request(`${base}${path}`, {
        method,
        headers: body === undefined ? headers : { ...headers, 'content-type': MEDIA_TYPE },
        body: body === undefined ? null : JSON.stringify(body),
        signal: AbortSignal.any([signal, deadline]),
      })
      const text = await answer.body.text()
      return { status: answer.statusCode, ok: answer.statusCode >= 200 && answer.statusCode < 300, body: parseObject(text) }
    } catch (cause) {
      if (signal.aborted) throw new RegistryError('aborted', `${doing}: aborted`, { cause })
      const reason = deadline.aborted ? `no answer within ${answerTimeoutMs} ms` : describeError(cause)
      throw isTlsError(cause)
        ? new RegistryError('misconfigured', `${doing}: ${reason}`, { ...noTls, cause })
        : new RegistryError('unreachable', `${doing}: ${reason}`, { cause })
    }
  }
  return { ask }
}

const noTls: Mend = {
  settings: ['SCHEMA_REGISTRY_URL'],
  expected: 'a certificate that this machine trusts, for the host in SCHEMA_REGISTRY_URL',
}
