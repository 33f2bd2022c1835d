// A delivery that somebody asked for, to see whether a receiver takes it: signed and posted through the same guard as any other, at once and
// once, beside every lane. Nothing of it is kept, and it changes nothing about the endpoint, disabled ones included.
import { randomBytes } from 'node:crypto'
import { Agent, type Dispatcher } from 'undici'
import type { Database } from '../../database/database.ts'
import type { Config } from '../../runtime/config.ts'
import { createGuardedConnector } from '../../runtime/guarded-connector.ts'
import { buildPost, type PostContext } from './build-post.ts'
import { createSituationReader } from './delivery-situation.ts'
import { skipInterimResponses } from './interim-responses.ts'
import { maskEcho } from './mask-echo.ts'
import { postDelivery } from './post-delivery.ts'

export type EndpointTest = {
  /** The webhook-id that it was posted with. */
  deliveryId: string
  /** Answered 2xx: what a delivery needs. */
  delivered: boolean
  statusCode: number | null
  /** Why there is no answer; null: there is one. */
  error: string | null
  /** How the answer begins, without what the endpoint keeps secret. */
  response: string | null
  durationMs: number
}
export type EndpointTester = {
  /** Whether there is such an endpoint, which a listener is not. */
  knows(endpointId: string): Promise<boolean>
  /** null: no such endpoint, or a listener. At most MAX_TESTS_AT_ONCE, so that none waits for another while its time runs. Rejects when the signal aborts, and with SealError where its secret does not open. */
  test(endpointId: string, signal: AbortSignal): Promise<EndpointTest | null>
  close(): Promise<void>
}
type Deps = PostContext & {
  database: Database
  config: Pick<Config['webhooks'], 'allowLoopback' | 'allowCidrs' | 'attemptTimeoutMs'>
}

/** More than people try at one moment, and a bound on what a program can make of it. */
export const MAX_TESTS_AT_ONCE = 20

export function openEndpointTester(deps: Deps): EndpointTester {
  const { config } = deps
  const dispatcher = new Agent({
    connect: createGuardedConnector({ allowances: config, opened: skipInterimResponses }),
    connections: MAX_TESTS_AT_ONCE,
    clientTtl: 60_000,
  })
  const read = createSituationReader(deps.database)
  return {
    knows: async endpointId => {
      const { endpoint } = await read(testDelivery(endpointId, deps.clock()))
      return endpoint !== null && !endpoint.isListener
    },
    test: async (endpointId, signal) => {
      const delivery = testDelivery(endpointId, deps.clock())
      const { endpoint } = await read(delivery)
      if (endpoint === null || endpoint.isListener) return null
      const post = { ...buildPost(deps, { delivery, endpoint, attempt: 1, skipped: 0 }), timeoutMs: config.attemptTimeoutMs }
      return { deliveryId: delivery.deliveryId, ...(await outcomeOf({ ...deps, dispatcher }, post, signal)) }
    },
    close: () => dispatcher.destroy(),
  }
}

/** As a delivery of an event; this one is of no event, instance or lane. */
function testDelivery(endpointId: string, nowAt: number) {
  const eventId = randomBytes(16).toString('hex')
  const data = { eventId, endpointId, text: 'A test of this endpoint. No message is behind it.' }
  const body = JSON.stringify({ type: 'endpoint.tested', timestamp: new Date(nowAt).toISOString(), data })
  return {
    deliveryId: `${eventId}_${endpointId}`,
    endpointId,
    instanceId: '',
    lane: '',
    body,
    mediaEventId: null,
    hasThumbnail: false,
  }
}

type Post = Parameters<typeof postDelivery>[1]

async function outcomeOf(of: { dispatcher: Dispatcher; clock: () => number }, post: Post, signal: AbortSignal) {
  const exchange = await postDelivery(of, post, signal)
  const { durationMs } = exchange
  if (exchange.kind === 'failed')
    return { delivered: false, statusCode: null, error: exchange.message, response: null, durationMs }
  const { statusCode } = exchange
  const delivered = statusCode >= 200 && statusCode < 300
  return { delivered, statusCode, error: null, response: maskEcho(exchange.response, post), durationMs }
}
