// An OAuth token endpoint of one test: gives whoever has the secret tokens that nobody signed, as Kafka's own validator takes them.
import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import type { OAuthClient } from '../../../src/log/kafka/oauth-tokens.ts'
import { openLoopbackServer } from '../loopback-server.ts'

export type TokenEndpoint = {
  client: OAuthClient
  /** What was asked, in order. */
  asked: readonly { authorization: string; body: string }[]
  /** How tokens are made from now on [60 s, as they say]. */
  giving: { livesForS: number; expiresInS: number; status: number }
}

export async function openTokenEndpoint(): Promise<TokenEndpoint> {
  const asked: { authorization: string; body: string }[] = []
  const giving = { livesForS: 60, expiresInS: 60, status: 200 }
  const { url } = await openLoopbackServer(async (request, response) => {
    asked.push({ authorization: request.headers.authorization ?? '', body: await text(request) })
    const status = giving.status === 200 && !isRight(request) ? 401 : giving.status
    const body =
      status === 200
        ? { access_token: unsignedToken(giving.livesForS), token_type: 'Bearer', expires_in: giving.expiresInS }
        : { error: 'invalid_client', error_description: 'only-for-tests is not the secret' }
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  const client = { tokenUrl: `${url}/token`, clientId: 'zap:log', clientSecret: 'only-for tests', scope: null }
  return { client, asked, giving }
}

/** RFC 6749 2.3.1: both are encoded before they are joined. */
const isRight = ({ headers }: IncomingMessage) =>
  headers.authorization === `Basic ${Buffer.from('zap%3Alog:only-for%20tests').toString('base64')}`

/** A JWT that says `alg: none`; negative: it has expired. */
export function unsignedToken(livesForS: number): string {
  const nowS = Math.floor(Date.now() / 1000)
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
  return `${encode({ alg: 'none' })}.${encode({ sub: 'zaplog', iat: nowS - 3600, exp: nowS + livesForS })}.`
}
