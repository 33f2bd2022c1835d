// Text that Postgres cannot hold is the caller's mistake wherever it comes in: named where it is input, not found where it is an id.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { collectLogLines } from '../log-lines.ts'
import { openTestApi, type TestApi } from './open-test-api.ts'

const logger = collectLogLines()
let api: TestApi
beforeAll(async () => {
  api = await openTestApi('api-hostile-text', logger)
  await api.call('POST', '/v1/instances', { body: { id: 'shop', name: 'Shop' } })
})
afterAll(() => api.close())

test.each([
  ['GET', '/v1/instances/a%00b', 'id'],
  ['PATCH', '/v1/instances/a%00b', 'id'],
  ['DELETE', '/v1/instances/a%00b', 'id'],
  ['POST', '/v1/instances/a%00b/restart', 'id'],
  ['GET', '/v1/instances/a%00b/qr', 'id'],
  ['GET', '/v1/instances/a%00b/messages', 'id'],
  ['GET', '/v1/endpoints/a%00b', 'id'],
  ['PATCH', '/v1/endpoints/a%00b', 'id'],
  ['DELETE', '/v1/endpoints/a%00b', 'id'],
  ['GET', '/v1/deliveries/a%00b', 'id'],
  ['GET', '/v1/instances/shop/messages/a%00b', 'messageId'],
  ['GET', '/v1/instances/shop/messages?chatId=a%00b', 'chatId'],
  ['GET', '/v1/instances/shop/messages?q=a%00b', 'q'],
  ['GET', '/v1/instances/shop/media?kind=a%00b', 'kind'],
  ['GET', '/v1/instances/shop/media?status=a%00b', 'status'],
  ['GET', '/v1/instances/shop/media?reason=a%00b', 'reason'],
  ['GET', '/v1/events/a%00b/deliveries', 'eventId'],
  ['GET', '/v1/deliveries?endpointId=a%00b', 'endpointId'],
  ['GET', '/v1/deliveries?messageId=a%00b', 'messageId'],
])('[I3] %s %s names the parameter', async (method, path, parameter) => {
  const answer = await api.call(method, path, method === 'PATCH' ? { body: {} } : {})
  expect([answer.status, answer.json.errors]).toEqual([422, [{ parameter, expected: 'text without NUL', received: 'a\0b' }]])
})

test.each([
  ['POST', '/v1/instances', { name: 'a\0b' }, '/name'],
  ['PATCH', '/v1/instances/shop', { name: 'a\0b' }, '/name'],
  ['POST', '/v1/endpoints', { url: 'https://example.com/a\0b' }, '/url'],
  ['POST', '/v1/endpoints', { url: 'https://example.com/', instanceIds: ['a\0b'] }, '/instanceIds/0'],
])('[I3] %s %s refuses %j', async (method, path, body, pointer) => {
  const answer = await api.call(method, path, { body })
  expect([answer.status, answer.json.errors]).toEqual([
    422,
    [
      {
        pointer,
        expected: 'text without NUL',
        received: '"a\\u0000b"'.replace('a', pointer === '/url' ? 'https://example.com/a' : 'a'),
      },
    ],
  ])
})

test('[I3] a cursor holds nothing but what a page gave', async () => {
  const cursorOf = (...parts: readonly string[]) => Buffer.from(JSON.stringify(parts)).toString('base64url')
  const answer = await api.call('GET', `/v1/instances?cursor=${cursorOf('1', 'a\0b')}`)
  expect([answer.status, answer.json.errors]).toMatchObject([422, [{ parameter: 'cursor' }]])
  expect((await api.call('GET', `/v1/instances?cursor=${cursorOf('9'.repeat(18), 'shop')}`)).status).toBe(200)
})

test('[I3] nesting without end is refused, not followed', async () => {
  const deep = `{"settings":${'{"a":'.repeat(40_000)}1${'}'.repeat(40_000)}}`
  for (const path of ['/v1/instances/shop', '/v1/endpoints/ep_000000000000000000000000']) {
    const answer = await api.call('PATCH', path, { rawBody: deep })
    expect([answer.status, answer.json.errors]).toMatchObject([422, [{ pointer: '/settings', expected: 'at most 32 levels' }]])
  }
})
