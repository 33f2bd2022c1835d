// Deliveries over HTTP: which went where, how they stand, and every attempt; made by the bridge, to receivers that do not take them all.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { listDeliveries } from '../../src/webhooks/bridge/queries.ts'
import { openTestApi, partitions, type TestApi } from '../ground/api/open-test-api.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { openReceiver, type Receiver } from '../ground/receiver.ts'
import { until } from '../ground/until.ts'
import { openBridgeOn } from '../ground/webhooks/open-bridge.ts'

const logger = collectLogLines()
const closing: (() => Promise<void>)[] = []
/** Of two endpoints, and of three deliveries to each, in the order in which they were made. */
const endpoints: string[] = []
const deliveries: { id: string; eventId: string; endpointId: string; messageId: string; createdAt: string }[] = []
let api: TestApi

/** The first delivery to each is not wanted, the others are not taken now. */
const respond: NonNullable<Parameters<typeof openReceiver>[0]>['respond'] = ({ body }) =>
  body.data.sequence <= 2 ? { status: 500, headers: { 'webhook-delivery': 'abort-message' } } : { status: 500, body: 'oops' }

beforeAll(async () => {
  api = await openTestApi('api-deliveries', logger)
  const ground = { test: { url: '', database: api.database, close: async () => undefined }, log: api.testLog, partitions }
  const bridge = await openBridgeOn(ground, logger)
  const receivers: Receiver[] = [await openReceiver({ respond }), await openReceiver({ respond })]
  for (const receiver of receivers) endpoints.push((await bridge.endpoint(receiver.url)).id)
  const role = bridge.start({ retryDelaysMs: [3_600_000] })
  closing.push(role.close, ...receivers.map(receiver => receiver.close))
  for (let nth = 0; nth < 3; nth++)
    for (const endpointId of endpoints)
      await bridge.append(bridge.delivery(endpointId, `chat-${nth}`, { messageId: `MESSAGE${nth}` }))
  const all = () => listDeliveries(api.database, { limit: 200 })
  await until('all were tried', async () => (await all()).data.every(one => one.attempts === 1))
  for (const { id, eventId, endpointId, messageId, createdAt } of (await all()).data.toReversed())
    deliveries.push({ id, eventId, endpointId, messageId: messageId ?? '', createdAt })
})
afterAll(async () => {
  for (const close of closing) await close()
  await api.close()
})

const of = (nth: number, endpoint: number) => {
  const found = deliveries.filter(one => one.endpointId === endpoints[endpoint])[nth]
  if (found === undefined) throw new Error(`expected delivery ${nth} of endpoint ${endpoint} of ${deliveries.length}`)
  return found
}
const ids = async (path: string) => {
  const { status, json } = await api.call('GET', path)
  expect(status).toBe(200)
  return (json.data as { id: string }[]).map(one => one.id)
}

test('[E7] deliveries are found by endpoint, state, message and time, and the event lists its own', async () => {
  const [first, second, third] = [of(0, 0), of(1, 0), of(2, 0)]
  expect(await ids(`/v1/deliveries?endpointId=${first.endpointId}`)).toEqual([third.id, second.id, first.id])
  expect(new Set(await ids('/v1/deliveries?state=discarded'))).toEqual(new Set([first.id, of(0, 1).id]))
  expect(await ids(`/v1/deliveries?messageId=MESSAGE1&endpointId=${endpoints[1]}`)).toEqual([of(1, 1).id])
  expect(await ids(`/v1/events/${third.eventId}/deliveries`)).toEqual([third.id])
  const between = `after=${second.createdAt}&before=${third.createdAt}`
  expect(await ids(`/v1/deliveries?${between}&endpointId=${first.endpointId}`)).toEqual([second.id])
})

test('[E7] the pages of the list hold each delivery once', async () => {
  const seen: string[] = []
  for (let path: string | null = '/v1/deliveries?limit=4'; path !== null; ) {
    const { json }: { json: Record<string, unknown> } = await api.call('GET', path)
    seen.push(...(json.data as { id: string }[]).map(one => one.id))
    path = json.nextCursor === null ? null : `/v1/deliveries?limit=4&cursor=${json.nextCursor}`
  }
  expect(seen).toHaveLength(6)
  expect(new Set(seen).size).toBe(6)
})

test('[E7] a delivery shows its attempts, and one that is not there is 404', async () => {
  const { id, eventId, endpointId } = of(1, 0)
  const { json } = await api.call('GET', `/v1/deliveries/${id}`)
  expect(json).toMatchObject({
    eventId,
    endpointId,
    type: 'message.received',
    state: 'waiting',
    statusCode: 500,
    attempts: [{ attempt: 1, outcome: 'waiting', statusCode: 500, response: 'oops', error: null }],
  })
  const [attempt] = json.attempts as { durationMs: number; retryInMs: number }[]
  expect(attempt?.durationMs).toBeGreaterThanOrEqual(0)
  // An hour, spread by a fifth either way.
  expect(Math.abs((attempt?.retryInMs ?? 0) - 3_600_000)).toBeLessThanOrEqual(720_000)
  expect((await api.call('GET', '/v1/deliveries/nothing')).json).toMatchObject({
    type: 'urn:zaplog:problem:delivery-not-found',
    status: 404,
  })
})

test('[E7] what happened to a delivery is told in order, alone and among those of its event', async () => {
  const { id, eventId } = of(1, 0)
  type Told = { id: string; timeline: { what: string; attempt: number | null; detail: string | null; until: string | null }[] }
  const alone = (await api.call('GET', `/v1/deliveries/${id}`)).json as unknown as Told & { retryAt: string }
  expect(alone.timeline).toMatchObject([
    { what: 'matched', attempt: null, detail: null },
    { what: 'attempted', attempt: 1, detail: 'answered 500' },
    { what: 'waiting', detail: 'answered 500', until: alone.retryAt },
  ])
  const { json } = await api.call('GET', `/v1/events/${eventId}/deliveries`)
  expect(json.data as unknown as Told[]).toMatchObject([{ id, timeline: alone.timeline }])
})

test.each(['state=lost', 'cursor=nonsense', 'limit=0', 'endpoint=x'])('[I3] the list refuses %s', async query => {
  expect((await api.call('GET', `/v1/deliveries?${query}`)).status).toBe(422)
})
