// Access tokens for brokers, from an OAuth token endpoint (client credentials, RFC 6749 4.4, as KIP-768 has it): fetched one at a time, and shared
// by all connections for four fifths of their life.
import { request } from 'undici'
import type { Mend } from '../../runtime/coded-error.ts'
import { describeError } from '../../runtime/logger.ts'
import { parseObject } from '../../runtime/parse-object.ts'
import { shownUrl } from '../../runtime/printable.ts'
import { isTlsError } from '../../runtime/tls-errors.ts'
import { LogError } from '../log.ts'

export type OAuthClient = { tokenUrl: string; clientId: string; clientSecret: string; scope: string | null }
export type OAuthTokens = {
  /** isNew: nobody was given it before. Rejects LogError. */
  take(): Promise<{ value: string; isNew: boolean }>
  /** A broker did not take it: it is given to nobody else. */
  refused(value: string): void
}
type Token = { value: string; expiresInMs: number }
type Kept = { value: string; untilMs: number }

const SHARE_OF_LIFE = 0.8

/** nowMs: of a clock that only goes forward. */
export function createOAuthTokens(client: OAuthClient, nowMs: () => number = () => performance.now()): OAuthTokens {
  let kept: Kept | null = null
  let fetching: Promise<Token> | null = null

  async function fetchNew(): Promise<Token> {
    const askedAt = nowMs()
    try {
      const token = await fetchToken(client)
      kept = { value: token.value, untilMs: askedAt + token.expiresInMs * SHARE_OF_LIFE }
      return token
    } finally {
      fetching = null
    }
  }

  return {
    take: async () => {
      if (kept !== null && nowMs() < kept.untilMs) return { value: kept.value, isNew: false }
      fetching ??= fetchNew()
      return { value: (await fetching).value, isNew: true }
    },
    refused: value => {
      if (kept?.value === value) kept = null
    },
  }
}

const ANSWER_TIMEOUT_MS = 10_000
/** Of a token whose endpoint does not say how long it lives. */
const UNTOLD_LIFE_MS = 60_000

async function fetchToken(client: OAuthClient): Promise<Token> {
  const doing = `fetching a token from ${shownUrl(client.tokenUrl)}`
  const { status, body } = await ask(client, doing)
  const { access_token: value, expires_in: seconds, error } = body
  if (isRefusal(status) && typeof error === 'string')
    throw new LogError('denied', `${doing}: status ${status} (${printable(error)})`, notTaken)
  if (status !== 200) throw new LogError('unavailable', `${doing}: status ${status}`, notThere)
  if (typeof value !== 'string' || !/^[\x21-\x7e]+$/.test(value))
    throw new LogError('denied', `${doing}: expected JSON with an access_token, got none`, notThere)
  return { value, expiresInMs: typeof seconds === 'number' && seconds > 0 ? seconds * 1000 : UNTOLD_LIFE_MS }
}

/** RFC 6749 5.2 says so, with an error in words of its own; whatever else is said is a proxy's, or the endpoint's of itself. */
const isRefusal = (status: number) => status === 400 || status === 401 || status === 403

async function ask({ tokenUrl, clientId, clientSecret, scope }: OAuthClient, doing: string) {
  const deadline = AbortSignal.timeout(ANSWER_TIMEOUT_MS)
  const credentials = `${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`
  try {
    const answer = await request(tokenUrl, {
      method: 'POST',
      headers: {
        accept: 'application/json',
        authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: new URLSearchParams({ grant_type: 'client_credentials', ...(scope !== null && { scope }) }).toString(),
      signal: deadline,
    })
    return { status: answer.statusCode, body: parseObject(await readText(answer.body)) }
  } catch (cause) {
    const reason = deadline.aborted ? `no answer within ${ANSWER_TIMEOUT_MS} ms` : describeError(cause)
    throw new LogError(isTlsError(cause) ? 'misconfigured' : 'unavailable', `${doing}: ${reason}`, { ...notThere, cause })
  }
}

/** Of whatever answers: a token is a few KiB. What is longer is no JSON when it is cut. */
async function readText(body: AsyncIterable<Uint8Array>): Promise<string> {
  const read: Uint8Array[] = []
  let sizeBytes = 0
  for await (const chunk of body) {
    read.push(chunk)
    sizeBytes += chunk.byteLength
    if (sizeBytes > MAX_ANSWER_BYTES) break // leaving early ends the connection
  }
  return Buffer.concat(read).subarray(0, MAX_ANSWER_BYTES).toString('utf8')
}
const MAX_ANSWER_BYTES = 64 * 1024

const notThere: Mend = {
  settings: ['KAFKA_OAUTH_TOKEN_URL'],
  expected:
    'KAFKA_OAUTH_TOKEN_URL to be a token endpoint that answers client credentials, with a certificate that this machine trusts',
}
const notTaken: Mend = {
  settings: ['KAFKA_OAUTH_TOKEN_URL', 'KAFKA_OAUTH_CLIENT_ID', 'KAFKA_OAUTH_CLIENT_SECRET', 'KAFKA_OAUTH_SCOPE'],
  expected: 'KAFKA_OAUTH_CLIENT_ID, KAFKA_OAUTH_CLIENT_SECRET and KAFKA_OAUTH_SCOPE to be what KAFKA_OAUTH_TOKEN_URL lets in',
}

/** RFC 6749 5.2 has such words as invalid_client; what is longer is not one. */
const printable = (error: string) => (/^[\w-]{1,60}$/.test(error) ? error : 'an error it names in other words')
