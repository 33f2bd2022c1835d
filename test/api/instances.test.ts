// Instances over HTTP: what was asked for is visible at once, is in the log once, and survives a crash between the two.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Event } from '../../src/events/event.ts'
import { LogError } from '../../src/log/log.ts'
import { openTestApi, type TestApi } from '../ground/api/open-test-api.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
let api: TestApi
beforeAll(async () => {
  api = await openTestApi('api-instances', logger)
})
afterAll(() => api.close())

/** Every event of one instance in the log, in order. */
async function eventsOf(instanceId: string, of = api): Promise<Event[]> {
  const events: Event[] = []
  const signal = AbortSignal.timeout(10_000)
  for await (const record of of.testLog.log.read(of.testLog.topic('events'), { from: 'first', until: 'end' }, signal)) {
    const event = record.key === instanceId ? await of.testLog.codec.decode(record.value, signal) : null
    if (event !== null) events.push(event)
  }
  return events
}

const owed = async () => (await api.database.query('select 1 from api_outbox where appended_at is null')).length

describe('creating', () => {
  test('[A1] a new instance is answered whole, readable at once, and in the log', async () => {
    const created = await api.call('POST', '/v1/instances', {
      body: { id: 'shop', name: 'Shop', settings: { ignoreGroups: true } },
    })
    expect(created.status).toBe(201)
    expect(created.json).toEqual({
      id: 'shop',
      name: 'Shop',
      state: 'created',
      reason: null,
      reasonText: null,
      stateAt: '2026-01-05T12:00:00.000Z',
      phone: null,
      lid: null,
      epoch: 0,
      settings: { ignoreGroups: true },
      createdAt: '2026-01-05T12:00:00.000Z',
    })
    expect(created.headers.get('location')).toBe('/v1/instances/shop')
    expect(created.headers.get('zaplog-position')).toMatch(/^[\w-]+$/)
    expect((await api.call('GET', '/v1/instances/shop')).json).toEqual(created.json)
    expect(await eventsOf('shop')).toMatchObject([
      { type: 'instance.created', epoch: 0, sequence: 0, name: 'Shop', settings: { ignoreGroups: true, historySync: null } },
    ])
    expect(await owed()).toBe(0)
  })

  test('[A1] an id left out is generated, and every one is another', async () => {
    const ids = await Promise.all(
      [1, 2].map(async () => String((await api.call('POST', '/v1/instances', { body: { name: 'A' } })).json.id)),
    )
    expect(new Set(ids).size).toBe(2)
    for (const id of ids) expect(id).toMatch(/^[a-z0-9][a-z0-9_-]{0,62}$/)
  })

  test('[A1] an id that is taken, or was once, is refused with 409', async () => {
    await api.call('POST', '/v1/instances', { body: { id: 'gone', name: 'Gone' } })
    expect((await api.call('DELETE', '/v1/instances/gone')).status).toBe(202)
    for (const id of ['shop', 'gone']) {
      const answer = await api.call('POST', '/v1/instances', { body: { id, name: 'Again' } })
      expect(answer.status).toBe(409)
      expect(answer.json).toMatchObject({ type: 'urn:zaplog:problem:instance-exists', status: 409 })
    }
    expect(await eventsOf('gone')).toHaveLength(1)
  })

  test('[A1] of many requests for one id, one gets it', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => api.call('POST', '/v1/instances', { body: { id: 'race', name: 'R' } })),
    )
    expect(answers.map(one => one.status).sort()).toEqual([201, ...Array(7).fill(409)])
    expect(await eventsOf('race')).toHaveLength(1)
  })

  test('[A1] an instance whose event a crash kept from the log is appended at the next start, once, under its own id', async () => {
    const dead = await api.openAnother({
      log: log => ({ ...log, append: () => Promise.reject(new LogError('aborted', 'killed')) }),
    })
    const answer = await fetch(`${dead.url}/v1/instances`, {
      method: 'POST',
      headers: { authorization: 'Bearer admin-key-of-the-tests', 'content-type': 'application/json' },
      body: JSON.stringify({ id: 'crashed', name: 'Crashed' }),
    })
    expect(answer.status).toBe(201)
    expect(answer.headers.get('zaplog-position')).toBeNull()
    await dead.close()
    const next = await api.openAnother()
    await until('the owed record is appended', async () => (await owed()) === 0)
    const events = await eventsOf('crashed')
    expect(events).toMatchObject([{ type: 'instance.created', name: 'Crashed' }])
    await next.close()
  })
})

describe('reading', () => {
  test('[A1] the list is newest first, and its pages hold each instance once', async () => {
    const names = ['page-1', 'page-2', 'page-3', 'page-4', 'page-5']
    for (const id of names) {
      api.clock.nowAt += 1000
      await api.call('POST', '/v1/instances', { body: { id, name: id } })
    }
    const seen: string[] = []
    for (let path: string | null = '/v1/instances?limit=2'; path !== null; ) {
      const { json }: { json: Record<string, unknown> } = await api.call('GET', path)
      seen.push(...(json.data as { id: string }[]).map(one => one.id))
      path = json.nextCursor === null ? null : `/v1/instances?limit=2&cursor=${json.nextCursor}`
    }
    expect(seen.slice(0, 5)).toEqual([...names].reverse())
    expect(new Set(seen).size).toBe(seen.length)
  })

  test('[L] after is inclusive, before is exclusive', async () => {
    const { json: third } = await api.call('GET', '/v1/instances/page-3')
    const { json: fifth } = await api.call('GET', '/v1/instances/page-5')
    const { json } = await api.call('GET', `/v1/instances?after=${third.createdAt}&before=${fifth.createdAt}`)
    expect((json.data as { id: string }[]).map(one => one.id)).toEqual(['page-4', 'page-3'])
  })

  test('[A1] a deleted instance is gone from the list and from its path', async () => {
    expect((await api.call('GET', '/v1/instances/gone')).status).toBe(404)
    const { json } = await api.call('GET', '/v1/instances?limit=200')
    expect((json.data as { id: string }[]).map(one => one.id)).not.toContain('gone')
  })
})

describe('changing', () => {
  test('[A5] settings are merged, null takes one back, and the event carries the whole of both', async () => {
    await api.call('POST', '/v1/instances', {
      body: { id: 'patched', name: 'Old', settings: { ignoreGroups: true, markOnline: false } },
    })
    const patched = await api.call('PATCH', '/v1/instances/patched', {
      body: { name: 'New', settings: { ignoreGroups: null, ignoreStatus: true } },
    })
    expect(patched.status).toBe(200)
    expect(patched.json).toMatchObject({ name: 'New', settings: { markOnline: false, ignoreStatus: true } })
    expect(patched.json.settings).not.toHaveProperty('ignoreGroups')
    expect((await eventsOf('patched')).at(-1)).toMatchObject({
      type: 'instance.settings-changed',
      name: 'New',
      settings: { markOnline: false, ignoreStatus: true, ignoreGroups: null },
    })
  })

  test('[A5] of settings changed at once none is lost', async () => {
    await api.call('POST', '/v1/instances', { body: { id: 'merged', name: 'Merged' } })
    const keys = ['ignoreGroups', 'ignoreStatus', 'ignoreNewsletters', 'markOnline']
    await Promise.all(keys.map(key => api.call('PATCH', '/v1/instances/merged', { body: { settings: { [key]: true } } })))
    const all = Object.fromEntries(keys.map(key => [key, true]))
    expect((await api.call('GET', '/v1/instances/merged')).json.settings).toEqual(all)
    expect((await eventsOf('merged')).at(-1)).toMatchObject({ settings: all })
  })

  test('[A5] changes made at once are in the log in the order in which they won', async () => {
    await api.call('POST', '/v1/instances', { body: { id: 'busy', name: 'Busy' } })
    const names = Array.from({ length: 12 }, (_, index) => `name ${index}`)
    await Promise.all(names.map(name => api.call('PATCH', '/v1/instances/busy', { body: { name } })))
    const events = await eventsOf('busy')
    expect(events).toHaveLength(13)
    const { json } = await api.call('GET', '/v1/instances/busy')
    expect(events.at(-1)).toMatchObject({ name: json.name })
  })

  test('[A1] restart, log-out and deletion tell the owner what is wanted', async () => {
    await api.call('POST', '/v1/instances', { body: { id: 'wanted', name: 'Wanted' } })
    const wanted = async () =>
      (await api.database.query(`select wanted, restart_count from instance_ids where instance_id = 'wanted'`))[0]
    expect((await api.call('POST', '/v1/instances/wanted/restart')).status).toBe(202)
    expect(await wanted()).toEqual({ wanted: 'running', restart_count: 1 })
    const loggedOut = await api.call('POST', '/v1/instances/wanted/logout', { body: {} })
    expect(loggedOut.status).toBe(202)
    expect(loggedOut.json).toMatchObject({ id: 'wanted' })
    expect(await wanted()).toEqual({ wanted: 'logged-out', restart_count: 1 })
    await api.call('POST', '/v1/instances/wanted/restart', { rawBody: '' })
    expect(await wanted()).toEqual({ wanted: 'running', restart_count: 2 })
    expect((await api.call('DELETE', '/v1/instances/wanted?purge=false')).status).toBe(202)
    expect(await wanted()).toEqual({ wanted: 'deleted', restart_count: 2 })
  })

  test('[A1] owners are woken by each change', async () => {
    const woken = Promise.withResolvers<void>()
    const stop = new AbortController()
    await api.database.listen('instances', () => woken.resolve(), stop.signal)
    await api.call('POST', '/v1/instances/shop/restart')
    await woken.promise
    stop.abort()
  })
})
