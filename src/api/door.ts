// Who may come in: the one check of keys, for every route of the process, and the one limit on guessing them.
//
// A wrong key spends from the budget of its client's address (IPv4, or a /64 of IPv6) and from that of all keys whose digest begins
// alike. The first slows one guesser; the second slows guessing from many addresses, while one old key that a whole fleet still sends
// spends from one of 256 budgets only. Where either is spent, a key is not even compared: whoever guesses on learns nothing, at one
// guess per second and address. A right key is not locked out by that where it was taken before: the pair of its address and its
// digest is compared at any time, because only who knows the key can name it again. The address as such gains nothing, so that other
// keys from there stay limited. A right key that comes for the first time, after wrong ones from its address, waits for a second.
// Signatures of media links (128 and 256 bits, no two alike) are checked by their own routes: no rate makes them guessable.
import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import type { Logger } from '../runtime/logger.ts'
import type { Metrics } from '../runtime/metrics.ts'
import { createBudgets, forgetFirst } from './budgets.ts'
import { clientBlock } from './client-address.ts'
import { createGuessAlarm, type Failure } from './guess-alarm.ts'
import type { Need } from './needs.ts'
import { Problem } from './problems.ts'

/** null: there is none, or it is not known yet. */
export type Keys = { admin: string | null; metrics: string | null }
export type Door = {
  /** Throws Problem `unauthorized` or `too-many-failures`. */
  demand(request: Client, need: Need): void
  /** Proxies whose X-Forwarded-For counts: addresses and ranges. */
  trustedProxies: readonly string[]
}
type Client = Pick<FastifyRequest, 'ip' | 'headers'>
type Deps = {
  keys(): Keys
  trustedProxies: readonly string[]
  metrics: Metrics
  logger: Logger
  /** Milliseconds that never go back. */
  clock: () => number
}

const BURST = 10
const EVERY_MS = 1_000
const MAX_ADDRESSES = 10_000
const MAX_PROVEN = 10_000

export function createDoor(deps: Deps): Door {
  const ofAddresses = createBudgets({ burst: BURST, everyMs: EVERY_MS, maxNames: MAX_ADDRESSES })
  const ofKeys = createBudgets({ burst: BURST, everyMs: EVERY_MS, maxNames: 256 })
  const proven = new Set<string>()
  const alarm = createGuessAlarm(deps)

  function demand(request: Client, need: Need) {
    if (need === 'nothing') return
    const address = clientBlock(request.ip) ?? 'unknown'
    const nowAt = deps.clock()
    const refuse = (failure: Failure, problem: Problem) => {
      alarm.failed({ address, failure }, nowAt)
      return problem
    }
    const key = givenKey(request.headers)
    if (key === null) throw refuse('none', new Problem('unauthorized', expectedKey(need)))
    const given = digest(key)
    const alike = given.subarray(0, 1).toString('hex')
    const pair = `${address} ${given.toString('base64')}`
    const waitMs = proven.has(pair) ? 0 : Math.max(ofAddresses.waitMs(address, nowAt), ofKeys.waitMs(alike, nowAt))
    if (waitMs > 0) throw refuse('limited', tooManyFailures(address, waitMs))
    if (fits(given, keysFor(need, deps.keys()))) return remember(proven, pair)
    ofAddresses.spend(address, nowAt)
    ofKeys.spend(alike, nowAt)
    throw refuse('wrong', new Problem('unauthorized', 'the key in the request is not a key of this server, or not for this call'))
  }

  return { demand, trustedProxies: deps.trustedProxies }
}

/** `Authorization: Bearer <key>`; `apikey: <key>` is an alias. */
function givenKey(headers: FastifyRequest['headers']): string | null {
  const bearer = /^bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1]
  const alias = headers.apikey
  return bearer ?? (typeof alias === 'string' && alias !== '' ? alias : null)
}

const expectedKey = (need: Need): string =>
  `expected ${need === 'metrics' ? 'METRICS_TOKEN, or a key,' : 'a key'} in the header \`authorization: Bearer <key>\` or \`apikey: <key>\`, got none`

const keysFor = (need: Need, { admin, metrics }: Keys): readonly string[] =>
  [admin, need === 'metrics' ? metrics : null].filter(key => key !== null)

/** In constant time: digests have one length, whatever was sent, and the key itself is not kept. */
const fits = (given: Buffer, keys: readonly string[]): boolean => keys.some(key => timingSafeEqual(given, digest(key)))

const digest = (key: string): Buffer => createHash('sha256').update(key).digest()

const tooManyFailures = (address: string, waitMs: number): Problem =>
  new Problem('too-many-failures', `too many requests from ${address}, or with keys like this one, had a wrong key`, {
    retryAfterSeconds: Math.ceil(waitMs / 1000),
  })

/** The one that was used last is forgotten last. */
function remember(pairs: Set<string>, pair: string) {
  pairs.delete(pair)
  pairs.add(pair)
  if (pairs.size > MAX_PROVEN) forgetFirst(pairs)
}
