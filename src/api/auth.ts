// Who may call: one administrator's key, compared in constant time; an address that keeps failing is answered 429.
import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { createFailureLimit } from './failure-limit.ts'
import { Problem } from './problems.ts'

/** Throws Problem `unauthorized` or `too-many-failures`. */
export type Auth = (request: Pick<FastifyRequest, 'ip' | 'headers'>) => void

const MAX_FAILURES = 10
const WINDOW_MS = 60_000
const MAX_ADDRESSES = 10_000

export function createAuth(options: { adminKey: string; clock: () => number }): Auth {
  const admin = digest(options.adminKey)
  const limit = createFailureLimit({ maxFailures: MAX_FAILURES, windowMs: WINDOW_MS, maxAddresses: MAX_ADDRESSES })
  const proven = new Set<string>()

  return request => {
    const nowAt = options.clock()
    const key = givenKey(request.headers)
    if (key === null) throw new Problem('unauthorized', 'expected a key in the header `authorization: Bearer <key>`, got none')
    const blockedForMs = limit.blockedForMs(request.ip, nowAt)
    // Where the right key was used before it stays welcome: otherwise one client with an old key behind a shared
    // proxy would shut out everybody. From any other address a guess is not even compared.
    const compared = blockedForMs === 0 || proven.has(request.ip)
    if (compared && timingSafeEqual(digest(key), admin)) return remember(proven, request.ip)
    if (blockedForMs > 0) throw tooManyFailures(request.ip, blockedForMs)
    limit.failed(request.ip, nowAt)
    throw new Problem('unauthorized', 'the key in the request is not a key of this server')
  }
}

/** `Authorization: Bearer <key>`; `apikey: <key>` is an alias. */
function givenKey(headers: FastifyRequest['headers']): string | null {
  const bearer = /^bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1]
  const alias = headers.apikey
  return bearer ?? (typeof alias === 'string' && alias !== '' ? alias : null)
}

/** Digests have one length, whatever was sent, and the key itself is not kept. */
const digest = (key: string): Buffer => createHash('sha256').update(key).digest()

function tooManyFailures(address: string, blockedForMs: number): Problem {
  return new Problem(
    'too-many-failures',
    `${MAX_FAILURES} requests from ${address} had a wrong key within ${WINDOW_MS / 1000} s`,
    {
      retryAfterSeconds: Math.ceil(blockedForMs / 1000),
    },
  )
}

function remember(addresses: Set<string>, address: string) {
  if (addresses.size >= MAX_ADDRESSES && !addresses.has(address)) addresses.clear()
  addresses.add(address)
}
