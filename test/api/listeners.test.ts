// Listeners over HTTP: opened with a secret that is shown once, asked in a long poll, answered one by one, closed with a count; never among
// the endpoints, and bounded.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { layInMailbox } from '../../src/webhooks/endpoints/mailbox.ts'
import { openTestApi, type TestApi } from '../ground/api/open-test-api.ts'
import { collectLogLines } from '../ground/log-lines.ts'

const logger = collectLogLines()
let api: TestApi
beforeAll(async () => {
  api = await openTestApi('api-listeners', logger)
})
afterAll(() => api.close())
afterEach(async () => {
  const { json } = await api.call('GET', '/v1/listeners')
  for (const { id } of json.data as { id: string }[]) await api.call('DELETE', `/v1/listeners/${id}`)
})

const never = new AbortController().signal
const open = async (body: object = {}) => {
  const answer = await api.call('POST', '/v1/listeners', { body })
  expect(answer.status, answer.text).toBe(201)
  return { ...answer.json, id: String(answer.json.id), location: answer.headers.get('location') } as Record<string, unknown> & {
    id: string
  }
}
const lay = (endpointId: string, deliveryId: string, attempt = 1) =>
  layInMailbox(
    api.database,
    { deliveryId, endpointId, instanceId: 'shop', attempt, headers: { 'webhook-id': deliveryId }, body: '{}', timeoutMs: 60_000 },
    never,
  )

test('[E1] a listener is answered whole, with a secret that is shown this once, and is no endpoint', async () => {
  const { secret, location, ...listener } = await open({ name: 'ana@laptop', eventTypes: ['message.*'], instanceIds: ['shop'] })
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
  expect(listener).toMatchObject({ name: 'ana@laptop', eventTypes: ['message.*'], instanceIds: ['shop'], waiting: 0 })
  expect(location).toBe(`/v1/listeners/${listener.id}`)
  expect((await api.call('GET', `/v1/listeners/${listener.id}`)).json).toEqual(listener)
  expect((await api.call('GET', '/v1/listeners')).json).toEqual({ data: [listener], nextCursor: null })
  expect((await api.call('GET', '/v1/endpoints')).json.data).toEqual([])
  expect((await api.call('GET', '/v1/stats')).json.endpoints).toEqual({ total: 0, enabled: 0 })
  for (const [method, body] of [['GET'], ['PATCH', { enabled: false }], ['DELETE']] as const) {
    const answer = await api.call(method, `/v1/endpoints/${listener.id}`, body === undefined ? {} : { body })
    expect([method, answer.status]).toEqual([method, 404])
  }
})

test('[E1] a poll waits for what is laid in, by whichever process, and names nothing twice to who says how far it has read', async () => {
  const { id } = await open()
  const waiting = api.call('GET', `/v1/listeners/${id}/deliveries?wait=30`)
  await lay(id, 'one')
  const { json } = await waiting
  expect(json).toMatchObject({
    data: [{ id: 'one', place: 1, attempt: 1, headers: { 'webhook-id': 'one' }, body: '{}' }],
    disabledReason: null,
  })
  // The answer was lost: it is asked for again.
  expect((await api.call('GET', `/v1/listeners/${id}/deliveries?after=0`)).json.data).toHaveLength(1)
  expect((await api.call('GET', `/v1/listeners/${id}/deliveries?after=1`)).json.data).toEqual([])
  await lay(id, 'two')
  expect((await api.call('GET', `/v1/listeners/${id}/deliveries?after=1`)).json.data).toMatchObject([{ id: 'two', place: 2 }])
})

test('[E1] an answer counts once, for its attempt alone, and may be repeated', async () => {
  const { id } = await open()
  await lay(id, 'one', 2)
  const answer = (body: object, delivery = 'one') => api.call('POST', `/v1/listeners/${id}/deliveries/${delivery}`, { body })
  expect((await answer({ attempt: 1, statusCode: 200 })).status).toBe(404)
  expect((await answer({ attempt: 2, statusCode: 500 })).status).toBe(204)
  expect((await answer({ attempt: 2, statusCode: 200 })).status).toBe(204)
  expect(await api.database.query('select answer from webhook_mailbox')).toEqual([{ answer: { statusCode: 500 } }])
  expect((await answer({ attempt: 1, statusCode: 200 }, 'unknown')).json.type).toBe('urn:zaplog:problem:delivery-not-found')
  for (const wrong of [
    {},
    { attempt: 2 },
    { attempt: 2, statusCode: 200, error: 'x' },
    { attempt: 2, statusCode: 99 },
    { attempt: 2, statusCode: 1000 },
    { attempt: 2_147_483_648, statusCode: 200 },
    { attempt: 0, statusCode: 200 },
  ])
    expect([wrong, (await answer(wrong)).status]).toEqual([wrong, 422])
})

test('[E1] a listener of another does not get or answer what is not its own', async () => {
  const [mine, other] = [await open(), await open()]
  await lay(mine.id, 'one')
  expect((await api.call('GET', `/v1/listeners/${other.id}/deliveries`)).json.data).toEqual([])
  const answer = await api.call('POST', `/v1/listeners/${other.id}/deliveries/one`, { body: { attempt: 1, statusCode: 200 } })
  expect(answer.status).toBe(404)
})

test('[E1] a listener that was closed is unknown to every call, also to a poll that waits', async () => {
  const { id } = await open()
  const waiting = api.call('GET', `/v1/listeners/${id}/deliveries?wait=30`)
  const closed = await api.call('DELETE', `/v1/listeners/${id}`)
  expect([closed.status, closed.json]).toEqual([200, { dropped: 0 }])
  expect((await waiting).json.type).toBe('urn:zaplog:problem:listener-not-found')
  expect((await api.call('DELETE', `/v1/listeners/${id}`)).status).toBe(404)
  expect((await api.call('GET', `/v1/listeners/${id}`)).status).toBe(404)
  const answer = await api.call('POST', `/v1/listeners/${id}/deliveries/one`, { body: { attempt: 1, statusCode: 200 } })
  expect(answer.json.type).toBe('urn:zaplog:problem:listener-not-found')
})

test('[H2] at most twenty are open at once, those that are silent not counted; nothing is opened without a key', async () => {
  const opened = await Promise.all(Array.from({ length: 20 }, () => open()))
  expect(opened).toHaveLength(20)
  const refused = await api.call('POST', '/v1/listeners', { body: {} })
  expect([refused.status, refused.json.type]).toEqual([409, 'urn:zaplog:problem:too-many-listeners'])
  await api.database.query(`update webhook_listeners set seen_at = now() - interval '61 seconds' where endpoint_id = $1`, [
    opened[0]?.id,
  ])
  await open()
  expect((await api.call('POST', '/v1/listeners', { body: {}, key: null })).status).toBe(401)
})

test('[K2] what is typed wrong is named with what is expected', async () => {
  const wrong = async (body: object) => (await api.call('POST', '/v1/listeners', { body })).json
  expect(await wrong({ eventTypes: ['message.recieved'] })).toMatchObject({
    status: 422,
    errors: [{ pointer: '/eventTypes/0', received: '"message.recieved"' }],
  })
  expect(await wrong({ url: 'http://127.0.0.1' })).toMatchObject({ status: 422 })
  expect(await wrong({ name: '' })).toMatchObject({ status: 422 })
  expect(await wrong({ eventTypes: Array(201).fill('*') })).toMatchObject({
    status: 422,
    errors: [{ expected: 'at most 200 entries' }],
  })
  const many = await wrong({ eventTypes: Array(200).fill('') })
  expect(many).toMatchObject({ errors: { length: 50 }, detail: expect.stringMatching(/and 197 more$/) })
  expect((await api.call('GET', '/v1/listeners/x/deliveries?wait=31')).status).toBe(422)
  expect((await api.call('GET', '/v1/listeners/x/deliveries')).status).toBe(404)
})

test('[E5] a status that HTTP does not have, which a receiver can answer all the same, is taken', async () => {
  const { id } = await open()
  await lay(id, 'odd')
  const body = { attempt: 1, statusCode: 999 }
  expect((await api.call('POST', `/v1/listeners/${id}/deliveries/odd`, { body })).status).toBe(204)
})
