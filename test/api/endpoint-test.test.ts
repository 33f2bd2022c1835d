// A test delivery: posted now, signed like any other, beside every lane, and answered as it went.
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestApi, type TestApi } from '../ground/api/open-test-api.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { type Answer, openReceiver } from '../ground/receiver.ts'

const logger = collectLogLines()
let api: TestApi
beforeAll(async () => {
  api = await openTestApi('api-endpoint-test', logger, { webhooks: { allowLoopback: true, attemptTimeoutMs: 500 } })
})
afterAll(() => api.close())

async function open(answer: Answer, given: object = {}) {
  const receiver = await openReceiver({ respond: () => answer })
  const { json } = await api.call('POST', '/v1/endpoints', { body: { url: receiver.url, ...given } })
  return { receiver, id: String(json.id), secret: String(json.secret) }
}
const tryOut = (id: string) => api.call('POST', `/v1/endpoints/${id}/test`)

test('[E1] [E4] a receiver gets it signed with the endpoint’s secret and headers, and what it answers is answered', async () => {
  const { receiver, id, secret } = await open(
    { status: 204 },
    { headers: { 'X-Team': 'blue-team' }, eventTypes: ['contact.updated'] },
  )
  const { status, json } = await tryOut(id)
  expect([status, json]).toEqual([
    200,
    {
      deliveryId: expect.stringMatching(new RegExp(`^[0-9a-f]{32}_${id}$`)),
      delivered: true,
      statusCode: 204,
      error: null,
      response: '',
      durationMs: expect.any(Number),
    },
  ])
  const [attempt] = receiver.attempts
  expect(attempt).toMatchObject({
    webhookId: json.deliveryId,
    attempt: 1,
    body: { type: 'endpoint.tested', data: { endpointId: id } },
  })
  expect(attempt?.headers['x-team']).toBe('blue-team')
  const headers = Object.fromEntries(Object.entries(attempt?.headers ?? {}).map(([name, value]) => [name, String(value)]))
  // The test's clock stands still, years before the library's.
  const at = new Date(api.clock.nowAt)
  expect(new Webhook(secret).sign(String(json.deliveryId), at, attempt?.text ?? '')).toBe(headers['webhook-signature'])
  await receiver.close()
})

test('[E1] a refusal, an answer that does not come, and nobody there are told as they are, without the endpoint’s secrets', async () => {
  const refusing = await open({ status: 500, body: 'token blue-token is wrong' }, { headers: { authorization: 'blue-token' } })
  expect((await tryOut(refusing.id)).json).toMatchObject({ delivered: false, statusCode: 500, response: 'token *** is wrong' })
  const stalled = await open({ stall: true })
  expect((await tryOut(stalled.id)).json).toMatchObject({
    delivered: false,
    statusCode: null,
    error: expect.stringContaining('deadline'),
  })
  await stalled.receiver.close()
  expect((await tryOut(stalled.id)).json).toMatchObject({
    delivered: false,
    error: expect.stringContaining('connection refused'),
  })
  await refusing.receiver.close()
})

test('[E9] the guard of every other POST is asked', async () => {
  const guarded = await openTestApi('api-endpoint-test-guarded', logger)
  const { receiver, id } = await open({})
  const [version] = await api.database.query<{ url: Buffer }>(
    'select url_sealed as url from webhook_endpoint_versions where endpoint_id = $1',
    [id],
  )
  await guarded.database.query('insert into webhook_endpoints (endpoint_id, version, enabled) values ($1, 1, true)', [id])
  await guarded.database.query(
    `insert into webhook_endpoint_versions (endpoint_id, version, url_sealed, lane_order, format, headers_sealed, media_holds_chat)
     values ($1, 1, $2, 'chat', 'zaplog', $3, true)`,
    [id, version?.url, guarded.sealer.seal(Buffer.from('null'), `webhook_endpoint_versions|${id}`)],
  )
  const { json } = await guarded.call('POST', `/v1/endpoints/${id}/test`)
  expect(json).toMatchObject({ delivered: false, error: expect.stringContaining('refused to connect to 127.0.0.1') })
  expect(receiver.attempts).toEqual([])
  await receiver.close()
  await guarded.close()
})

test('[E1] a disabled endpoint can be tested, which changes nothing about it; one that is not there is 404', async () => {
  const { receiver, id } = await open({ status: 410 }, { enabled: false })
  const before = (await api.call('GET', `/v1/endpoints/${id}`)).json
  expect((await tryOut(id)).json).toMatchObject({ delivered: false, statusCode: 410 })
  expect((await api.call('GET', `/v1/endpoints/${id}`)).json).toEqual(before)
  expect((await api.call('GET', '/v1/deliveries')).json.data).toEqual([])
  await api.call('DELETE', `/v1/endpoints/${id}`)
  expect((await tryOut(id)).status).toBe(404)
  await receiver.close()
})

test('[E1] a loop of tests is slowed down, for its endpoint alone', async () => {
  const { receiver, id } = await open({})
  const statuses: number[] = []
  for (let tries = 0; tries < 7; tries++) statuses.push((await tryOut(id)).status)
  expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429])
  const refused = await tryOut(id)
  expect([refused.json.type, refused.headers.get('retry-after')]).toEqual(['urn:zaplog:problem:too-many-tests', '2'])
  expect(receiver.attempts).toHaveLength(5)
  const other = await open({})
  expect((await tryOut(other.id)).status).toBe(200)
  for (const one of [receiver, other.receiver]) await one.close()
})

test('[E1] endpoints on one host that are tested at one moment have a deadline of their own each', async () => {
  const receiver = await openReceiver({ respond: () => ({ status: 204, delayMs: 300 }) })
  const ids: string[] = []
  for (let nth = 0; nth < 4; nth++) {
    const { json } = await api.call('POST', '/v1/endpoints', { body: { url: `${receiver.url}/${nth}` } })
    ids.push(String(json.id))
  }
  const answers = await Promise.all(ids.map(tryOut))
  expect(answers.map(({ json }) => json.statusCode)).toEqual([204, 204, 204, 204])
  await receiver.close()
})

test('[E1] ids of no endpoint are 404 however often they are asked for, and spend nobody’s turns', async () => {
  const { receiver, id } = await open({ status: 204 })
  for (let nth = 0; nth < 5; nth++) expect((await tryOut(id)).status).toBe(200)
  for (let nth = 0; nth < 1_001; nth++) expect((await tryOut(`ep_${nth}`)).status).toBe(404)
  // One every 2 s comes back meanwhile, and not the whole burst.
  const answers = await Promise.all([1, 2, 3, 4, 5].map(() => tryOut(id)))
  expect(answers.map(({ status }) => status)).toContain(429)
  expect(answers.find(({ status }) => status === 429)?.json.detail).toMatch(/again in \d+ ms$/)
  await receiver.close()
})

test('[I1] what was asked for with a key is kept by no cache in between', async () => {
  for (const path of ['/v1/instances', '/v1/endpoints', '/v1/stats', '/v1/listeners'])
    expect((await api.call('GET', path)).headers.get('cache-control')).toBe('no-store')
})
