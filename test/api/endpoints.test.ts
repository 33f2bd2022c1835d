// Endpoints over HTTP: the secret once, every wrong field by name, changes merged, what is deleted gone.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestApi, type TestApi } from '../ground/api/open-test-api.ts'
import { collectLogLines } from '../ground/log-lines.ts'

const logger = collectLogLines()
let api: TestApi
beforeAll(async () => {
  api = await openTestApi('api-endpoints', logger)
})
afterAll(() => api.close())

const url = 'https://hooks.example.com/zaplog'
const create = (body: object) => api.call('POST', '/v1/endpoints', { body: { url, ...body } })

test('[E1] a new endpoint is answered whole, and its secret is shown this once', async () => {
  const created = await create({ eventTypes: ['message.*'], headers: { 'x-team': 'blue' }, holdMedia: 0 })
  expect(created.status).toBe(201)
  const { secret, ...endpoint } = created.json
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
  expect(endpoint).toMatchObject({
    role: 'events',
    url,
    eventTypes: ['message.*'],
    order: 'chat',
    format: 'zaplog',
    headerNames: ['x-team'],
    holdMedia: 0,
    mediaHoldsChat: true,
    mediaUrls: 'link',
    onMediaFailed: 'send',
    enabled: true,
  })
  expect(created.headers.get('location')).toBe(`/v1/endpoints/${endpoint.id}`)
  expect((await api.call('GET', `/v1/endpoints/${endpoint.id}`)).json).toEqual(endpoint)
})

test('[E1] instances that an endpoint names and nobody has are said, until they are there', async () => {
  await api.call('POST', '/v1/instances', { body: { id: 'shop', name: 'Shop' } })
  const { json } = await create({ instanceIds: ['shop', 'shpo', 'later'] })
  expect(json.unknownInstanceIds).toEqual(['shpo', 'later'])
  await api.call('POST', '/v1/instances', { body: { id: 'later', name: 'Later' } })
  const read = async () => (await api.call('GET', `/v1/endpoints/${json.id}`)).json
  expect((await read()).unknownInstanceIds).toEqual(['shpo'])
  const patched = await api.call('PATCH', `/v1/endpoints/${json.id}`, { body: { instanceIds: ['shop', 'later'] } })
  expect(patched.json).not.toHaveProperty('unknownInstanceIds')
  await api.call('DELETE', '/v1/instances/later')
  expect((await read()).unknownInstanceIds).toEqual(['later'])
})

test('[E1] an @ in the path of a URL is answered as it was set', async () => {
  const path = 'https://hooks.example.com/@shop/a@b'
  const { json } = await create({ url: `${path}?token=a@b` })
  expect(json.url).toBe(`${path}?…`)
  const patched = await api.call('PATCH', `/v1/endpoints/${json.id}`, { body: { url: path } })
  expect(patched.json.url).toBe(path)
})

test('[E1] the list is newest first, and its pages hold each endpoint once', async () => {
  const ids: unknown[] = []
  for (let made = 0; made < 3; made++) ids.push((await create({})).json.id)
  const first = await api.call('GET', '/v1/endpoints?limit=2')
  const second = await api.call('GET', `/v1/endpoints?limit=2&cursor=${first.json.nextCursor}`)
  const listed = [...(first.json.data as { id: string }[]), ...(second.json.data as { id: string }[])].map(one => one.id)
  expect(listed.slice(0, 3)).toEqual(ids.reverse())
  expect(new Set(listed).size).toBe(4)
})

test('[E1] a change is merged, and null takes a field back', async () => {
  const { json } = await create({ eventTypes: ['message.received'], headers: { 'x-team': 'blue' } })
  const patched = await api.call('PATCH', `/v1/endpoints/${json.id}`, {
    body: { eventTypes: null, headers: { 'x-env': 'test' }, enabled: false },
  })
  expect(patched.status).toBe(200)
  expect(patched.json).toMatchObject({ headerNames: ['x-env', 'x-team'], enabled: false })
  expect(patched.json).not.toHaveProperty('headers')
  expect(patched.json).not.toHaveProperty('eventTypes')
  expect(patched.json).not.toHaveProperty('secret')
})

test('[E1] a deleted endpoint is gone for every call', async () => {
  const { json } = await create({})
  expect((await api.call('DELETE', `/v1/endpoints/${json.id}`)).status).toBe(204)
  for (const [method, body] of [['GET'], ['PATCH', { enabled: true }], ['DELETE']] as const)
    expect((await api.call(method, `/v1/endpoints/${json.id}`, { body })).json).toMatchObject({
      type: 'urn:zaplog:problem:endpoint-not-found',
    })
})

describe('refusals', () => {
  test.each([
    ['http://hooks.example.com/x', 'https'],
    ['ftp://hooks.example.com/x', 'https'],
    ['not a url', 'a URL such as'],
    ['https://user:pass@hooks.example.com/x', 'no user name or password'],
    ['https://127.0.0.1/x', 'a public address'],
    ['https://localhost/x', 'a public address'],
    ['https://10.1.2.3/x', 'a public address'],
    ['https://169.254.169.254/latest/meta-data', 'a public address'],
    ['https://[::1]/x', 'a public address'],
    ['https://0x7f000001/x', 'a public address'],
  ])('[E9] %s is refused when it is set and when it is changed', async (bad, expected) => {
    const created = await create({ url: bad })
    expect(created.status).toBe(422)
    expect(created.json.errors).toMatchObject([{ pointer: '/url', expected: expect.stringContaining(expected) }])
    const { json } = await create({})
    const patched = await api.call('PATCH', `/v1/endpoints/${json.id}`, { body: { url: bad } })
    expect(patched.status).toBe(422)
    expect(patched.json.errors).toEqual(created.json.errors)
    expect((await api.call('GET', `/v1/endpoints/${json.id}`)).json.url).toBe(url)
  })

  test('[I3] a change is refused in the words in which the whole would be', async () => {
    const { json } = await create({})
    for (const wrong of [
      { enabled: 'yes' },
      { holdMedia: 901 },
      { instanceIds: [] },
      { colour: 'red' },
      { headers: { host: 'hunter2' } },
    ]) {
      const created = await create(wrong)
      const patched = await api.call('PATCH', `/v1/endpoints/${json.id}`, { body: wrong })
      expect([patched.status, patched.json]).toEqual([422, created.json])
    }
  })

  test('[I2] no answer repeats the value of a header or the query of a URL, taken or refused', async () => {
    const secret = { url: `${url}?token=hunter2`, headers: { 'x-key': 'hunter2' } }
    const created = await create(secret)
    const at = `/v1/endpoints/${created.json.id}`
    const answers = [
      created,
      await api.call('GET', at),
      await api.call('GET', '/v1/endpoints'),
      await api.call('PATCH', at, { body: { ...secret, holdMedia: 1 } }),
      await api.call('PATCH', at, { body: { ...secret, order: 'none' } }),
      await api.call('PATCH', at, { body: { url: `https://10.0.0.1/?token=hunter2` } }),
      await api.call('PATCH', at, { body: { url: `${url}?token=hunter2${'x'.repeat(3000)}` } }),
      await create({ url: 'not a url?token=hunter2' }),
    ]
    expect(answers.map(answer => answer.status)).toEqual([201, 200, 200, 200, 422, 422, 422, 422])
    for (const { text } of answers) expect(text).not.toContain('hunter2')
  })

  test('[I2] a password in a refused URL is not repeated, however the URL is spelled', async () => {
    for (const bad of ['https://user:hunter2@example.com/', 'https:/user:hunter2@example.com/', 'https://a:b@hunter2@10.0.0.1/'])
      expect((await create({ url: bad })).text).not.toContain('hunter2')
  })

  test('[E1] an unknown event type is refused with the list of those that there are', async () => {
    const { status, json } = await create({ eventTypes: ['message.received', 'message.exploded'] })
    expect(status).toBe(422)
    expect(json.errors).toMatchObject([
      { pointer: '/eventTypes/1', expected: expect.stringMatching(/message\.received.*instance\.created/) },
    ])
  })

  test('[I3] unknown fields and values that this version does not support are named', async () => {
    const { json } = await create({ order: 'none', colour: 'red', holdMedia: 901 })
    expect(json.errors).toMatchObject([
      { pointer: '/order', expected: expect.stringContaining('chat'), received: '"none"' },
      { pointer: '/holdMedia', expected: 'seconds from 0 to 900 or until-settled', received: '901' },
      { pointer: '/colour', expected: 'nothing: there is no such field' },
    ])
  })

  test('[I2] the value of a refused header is not repeated: it may be a credential', async () => {
    const { status, text } = await create({ headers: { 'webhook-id': 'hunter2' } })
    expect(status).toBe(422)
    expect(text).not.toContain('hunter2')
  })

  test('[I3] [E1] of two headers that differ by case one would be lost: both are named', async () => {
    const wrong = { headers: { 'X-Team': 'hunter2', 'x-team': 'hunter3' } }
    const { status, json, text } = await create(wrong)
    expect([status, json.errors]).toEqual([
      422,
      [
        {
          pointer: '/headers/x-team',
          expected: 'another name than X-Team: headers do not differ by case',
          received: 'something else (not repeated here)',
        },
      ],
    ])
    expect(text).not.toContain('hunter')
    const endpoint = (await create({ headers: { 'X-Team': 'blue' } })).json
    const patched = await api.call('PATCH', `/v1/endpoints/${endpoint.id}`, { body: { headers: { 'x-team': 'red' } } })
    expect([patched.status, patched.json.errors]).toMatchObject([422, [{ pointer: '/headers/x-team' }]])
  })

  test('[I3] an endpoint of 0.1.0 that has both can be changed, and keeps the one that was sent', async () => {
    const { id } = (await create({ headers: { 'x-team': 'red' } })).json
    const both = Buffer.from(JSON.stringify({ 'X-Team': 'blue', 'x-env': 'test', 'x-team': 'red' }))
    await api.database.query('update webhook_endpoint_versions set headers_sealed = $2 where endpoint_id = $1', [
      id,
      api.sealer.seal(both, `webhook_endpoint_versions|${id}`),
    ])
    const { status, json } = await api.call('PATCH', `/v1/endpoints/${id}`, { body: { enabled: false } })
    expect([status, json.headerNames, json.enabled]).toEqual([200, ['x-env', 'x-team'], false])
  })

  test('[I3] a wrong cursor is refused', async () => {
    expect((await api.call('GET', '/v1/endpoints?cursor=ep_1')).status).toBe(422)
  })
})
