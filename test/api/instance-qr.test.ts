// The QR code over HTTP: the pending one in every form, the next one for whoever waits, and a refusal where none can come.
// Codes and rests are written as the owner of an instance writes them, states come from its events through the read model.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Event, EventOf } from '../../src/events/event.ts'
import { taskOf } from '../../src/instances/instance-ids.ts'
import { type InstanceRows, openInstanceRows } from '../../src/instances/instance-rows.ts'
import { openTestApi, type TestApi } from '../ground/api/open-test-api.ts'
import { projectEvents, tellApi } from '../ground/api/project-events.ts'
import { anEvent } from '../ground/events.ts'
import { collectLogLines } from '../ground/log-lines.ts'

const logger = collectLogLines()
let api: TestApi
let projection: { close(): Promise<void> }
let owner: InstanceRows
beforeAll(async () => {
  api = await openTestApi('api-instance-qr', logger)
  projection = await projectEvents(api, logger)
  owner = openInstanceRows(api)
})
afterAll(async () => {
  await projection.close()
  await api.close()
})

const create = async (id: string) => {
  const { status, text } = await api.call('POST', '/v1/instances', { body: { id, name: id } })
  expect(status, text).toBe(201)
}
const own = async (instanceId: string) => ({ instanceId, epoch: (await owner.takeEpoch(instanceId)).epoch })
const show = async (id: string, qr: string, expiresInMs = 60_000) =>
  owner.showQr({ ...(await own(id)), qr, expiresAt: Date.now() + expiresInMs })
/** Its owner has nothing more to do until it is asked again. */
const park = async (id: string) => owner.park(await own(id), taskOf({ wanted: 'running', restartCount: 0 }))

const tell = (...events: readonly Event[]) => tellApi(api, events)
const state = (instanceId: string, given: Partial<EventOf<'instance.state-changed'>>) =>
  anEvent('instance.state-changed', { instanceId, ...given })

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
  await show('none', '2@old', -1_000)
  const answer = await api.call('GET', '/v1/instances/none/qr?wait=1')
  expect(answer.status).toBe(409)
  expect(answer.json).toMatchObject({
    type: 'urn:zaplog:problem:no-qr-pending',
    detail: expect.stringContaining('instance none is created'),
  })
})

test('[A1] where no code can come before a restart nobody waits for one', { timeout: 20_000 }, async () => {
  await create('parked')
  await tell(state('parked', { state: 'connecting' })) // the read model follows
  await park('parked')
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
  await tell(state('paired', { state: 'open', phone: '5511900000001' }))
  expect((await waiting).json).toMatchObject({ type: 'urn:zaplog:problem:already-paired', status: 409 })
  await tell(state('paired', { state: 'reconnecting', phone: '5511900000001' }))
  expect((await api.call('GET', '/v1/instances/paired/qr')).json).toMatchObject({ type: 'urn:zaplog:problem:already-paired' })
  const noLongerPaired = [
    anEvent('instance.logged-out', { instanceId: 'paired' }),
    ...['connecting', 'qr'].map(again => state('paired', { state: again })),
  ]
  for (const event of noLongerPaired) {
    await tell(event)
    expect((await api.call('GET', '/v1/instances/paired/qr')).json).toMatchObject({ type: 'urn:zaplog:problem:no-qr-pending' })
  }
})

test('[A1] of an account that is linked anew after a log-out nothing says that it is paired before it is', async () => {
  await create('anew')
  await tell(
    anEvent('instance.paired', { instanceId: 'anew', phone: '5511900000001' }),
    state('anew', { state: 'open', phone: '5511900000001' }),
    anEvent('instance.logged-out', { instanceId: 'anew' }),
    ...['connecting', 'qr', 'reconnecting'].map(again => state('anew', { state: again })),
  )
  expect((await api.call('GET', '/v1/instances/anew/qr')).json).toMatchObject({ type: 'urn:zaplog:problem:no-qr-pending' })
  await tell(state('anew', { state: 'reconnecting', phone: '5511900000001' }))
  expect((await api.call('GET', '/v1/instances/anew/qr')).json).toMatchObject({ type: 'urn:zaplog:problem:already-paired' })
  // Of a process that has just begun, which does not know its phone yet.
  await tell(state('anew', { state: 'reconnecting', reason: 'network' }))
  expect((await api.call('GET', '/v1/instances/anew/qr')).json).toMatchObject({ type: 'urn:zaplog:problem:already-paired' })
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
