// Instances over HTTP: what was asked for is visible at once, is in the log once, and survives a crash between the two.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Event } from '../../src/events/event.ts'
import { LogError } from '../../src/log/log.ts'
import { collectLogLines } from '../log-lines.ts'
import { until } from '../until.ts'
import { openTestApi, type TestApi } from './open-test-api.ts'

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
      body: { name: 'New', settings: { ignoreGroups: null, historySync: true } },
    })
    expect(patched.status).toBe(200)
    expect(patched.json).toMatchObject({ name: 'New', settings: { markOnline: false, historySync: true } })
    expect(patched.json.settings).not.toHaveProperty('ignoreGroups')
    expect((await eventsOf('patched')).at(-1)).toMatchObject({
      type: 'instance.settings-changed',
      name: 'New',
      settings: { markOnline: false, historySync: true, ignoreGroups: null },
    })
  })

  test('[A5] of settings changed at once none is lost', async () => {
    await api.call('POST', '/v1/instances', { body: { id: 'merged', name: 'Merged' } })
    const keys = ['historySync', 'ignoreGroups', 'ignoreStatus', 'ignoreNewsletters', 'markOnline']
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

  test('[A7] a purge is refused, because this version cannot do it', async () => {
    const answer = await api.call('DELETE', '/v1/instances/shop?purge=true')
    expect(answer.status).toBe(422)
    expect(answer.json.errors).toEqual([
      { parameter: 'purge', expected: 'false, or nothing: this version cannot purge what it stored', received: 'true' },
    ])
    expect((await api.call('GET', '/v1/instances/shop')).status).toBe(200)
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

describe('the QR code', () => {
  const show = async (id: string, qr: string, expiresInSeconds = 60) => {
    await api.database.query(
      `insert into instance_qr (instance_id, epoch, qr, expires_at) values ($1, 1, $2, now() + make_interval(secs => $3))
       on conflict (instance_id) do update set qr = excluded.qr, expires_at = excluded.expires_at`,
      [id, api.sealer.seal(Buffer.from(qr), `instance_qr|${id}`), expiresInSeconds],
    )
    await api.database.query(`select pg_notify('instance_qr', '')`)
  }
  const setState = (id: string, state: string, phone: string | null) =>
    api.database.query(
      `insert into instances (instance_id, state, phone, changed_by_event) values ($1, $2, $3, 'test')
       on conflict (instance_id) do update set state = excluded.state, phone = excluded.phone`,
      [id, state, phone],
    )
  const create = (id: string) => api.call('POST', '/v1/instances', { body: { id, name: id } })

  test('[A1] a pending code is answered as data, drawing and picture, and never cached', async () => {
    await create('qr')
    await show('qr', '2@secret,code')
    const json = await api.call('GET', '/v1/instances/qr/qr')
    expect(json.status).toBe(200)
    expect(json.json).toMatchObject({ qr: '2@secret,code' })
    expect(Date.parse(String(json.json.expiresAt))).toBeGreaterThan(Date.now())
    expect(json.headers.get('cache-control')).toBe('no-store')
    const text = await api.call('GET', '/v1/instances/qr/qr?format=text')
    expect(text.headers.get('content-type')).toBe('text/plain; charset=utf-8')
    expect(text.text).toMatch(/[█▄▀]{5}/)
    const svg = await api.call('GET', '/v1/instances/qr/qr?format=svg')
    expect(svg.headers.get('content-type')).toBe('image/svg+xml')
    expect(svg.text).toMatch(/^<svg/)
    const png = await fetch(`${api.url}/v1/instances/qr/qr?format=png`, { headers: { apikey: 'admin-key-of-the-tests' } })
    expect(png.headers.get('content-type')).toBe('image/png')
    expect(Buffer.from(await png.arrayBuffer()).toString('latin1', 1, 4)).toBe('PNG')
  })

  test('[A1] whoever waits gets the code as soon as it is there', async () => {
    await create('waiting')
    const waiting = api.call('GET', '/v1/instances/waiting/qr?wait=30')
    await show('waiting', '2@late')
    expect((await waiting).json).toMatchObject({ qr: '2@late' })
  })

  test('[A1] without a pending code it is 409 no-qr-pending, also where the last one has expired', async () => {
    await create('none')
    await show('none', '2@old', -1)
    const answer = await api.call('GET', '/v1/instances/none/qr?wait=1')
    expect(answer.status).toBe(409)
    expect(answer.json).toMatchObject({
      type: 'urn:zaplog:problem:no-qr-pending',
      detail: expect.stringContaining('instance none is created'),
    })
  })

  test('[A1] where no code can come before a restart nobody waits for one', { timeout: 20_000 }, async () => {
    await create('parked')
    await setState('parked', 'connecting', '5511900000001') // the read model follows
    await api.database.query(`insert into instance_owners (instance_id, epoch, parked_for) values ('parked', 1, 'running/0')`)
    const answer = await api.call('GET', '/v1/instances/parked/qr?wait=60')
    expect(answer.json).toMatchObject({
      type: 'urn:zaplog:problem:no-qr-pending',
      detail: expect.stringContaining('POST /v1/instances/parked/restart asks for a new code'),
    })
    await api.call('POST', '/v1/instances/parked/restart')
    const waiting = api.call('GET', '/v1/instances/parked/qr?wait=30')
    await show('parked', '2@again')
    expect((await waiting).json).toMatchObject({ qr: '2@again' })
  })

  test('[A1] a second pairing is 409 already-paired, also for whoever is waiting while the first succeeds', async () => {
    await create('paired')
    const waiting = api.call('GET', '/v1/instances/paired/qr?wait=30')
    await setState('paired', 'open', '5511900000001')
    expect((await waiting).json).toMatchObject({ type: 'urn:zaplog:problem:already-paired', status: 409 })
    await setState('paired', 'reconnecting', '5511900000001')
    expect((await api.call('GET', '/v1/instances/paired/qr')).json).toMatchObject({ type: 'urn:zaplog:problem:already-paired' })
    for (const state of ['logged-out', 'connecting', 'qr']) {
      await setState('paired', state, '5511900000001')
      expect((await api.call('GET', '/v1/instances/paired/qr')).json).toMatchObject({ type: 'urn:zaplog:problem:no-qr-pending' })
    }
  })

  test('[H6] a closing process ends the wait and tells to come again', async () => {
    await create('closing')
    const asked = Promise.withResolvers<void>()
    const another = await api.openAnother({
      database: database => ({
        ...database,
        query: (sql, values) => {
          if (sql.includes('instance_qr')) asked.resolve()
          return database.query(sql, values)
        },
      }),
    })
    const headers = { authorization: 'Bearer admin-key-of-the-tests' }
    const waiting = fetch(`${another.url}/v1/instances/closing/qr?wait=60`, { headers })
    await asked.promise
    await another.close()
    const answer = await waiting
    expect(answer.status).toBe(503)
    expect(answer.headers.get('retry-after')).toBe('5')
  })
})
