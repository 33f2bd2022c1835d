// Deletions and purges over HTTP: each says what goes and what stays; a purge is durable when it is answered, and can be followed.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestApi, type TestApi } from '../ground/api/open-test-api.ts'
import { collectLogLines } from '../ground/log-lines.ts'

const logger = collectLogLines()
let api: TestApi
beforeAll(async () => {
  api = await openTestApi('api-purges', logger)
})
afterAll(() => api.close())

type Part = { what: string; count: number | null; detail: string }
type Deletion = { purged: boolean; goes: Part[]; stays: Part[] }

async function createWithContacts(id: string, contacts: number) {
  await api.call('POST', '/v1/instances', { body: { id, name: 'Shop' } })
  await api.database.query(
    `insert into contacts (instance_id, contact_id, name_epoch, name_sequence, push_name_epoch, push_name_sequence, updated_at, epoch, sequence, changed_by_event)
     select $1, n::text, 0, 0, 0, 0, now(), 0, 0, 'x' from generate_series(1, $2::integer) n`,
    [id, contacts],
  )
}
const partsOf = (parts: readonly Part[]) => Object.fromEntries(parts.map(({ what, count }) => [what, count]))
const nothingCounted = { messages: 0, chats: 0, files: 0, deliveries: 0 }
const tombstones = async (id: string) => api.database.query('select step, done_at from purges where instance_id = $1', [id])

test('[A7] a deletion says what goes and what stays, in numbers', async () => {
  await createWithContacts('kept', 3)
  await api.call('POST', '/v1/endpoints', { body: { url: 'https://example.com/', instanceIds: ['kept'] } })
  const { status, json } = await api.call('DELETE', '/v1/instances/kept')
  expect(status).toBe(202)
  expect(json).toMatchObject({ id: 'kept', name: 'Shop' })
  const { purged, goes, stays } = json.deletion as Deletion
  expect(purged).toBe(false)
  expect(partsOf(goes)).toEqual({ 'auth state': null })
  expect(partsOf(stays)).toEqual({
    ...nothingCounted,
    contacts: 3,
    id: null,
    log: null,
    replays: null,
    webhooks: null,
    endpoints: 1,
  })
  for (const { what, detail } of [...goes, ...stays]) expect(detail, what).not.toBe('')
  expect(await tombstones('kept')).toEqual([])
})

test('[A7] a purge is on record when it is answered, says what goes, what stays and how far it is, and is one however often it is asked for', async () => {
  await createWithContacts('shop', 10_001)
  const before = await api.call('GET', '/v1/instances/shop/purge')
  expect(before.json).toMatchObject({ instanceId: 'shop', state: 'none', requestedAt: null, step: null, erased: [] })
  const { status, json } = await api.call('DELETE', '/v1/instances/shop?purge=true')
  expect(status).toBe(202)
  expect(json).toMatchObject({ id: 'shop', name: 'Shop' })
  const { purged, goes, stays } = json.deletion as Deletion
  expect(purged).toBe(true)
  expect(partsOf(goes)).toEqual({ ...nothingCounted, contacts: 10_000, 'auth state': null })
  expect(partsOf(stays)).toEqual({ id: null, log: null, replays: null, webhooks: null })
  expect(before.json.deletion).toEqual(json.deletion)
  expect(await tombstones('shop')).toEqual([{ step: 'account', done_at: null }])
  expect((await api.call('GET', '/v1/instances/shop')).status).toBe(404)
  expect((await api.call('DELETE', '/v1/instances/shop?purge=true')).status).toBe(202)
  expect((await api.call('GET', '/v1/instances/shop/purge')).json).toMatchObject({
    state: 'running',
    requestedAt: expect.stringMatching(/Z$/),
    doneAt: null,
    step: { name: 'account', number: 1, of: expect.any(Number) },
    waitsFor: null,
  })
})

test('[A7] an instance that was deleted before can be purged, one that is purged is gone, and neither id is given out again', async () => {
  await createWithContacts('old', 1)
  await api.call('DELETE', '/v1/instances/old')
  expect((await api.call('DELETE', '/v1/instances/old')).status).toBe(404)
  expect((await api.call('DELETE', '/v1/instances/old?purge=true')).status).toBe(202)
  await api.database.query(
    `update purges set done_at = now(), step = 'done', erased = '{"contacts": 1, "webhook_deliveries": 2, "seen": 3}' where instance_id = 'old'`,
  )
  expect((await api.call('DELETE', '/v1/instances/old?purge=true')).status).toBe(404)
  expect((await api.call('GET', '/v1/instances/old/purge')).json).toMatchObject({
    state: 'done',
    doneAt: expect.stringMatching(/Z$/),
    erased: expect.arrayContaining([
      { what: 'contacts', count: 1 },
      { what: 'deliveries', count: 2 },
      { what: 'seen', count: 3 },
    ]),
  })
  expect((await api.call('POST', '/v1/instances', { body: { id: 'old', name: 'Again' } })).status).toBe(409)
})

test('[A7] what never was cannot be purged, and purge is true or false', async () => {
  expect((await api.call('DELETE', '/v1/instances/nobody?purge=true')).status).toBe(404)
  expect((await api.call('GET', '/v1/instances/nobody/purge')).status).toBe(404)
  const { status, json } = await api.call('DELETE', '/v1/instances/kept?purge=maybe')
  expect(status).toBe(422)
  expect(json.errors).toMatchObject([{ parameter: 'purge', received: 'maybe' }])
})

test('[A7] who carries purges out is woken by one that is asked for', async () => {
  const woken = Promise.withResolvers<void>()
  const stop = new AbortController()
  await api.database.listen('purges', () => woken.resolve(), stop.signal)
  await createWithContacts('waking', 0)
  await api.call('DELETE', '/v1/instances/waking?purge=true')
  await woken.promise
  stop.abort()
})
