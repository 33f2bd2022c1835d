// What is refused, and how: a problem (RFC 9457) that names the field, what was expected there, and what came.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestApi, type TestApi } from '../ground/api/open-test-api.ts'
import { collectLogLines } from '../ground/log-lines.ts'

const logger = collectLogLines()
let api: TestApi
beforeAll(async () => {
  api = await openTestApi('api-bad-input', logger)
  await api.call('POST', '/v1/instances', { body: { id: 'shop', name: 'Shop' } })
})
afterAll(() => api.close())

describe('keys', () => {
  test('[I1] nothing under /v1 answers without a key, known path or not', async () => {
    for (const path of ['/v1/instances', '/v1/instances/shop/qr', '/v1/stats', '/v1/nothing', '/openapi.json', '/nothing']) {
      const answer = await api.call('GET', path, { key: null })
      expect([path, answer.status]).toEqual([path, 401])
      expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="zaplog"')
      expect(answer.headers.get('content-type')).toBe('application/problem+json')
      expect(answer.json).toMatchObject({ type: 'urn:zaplog:problem:unauthorized', status: 401, title: expect.any(String) })
    }
  })

  test('[I1] health is open', async () => {
    expect((await api.call('GET', '/health/live', { key: null })).status).toBe(200)
    expect((await api.call('GET', '/health/ready', { key: null })).status).toBe(200)
  })

  test('[I1] the key is taken as bearer token and as apikey', async () => {
    expect((await api.call('GET', '/v1/version')).status).toBe(200)
    expect((await api.call('GET', '/v1/version', { key: null, headers: { apikey: 'admin-key-of-the-tests' } })).status).toBe(200)
    expect((await api.call('GET', '/v1/version', { key: null, headers: { authorization: 'Basic YTpi' } })).status).toBe(401)
  })

  test('[I1] one client with an old key does not shut out those behind the same address', async () => {
    for (let tries = 0; tries < 12; tries++) await api.call('GET', '/v1/version', { key: 'old' })
    const refused = await api.call('GET', '/v1/version', { key: 'old' })
    expect(refused.status).toBe(429)
    expect(refused.headers.get('retry-after')).toBe('1')
    expect(refused.json).toMatchObject({ type: 'urn:zaplog:problem:too-many-failures', status: 429 })
    expect((await api.call('GET', '/v1/version')).status).toBe(200)
  })
})

describe('bodies', () => {
  const post = (rawBody: string, headers: Record<string, string> = {}) => api.call('POST', '/v1/instances', { rawBody, headers })

  test.each(['{"name":', '{name: "x"}', '{"name":"x"}}', '{"name":"x","__proto__":{"admin":true}}'])(
    '[I3] %s cannot be read: 400',
    async text => {
      const answer = await post(text)
      expect(answer.status).toBe(400)
      expect(answer.json).toMatchObject({ type: 'urn:zaplog:problem:malformed-request', status: 400 })
    },
  )

  test.each([
    ['{"name":"x","settings":{"__proto__":{"admin":true}}}', '/settings/__proto__'],
    ['{"from":{"constructor":{"prototype":1}},"name":"x"}', '/from/constructor'],
  ])(
    '[I3] a name that JavaScript takes for something else is named, and not called JSON that cannot be read: %s',
    async (text, pointer) => {
      const answer = await post(text)
      expect(answer.json).toMatchObject({ type: 'urn:zaplog:problem:malformed-request', status: 400, errors: [{ pointer }] })
      expect(answer.json.detail).toBe(
        `reading the request: ${pointer}: expected a name other than __proto__ and constructor with a prototype`,
      )
    },
  )

  test.each(['', 'null', '[]', '"text"', '17'])('[I3] %j is not an object: 422', async text => {
    const answer = await post(text)
    expect(answer.status).toBe(422)
    expect(answer.json.errors).toMatchObject([{ pointer: '', expected: 'an object' }])
  })

  test('[I3] unknown fields are named, wherever they are, and nothing is created', async () => {
    const answer = await post('{"id":"unmade","name":"x","colour":"red","settings":{"ignoreGroup":true,"a/b~c":1}}')
    expect(answer.status).toBe(422)
    expect(answer.json).toEqual({
      type: 'urn:zaplog:problem:invalid-input',
      title: 'The input is not valid',
      status: 422,
      detail:
        'reading the body: /settings/ignoreGroup: expected nothing: there is no such field, got true; ' +
        '/settings/a~1b~0c: expected nothing: there is no such field, got 1; ' +
        '/colour: expected nothing: there is no such field, got "red"',
      errors: [
        { pointer: '/settings/ignoreGroup', expected: 'nothing: there is no such field', received: 'true' },
        { pointer: '/settings/a~1b~0c', expected: 'nothing: there is no such field', received: '1' },
        { pointer: '/colour', expected: 'nothing: there is no such field', received: '"red"' },
      ],
    })
    expect((await api.call('GET', '/v1/instances/unmade')).status).toBe(404)
  })

  test('[I3] each wrong field says what was expected and what came', async () => {
    const answer = await post('{"id":"Shop One","name":5,"settings":{"historySync":"yes"}}')
    expect(answer.json.errors).toEqual([
      { pointer: '/id', expected: 'up to 63 of a-z, 0-9, _ and -, beginning with a letter or digit', received: '"Shop One"' },
      { pointer: '/name', expected: 'text', received: '5' },
      { pointer: '/settings/historySync', expected: 'true or false', received: '"yes"' },
    ])
    expect((await post('{}')).json.errors).toEqual([{ pointer: '/name', expected: 'text', received: 'nothing' }])
    expect((await post(`{"name":"${'x'.repeat(300)}"}`)).json.errors).toEqual([
      { pointer: '/name', expected: 'at most 200 characters', received: `"${'x'.repeat(199)}…` },
    ])
  })

  test('[I3] the detail alone is a whole answer, however much is wrong', async () => {
    expect((await post('{"name":5}')).json.detail).toBe('reading the body: /name: expected text, got 5')
    expect((await post('[]')).json.detail).toBe('reading the body: expected an object, got []')
    expect((await api.call('GET', '/v1/instances?limit=0')).json.detail).toBe(
      'reading the parameters: limit: expected at least 1, got 0',
    )
    const many = await post('{"name":"x","a":1,"b":2,"c":3,"d":4,"e":5}')
    expect(many.json.detail).toMatch(/^reading the body: \/a: .*; \/b: .*; \/c: [^;]*; and 2 more$/)
    expect(many.json.errors).toHaveLength(5)
  })

  test('[I3] settings are validated after merging, and then nothing changes', async () => {
    const answer = await api.call('PATCH', '/v1/instances/shop', { body: { name: 'Other', settings: { markOnline: 'always' } } })
    expect(answer.status).toBe(422)
    expect(answer.json.errors).toEqual([{ pointer: '/settings/markOnline', expected: 'true or false', received: '"always"' }])
    expect((await api.call('GET', '/v1/instances/shop')).json).toMatchObject({ name: 'Shop', settings: {} })
  })

  test('[I3] a body above the limit is 413, announced or not', async () => {
    expect((await post(`{"name":"${'x'.repeat(600_000)}"}`)).json).toMatchObject({
      type: 'urn:zaplog:problem:body-too-large',
      status: 413,
    })
  })

  test('[I3] a body that is not JSON is 415', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/xml', 'multipart/form-data; boundary=x'])
      expect((await post('name=x', { 'content-type': type })).json).toMatchObject({
        type: 'urn:zaplog:problem:unsupported-media-type',
        status: 415,
      })
  })

  test('[I3] a field in a body that takes none is refused', async () => {
    const answer = await api.call('POST', '/v1/instances/shop/restart', { body: { now: true } })
    expect(answer.json.errors).toEqual([{ pointer: '/now', expected: 'nothing: there is no such field', received: 'true' }])
  })
})

describe('parameters', () => {
  test.each([
    ['limit=0', 'limit', 'at least 1', '0'],
    ['limit=201', 'limit', 'at most 200', '201'],
    ['limit=ten', 'limit', 'a number', 'ten'],
    ['limit=1.5', 'limit', 'a whole number', '1.5'],
    ['cursor=nonsense', 'cursor', 'nextCursor of an earlier page of this list', 'nonsense'],
    ['cursor=WyJ4IiwieSJd', 'cursor', 'nextCursor of an earlier page of this list', 'WyJ4IiwieSJd'],
    ['after=yesterday', 'after', 'an instant such as 2026-01-31T12:00:00.000Z', 'yesterday'],
    ['before=2026-01-31', 'before', 'an instant such as 2026-01-31T12:00:00.000Z', '2026-01-31'],
    ['colour=red', 'colour', 'nothing: there is no such field', 'red'],
  ])('[I3] a list refuses %s', async (query, parameter, expected, received) => {
    const answer = await api.call('GET', `/v1/instances?${query}`)
    expect(answer.status).toBe(422)
    expect(answer.json.errors).toEqual([{ parameter, expected, received }])
  })

  test.each(['wait=0', 'wait=61', 'wait=soon', 'format=gif'])('[I3] the QR code refuses %s', async query => {
    expect((await api.call('GET', `/v1/instances/shop/qr?${query}`)).status).toBe(422)
  })
})

describe('what is not there', () => {
  test('[A1] an unknown instance is 404 for every call on it', async () => {
    const calls: [string, string, unknown?][] = [
      ['GET', '/v1/instances/nobody'],
      ['PATCH', '/v1/instances/nobody', { name: 'x' }],
      ['DELETE', '/v1/instances/nobody'],
      ['POST', '/v1/instances/nobody/restart'],
      ['POST', '/v1/instances/nobody/logout'],
      ['GET', '/v1/instances/nobody/qr'],
      ['GET', "/v1/instances/'%20or%201=1"],
    ]
    for (const [method, path, body] of calls) {
      const answer = await api.call(method, path, { body })
      expect([path, answer.status, answer.json.type]).toEqual([path, 404, 'urn:zaplog:problem:instance-not-found'])
    }
  })

  test('[L] an unknown path is 404, and one that cannot be decoded is 400', async () => {
    expect((await api.call('GET', '/v1/nothing')).json).toMatchObject({
      type: 'urn:zaplog:problem:not-found',
      detail: 'there is no GET /v1/nothing',
    })
    expect((await api.call('GET', '/v1/instances/%E0%A4%A')).json).toMatchObject({
      type: 'urn:zaplog:problem:malformed-request',
      status: 400,
    })
  })
})
