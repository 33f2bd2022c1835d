// Text that Postgres cannot hold is the caller's mistake wherever it comes in: named where it is input, not found where it is an id.
import { connect } from 'node:net'
import { text as textOf } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { adminKey, openTestApi, type TestApi } from '../ground/api/open-test-api.ts'
import { collectLogLines } from '../ground/log-lines.ts'

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
  ['GET', '/v1/events/a%00b', 'eventId'],
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

const halves = 'text without halves of surrogate pairs'

test.each([
  ['POST', '/v1/instances', '{"id":"half","name":"a\\ud800b"}', '/name', halves, '"a\\ud800b"'],
  ['POST', '/v1/instances', '{"id":"half","name":"a\\udc00"}', '/name', halves, '"a\\udc00"'],
  ['PATCH', '/v1/instances/shop', '{"settings":{"a\\ud800":true}}', '/settings/a\ud800', `${halves} as its name`, 'true'],
  ['PATCH', '/v1/instances/shop', '{"settings":{"a\\u0000":true}}', '/settings/a\0', 'text without NUL as its name', 'true'],
  ['POST', '/v1/endpoints', '{"url":"https://example.com/\\ud800"}', '/url', halves, '"https://example.com/\\ud800"'],
  ['PATCH', '/v1/endpoints/ep_000000000000000000000000', '{"url":"\\udfff"}', '/url', halves, '"\\udfff"'],
])('[I3] %s %s refuses the half of a surrogate pair in %s', async (method, path, rawBody, pointer, expected, received) => {
  const answer = await api.call(method, path, { rawBody })
  expect([answer.status, answer.json.errors]).toEqual([422, [{ pointer: pointer.toWellFormed(), expected, received }]])
  expect((await api.call('GET', '/v1/instances/half')).status).toBe(404)
})

test.each([
  ['a byte of Latin-1', [0xe9]],
  ['half a character', [0xe2, 0x82]],
  ['an overlong NUL', [0xc0, 0x80]],
  ['an encoded surrogate', [0xed, 0xa0, 0x80]],
])('[I3] a body that is no UTF-8, %s, is 400, and nothing of it is stored', async (_, bytes) => {
  const rawBody = Buffer.concat([Buffer.from('{"id":"latin","name":"a'), Buffer.from(bytes), Buffer.from('"}')])
  const answer = await api.call('POST', '/v1/instances', { rawBody })
  expect([answer.status, answer.json.detail]).toEqual([400, 'reading the request: the body is not UTF-8'])
  expect((await api.call('GET', '/v1/instances/latin')).status).toBe(404)
})

test('[I3] text of every language is stored as it came, also with a replacement character of its own', async () => {
  const name = 'Pão 🍰 \u0641 \ufffd'
  expect((await api.call('POST', '/v1/instances', { body: { id: 'tongues', name } })).status).toBe(201)
  expect((await api.call('GET', '/v1/instances/tongues')).json.name).toBe(name)
})

test.each([
  ['/v1/instances/shop/messages?q=%FF', 'q', '%FF'],
  ['/v1/instances/shop/messages?limit=5&q=a%E2%82', 'q', 'a%E2%82'],
  ['/v1/instances/shop/messages?q=%ED%A0%80', 'q', '%ED%A0%80'],
  ['/v1/instances/shop/messages?%71=%zz', 'q', '%zz'],
  ['/v1/deliveries?messageId=%C0%80', 'messageId', '%C0%80'],
])('[I3] GET %s names the parameter that is no UTF-8', async (path, parameter, received) => {
  const answer = await api.call('GET', path)
  expect([answer.status, answer.json.errors]).toEqual([422, [{ parameter, expected: 'percent-encoded UTF-8', received }]])
})

test.each(['GET /v1/instances/shop/messages?q=a\u00e3o', 'GET /v1/instances/a\u00e3o'])(
  '[I3] bytes of %s that are not encoded are 400, not taken for other characters',
  async line => {
    const { hostname, port } = new URL(api.url)
    const socket = connect({ host: hostname, port: Number(port) })
    onTestFinished(() => void socket.destroy())
    socket.write(`${line} HTTP/1.1\r\nhost: x\r\napikey: ${adminKey}\r\nconnection: close\r\n\r\n`)
    const text = await textOf(socket)
    expect(text).toMatch(/^HTTP\/1\.1 400 [\s\S]*malformed-request/)
  },
)

test('[I3] [C7] what others add to a link may be anything', async () => {
  expect((await api.call('GET', '/m/0?sig=x&utm=%FF')).json.type).toBe('urn:zaplog:problem:link-invalid')
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
