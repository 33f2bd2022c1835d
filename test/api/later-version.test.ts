// What the contract has and this version does not: names are taken where they only wait, values without effect are refused by that name.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestApi, type TestApi } from '../ground/api/open-test-api.ts'
import { collectLogLines } from '../ground/log-lines.ts'

const logger = collectLogLines()
let api: TestApi
beforeAll(async () => {
  api = await openTestApi('api-later-version', logger)
  await api.call('POST', '/v1/instances', { body: { id: 'shop', name: 'Shop' } })
})
afterAll(() => api.close())

const later = 'urn:zaplog:problem:not-in-this-version'
const invalid = 'urn:zaplog:problem:invalid-input'

describe('instances', () => {
  const refused: readonly [object, string, string][] = [
    [{ proxyUrl: 'socks5://proxy.example.com' }, '/settings/proxyUrl', 'nothing: it connects'],
    [{ media: { download: false } }, '/settings/media/download', 'true'],
    [{ media: { kinds: ['image'] } }, '/settings/media/kinds', 'nothing: files of every kind'],
    [{ media: { groups: false } }, '/settings/media/groups', 'true'],
    [{ media: { maxBytes: 1 } }, '/settings/media/maxBytes', 'nothing: MEDIA_MAX_'],
    [{ audioFilter: { enabled: true } }, '/settings/audioFilter/enabled', 'false'],
    [{ audioFilter: { minSeconds: 3 } }, '/settings/audioFilter/minSeconds', 'nothing'],
    [{ audioFilter: { maxSeconds: 60 } }, '/settings/audioFilter/maxSeconds', 'nothing'],
    [{ retentionDays: 30 }, '/settings/retentionDays', 'nothing: nothing is deleted'],
  ]
  test.each(refused)(
    '[A5] [I3] settings %j have no effect yet, and are refused as that, when made and when changed',
    async (...of) => {
      const [settings, pointer, expected] = of
      const created = await api.call('POST', '/v1/instances', { body: { id: 'other', name: 'Other', settings } })
      expect(created.json).toMatchObject({
        type: later,
        status: 422,
        errors: [{ pointer, expected: expect.stringMatching(new RegExp(`^${expected}`)) }],
      })
      const patched = await api.call('PATCH', '/v1/instances/shop', { body: { settings } })
      expect([patched.status, patched.json]).toEqual([422, created.json])
      expect((await api.call('GET', '/v1/instances/other')).status).toBe(404)
    },
  )

  test('[A5] what a setting without effect does today is taken, shown, and kept by later changes', async () => {
    const settings = { historySync: false, media: { download: true, groups: true }, audioFilter: { enabled: false } }
    const created = await api.call('POST', '/v1/instances', { body: { id: 'today', name: 'Today', settings } })
    expect([created.status, created.json.settings]).toEqual([201, settings])
    const patched = await api.call('PATCH', '/v1/instances/today', { body: { settings: { ignoreStatus: true } } })
    expect(patched.json.settings).toEqual({ ...settings, ignoreStatus: true })
  })

  test('[A5] [B6] historySync is taken when an instance is made and when it is changed, and taken back', async () => {
    const made = await api.call('POST', '/v1/instances', { body: { id: 'kept', name: 'Kept', settings: { historySync: true } } })
    expect([made.status, made.json.settings]).toEqual([201, { historySync: true }])
    const off = await api.call('PATCH', '/v1/instances/kept', { body: { settings: { historySync: false } } })
    expect(off.json.settings).toEqual({ historySync: false })
    const on = await api.call('PATCH', '/v1/instances/kept', { body: { settings: { historySync: true } } })
    expect([on.status, on.json.settings]).toEqual([200, { historySync: true }])
    const back = await api.call('PATCH', '/v1/instances/kept', { body: { settings: { historySync: null } } })
    expect(back.json.settings).toEqual({})
  })

  test('[I3] beside a mistake, what comes later is one of several things that are wrong', async () => {
    const { json } = await api.call('POST', '/v1/instances', {
      body: { name: 'X', settings: { retentionDays: 30, colour: 'red' } },
    })
    expect(json.type).toBe(invalid)
  })
})

describe('endpoints', () => {
  const create = (body: object) => api.call('POST', '/v1/endpoints', { body: { url: 'https://hooks.example.com/', ...body } })

  test.each([
    [{ role: 'monitoring' }, 'events'],
    [{ order: 'instance' }, 'chat'],
    [{ order: 'none' }, 'chat'],
    [{ format: 'evolution' }, 'zaplog'],
    [{ mediaUrls: 'presigned' }, 'link'],
    [{ mediaUrls: 'public' }, 'link'],
    [{ onMediaFailed: 'hold' }, 'send'],
    [{ onSkipped: 'drop' }, 'send'],
    [{ rateLimit: 10 }, 'nothing: attempts'],
    [{ batch: { events: 50 } }, 'nothing: each delivery'],
    [{ maxAgeSeconds: 60 }, 'nothing: deliveries do not expire'],
  ])('[E1] [I3] %j comes with a later version, and is refused as that, when made and when changed', async (wanted, expected) => {
    const [name = ''] = Object.keys(wanted)
    const { json } = await create(wanted)
    expect(json).toMatchObject({
      type: later,
      status: 422,
      errors: [{ pointer: `/${name}`, expected: expect.stringMatching(new RegExp(`^${expected}`)) }],
    })
    const { id } = (await create({})).json
    const patched = await api.call('PATCH', `/v1/endpoints/${id}`, { body: wanted })
    expect([patched.status, patched.json]).toEqual([422, json])
  })

  test('[I3] a value that no version has is a mistake', async () => {
    expect((await create({ order: 'chaos' })).json).toMatchObject({ type: invalid, errors: [{ expected: 'chat' }] })
  })

  test('[E1] types that nothing emits yet are taken, and the answer names them', async () => {
    const created = await create({
      eventTypes: [
        'message.received',
        'message.history',
        'presence.updated',
        'retention.*',
        'media.downloaded',
        'endpoint.tested',
      ],
    })
    expect(created.status).toBe(201)
    const names = ['presence.updated', 'media.downloaded', 'retention.completed']
    expect(created.json.notYetEmitted).toEqual(names)
    expect((await api.call('GET', `/v1/endpoints/${created.json.id}`)).json.notYetEmitted).toEqual(names)
    const patched = await api.call('PATCH', `/v1/endpoints/${created.json.id}`, {
      body: { eventTypes: ['message.received', '*'] },
    })
    expect(patched.json).not.toHaveProperty('notYetEmitted')
  })

  test('[E1] a name or pattern that the contract does not have is 422 with the names', async () => {
    for (const wrong of ['message.exploded', 'queue.stats', 'delivery.released', 'delivery.*', 'message'])
      expect((await create({ eventTypes: [wrong] })).json).toMatchObject({
        type: invalid,
        errors: [{ pointer: '/eventTypes/0', expected: expect.stringContaining('poll.voted') }],
      })
  })

  test('[L] endpoints are listed after and before an instant', async () => {
    for (const [index, day] of ['01', '02', '03'].entries()) {
      const { id } = (await create({})).json
      await api.database.query('update webhook_endpoints set created_at = $2 where endpoint_id = $1', [
        id,
        `2020-01-${day}T00:00:00Z`,
      ])
      if (index === 1) expect(await listed('after=2020-01-02T00:00:00Z&before=2020-01-03T00:00:00Z')).toEqual([id])
    }
    expect(await listed('before=2020-01-03T00:00:00Z')).toHaveLength(2)
  })
  const listed = async (query: string) =>
    ((await api.call('GET', `/v1/endpoints?${query}`)).json.data as { id: string }[]).map(one => one.id)
})

describe('filters', () => {
  test.each([
    [
      '/v1/deliveries?state=',
      ['sending', 'expired', 'filtered'],
      ['held', 'pending', 'retrying', 'waiting', 'delivered', 'dead', 'discarded'],
    ],
    ['/v1/instances/shop/media?status=', ['expired'], ['stored', 'pending', 'failed', 'skipped']],
    ['/v1/instances/shop/media?reason=', ['infected', 'rate-limited', 'erased'], ['gone', 'corrupt', 'connection']],
    ['/v1/instances/shop/media?kind=', [], ['image', 'album', 'system', 'link-preview']],
  ])('[D4] [I3] %s takes what there can be, and refuses by name what nothing has yet', async (path, notYet, now) => {
    for (const word of now)
      expect([word, (await api.call('GET', path + word)).json]).toEqual([word, { data: [], nextCursor: null }])
    for (const word of notYet)
      expect([word, (await api.call('GET', path + word)).json]).toMatchObject([
        word,
        { type: later, status: 422, errors: [{ expected: expect.stringContaining(now[0] ?? ''), received: word }] },
      ])
    expect((await api.call('GET', `${path}lost`)).json.type).toBe(invalid)
  })
})
