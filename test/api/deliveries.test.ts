// Deliveries over HTTP: which went where, how they stand, and every attempt.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { collectLogLines } from '../log-lines.ts'
import { openTestApi, type TestApi } from './open-test-api.ts'

const logger = collectLogLines()
const endpoints = ['a', 'b'].map(letter => `ep_${letter.repeat(24)}`) as [string, string]
const events = ['1', '2', '3'].map(digit => digit.repeat(32)) as [string, string, string]
const idOf = (event: string, endpoint: string) => `${event}_${endpoint}`
let api: TestApi

beforeAll(async () => {
  api = await openTestApi('api-deliveries', logger)
  for (const [index, event] of events.entries())
    for (const endpoint of endpoints)
      await api.database.query(
        `insert into webhook_deliveries (delivery_id, endpoint_id, endpoint_version, event_id, instance_id, lane, webhook_type, message_id,
           state, created_at, attempts, status_code, error)
         values ($1, $2, 1, $3, 'shop', 'lane', 'message.received', $4, $5, to_timestamp($6), 1, 500, 'answered 500')`,
        [idOf(event, endpoint), endpoint, event, `MESSAGE${index}`, index === 0 ? 'dead' : 'retrying', 1_767_610_800 + index],
      )
  await api.database.query(
    `insert into webhook_attempts (delivery_id, attempt, outcome, started_at, duration_ms, status_code, error, retry_in_ms, response)
     values ($1, 1, 'retrying', to_timestamp(1767610801), 15, 500, 'answered 500', 5000, 'oops')`,
    [idOf(events[1], endpoints[0])],
  )
})
afterAll(() => api.close())

const ids = async (path: string) => {
  const { status, json } = await api.call('GET', path)
  expect(status).toBe(200)
  return (json.data as { id: string }[]).map(one => one.id)
}

test('[E7] deliveries are found by endpoint, state and message, and the event lists its own', async () => {
  const [first, second, third] = events
  const [a, b] = endpoints
  expect(await ids(`/v1/deliveries?endpointId=${a}`)).toEqual([idOf(third, a), idOf(second, a), idOf(first, a)])
  expect(new Set(await ids('/v1/deliveries?state=dead'))).toEqual(new Set([idOf(first, a), idOf(first, b)]))
  expect(await ids(`/v1/deliveries?messageId=MESSAGE1&endpointId=${b}`)).toEqual([idOf(second, b)])
  expect(new Set(await ids(`/v1/events/${third}/deliveries`))).toEqual(new Set([idOf(third, a), idOf(third, b)]))
  expect(await ids(`/v1/deliveries?after=2026-01-05T11:00:01.000Z&before=2026-01-05T11:00:02.000Z&endpointId=${a}`)).toEqual([
    idOf(second, a),
  ])
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
  const { json } = await api.call('GET', `/v1/deliveries/${idOf(events[1], endpoints[0])}`)
  expect(json).toMatchObject({
    eventId: events[1],
    endpointId: endpoints[0],
    type: 'message.received',
    state: 'retrying',
    statusCode: 500,
    attempts: [
      {
        attempt: 1,
        outcome: 'retrying',
        statusCode: 500,
        durationMs: 15,
        retryInMs: 5000,
        response: 'oops',
        error: 'answered 500',
      },
    ],
  })
  expect((await api.call('GET', '/v1/deliveries/nothing')).json).toMatchObject({
    type: 'urn:zaplog:problem:delivery-not-found',
    status: 404,
  })
})

test.each(['state=lost', 'cursor=nonsense', 'limit=0', 'endpoint=x'])('[I3] the list refuses %s', async query => {
  expect((await api.call('GET', `/v1/deliveries?${query}`)).status).toBe(422)
})
