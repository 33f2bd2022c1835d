// The pairing code over HTTP: whoever asks wakes the owner by a row and gets its answer, or in words why there is none.
// Answers are written as the owner of an instance writes them, states come from its events through the read model.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Event, EventOf } from '../../src/events/event.ts'
import { taskOf } from '../../src/instances/instance-ids.ts'
import { type InstanceRows, openInstanceRows } from '../../src/instances/instance-rows.ts'
import {
  answerRequest,
  forgetCodes,
  forgetRequests,
  type PairingAnswer,
  type PairingRequest,
  readPairing,
  readRequests,
  requestCode,
} from '../../src/instances/pairing-codes.ts'
import { trim } from '../../src/producers/auth/trim-old-rows.ts'
import { createPairingRequests } from '../../src/producers/epoch/pairing-requests.ts'
import { openTestApi, type TestApi } from '../ground/api/open-test-api.ts'
import { projectEvents, tellApi } from '../ground/api/project-events.ts'
import { anEvent } from '../ground/events.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'

const phone = '5511900000011'
const other = '5511900000012'
const logger = collectLogLines(['pairing-request.not-read'])
let api: TestApi
let projection: { close(): Promise<void> }
let owner: InstanceRows
let deps: Pick<TestApi, 'database' | 'sealer'> & { logger: typeof logger }
beforeAll(async () => {
  api = await openTestApi('api-pairing-code', logger)
  projection = await projectEvents(api, logger)
  owner = openInstanceRows(api)
  deps = { ...api, logger }
})
afterAll(async () => {
  await projection.close()
  await api.close()
})

const create = async (id: string) => {
  const { status, text } = await api.call('POST', '/v1/instances', { body: { id, name: id } })
  expect(status, text).toBe(201)
}
const ask = (id: string, of: unknown = phone) => api.call('POST', `/v1/instances/${id}/pairing-code`, { body: { phone: of } })
const requested = (id: string, of = phone) =>
  until(`a code of ${id} to be asked for`, async () => {
    const [request] = await readRequests(deps, [id])
    return request?.phone === of ? request : null
  })
const own = async (instanceId: string) => ({ instanceId, epoch: (await owner.takeEpoch(instanceId)).epoch })
async function answer({ instanceId, requestId }: PairingRequest, given: PairingAnswer, expiresInMs = 60_000) {
  const owned = await own(instanceId)
  await answerRequest(api, { ...owned, requestId, answer: given, expiresAt: Date.now() + expiresInMs })
  return owned
}

const tell = (...events: readonly Event[]) => tellApi(api, events)
const state = (instanceId: string, given: Partial<EventOf<'instance.state-changed'>>) =>
  anEvent('instance.state-changed', { instanceId, ...given })

test('[A1] the code is answered as soon as the owner has it, with its end, and never cached', async () => {
  await create('code')
  const asking = ask('code', '+55 (11) 90000-0011')
  await answer(await requested('code'), { phone, code: 'ABCD1234' })
  const { status, json, headers } = await asking
  expect(status).toBe(200)
  expect(json).toEqual({ code: 'ABCD1234', expiresAt: expect.stringMatching(/^\d{4}-.*Z$/) })
  expect(Date.parse(String(json.expiresAt))).toBeGreaterThan(Date.now())
  expect(headers.get('cache-control')).toBe('no-store')
})

test('[A1] two who ask for one phone are one request, and who asks again gets the same code as long as it is good', async () => {
  await create('twice')
  const [first, second] = [ask('twice'), ask('twice', `${phone}@s.whatsapp.net`)]
  const request = await requested('twice')
  const owned = await answer(request, { phone, code: 'SAME1234' })
  expect([(await first).json.code, (await second).json.code, (await ask('twice')).json.code]).toEqual(Array(3).fill('SAME1234'))
  expect(await readRequests(deps, ['twice'])).toEqual([])
  await owner.hidePairingCode(owned)
  const third = ask('twice')
  const again = await requested('twice')
  expect(again.requestId).not.toBe(request.requestId)
  await answer(again, { phone, code: 'NEXT1234' })
  expect((await third).json.code).toBe('NEXT1234')
})

test('[A1] a code is for its phone alone; who waited for another one is told', async () => {
  await create('phones')
  const first = ask('phones')
  await requested('phones')
  const second = ask('phones', other)
  const request = await requested('phones', other)
  expect((await first).json).toMatchObject({
    type: 'urn:zaplog:problem:no-pairing-code',
    detail: expect.stringContaining('one for another phone'),
  })
  await answer(request, { phone: other, code: 'THEIRS12' })
  expect((await second).json.code).toBe('THEIRS12')
  const third = ask('phones')
  await answer(await requested('phones'), { phone, code: 'MINE1234' })
  expect((await third).json.code).toBe('MINE1234')
})

test('[A1] a code ends with the owner who gave it, and with its time', async () => {
  await create('ended')
  const first = ask('ended')
  await answer(await requested('ended'), { phone, code: 'FIRST123' })
  expect((await first).json.code).toBe('FIRST123')
  await own('ended')
  const second = ask('ended')
  await answer(await requested('ended'), { phone, code: 'SECOND12' }, 500)
  expect((await second).json.code).toBe('SECOND12')
  await until('its time to be over', async () => (await readPairing(api, 'ended')).answered === null)
  const third = ask('ended')
  await answer(await requested('ended'), { phone, code: 'THIRD123' })
  expect((await third).json.code).toBe('THIRD123')
})

test('[A1] what WhatsApp refuses is 409 in its words, for whoever asked, and it is not asked again until that is over', async () => {
  await create('refused')
  const asking = ask('refused')
  await answer(await requested('refused'), { phone, refusal: '429 too many codes were asked for' })
  const { status, json } = await asking
  expect(status).toBe(409)
  expect(json).toMatchObject({
    type: 'urn:zaplog:problem:no-pairing-code',
    detail: expect.stringContaining('WhatsApp refused with 429 too many codes were asked for'),
  })
  expect((await ask('refused')).json.detail).toContain('WhatsApp refused with 429')
  expect(await readRequests(deps, ['refused'])).toEqual([])
  await api.database.query(`update pairing_codes set expires_at = now() where instance_id = 'refused'`)
  const again = ask('refused')
  await answer(await requested('refused'), { phone, code: 'LATER123' })
  expect((await again).json.code).toBe('LATER123')
})

test('[A1] a request is good for as long as the last one of those who wait for it', async () => {
  await create('longer')
  const first = ask('longer')
  const request = await requested('longer')
  await api.database.query(`update pairing_requests set expires_at = now() + interval '5 s' where instance_id = 'longer'`)
  const second = ask('longer')
  await until('it to be good for longer', async () => {
    const [row] = await api.database.query(
      `select 1 from pairing_requests where instance_id = 'longer' and expires_at > now() + interval '6 s'`,
    )
    return row ?? null
  })
  await answer(request, { phone, code: 'LONGER12' })
  expect([(await first).json.code, (await second).json.code]).toEqual(['LONGER12', 'LONGER12'])
})

test('[A1] a request that does not open is told, and keeps no other from its answer', async () => {
  await create('torn')
  await create('whole')
  const asking = ask('whole')
  const request = await requested('whole')
  await api.database.query(
    `insert into pairing_requests (instance_id, request_id, sealed, expires_at)
     values ('torn', 'torn', 'torn', now() + interval '1 min')`,
  )
  expect(await readRequests(deps, ['torn', 'whole'])).toEqual([request])
  expect(logger.lines).toContainEqual(
    expect.objectContaining({ event: 'pairing-request.not-read', fields: expect.objectContaining({ instanceId: 'torn' }) }),
  )
  await answer(request, { phone, code: 'WHOLE123' })
  expect((await asking).json.code).toBe('WHOLE123')
})

test('[A1] a code whose connection ends while it is written is shown to nobody', async () => {
  await create('brief')
  const owned = await own('brief')
  const stopped = new AbortController()
  const requests = createPairingRequests(deps)
  const following = requests.follow(stopped.signal)
  let looks = Number.NEGATIVE_INFINITY
  const given = async () => {
    looks = 0
    return { answer: { phone, code: 'BRIEF123' }, expiresAt: Date.now() + 60_000 }
  }
  // It is there when the answer is judged, and over once it is written.
  requests.serve({ ...owned, ask: given, isOver: () => ++looks > 1 })
  await api.database.transact(
    tx => requestCode({ database: tx, sealer: api.sealer }, { instanceId: 'brief', phone, withinMs: 60_000 }),
    stopped.signal,
  )
  await until('it to be answered and hidden', async () => {
    const { pendingId, answered } = await readPairing(api, 'brief')
    return (pendingId === null && answered === null) || null
  })
  stopped.abort()
  await following
})

test('[A1] requests and codes that are good no more are forgotten, others are kept', async () => {
  await create('over')
  await create('good')
  for (const [id, expiresInMs] of [
    ['over', -1],
    ['good', 60_000],
  ] as const) {
    const instants = [id, id, Buffer.from('sealed'), expiresInMs / 1000]
    for (const columns of [
      'pairing_requests (instance_id, request_id, sealed',
      'pairing_codes (instance_id, request_id, sealed, epoch',
    ])
      await api.database.query(
        `insert into ${columns}, expires_at) values ($1, $2, $3,${columns.includes('epoch') ? ' 1,' : ''} now() + make_interval(secs => $4))`,
        instants,
      )
  }
  for (const [table, forget] of [
    ['pairing_requests', forgetRequests],
    ['pairing_codes', forgetCodes],
  ] as const) {
    expect(await trim(api.database, forget, {})).toBeGreaterThan(0)
    const rows = await api.database.query(`select instance_id from ${table} where instance_id in ('over', 'good')`)
    expect(rows).toEqual([{ instance_id: 'good' }])
  }
})

test('[A1] an instance that rests is started for it, once', async () => {
  await create('resting')
  await owner.park(await own('resting'), taskOf({ wanted: 'running', restartCount: 0 }))
  const asking = ask('resting')
  const request = await requested('resting')
  await until('it to be started', async () => {
    const wanted = (await owner.readWanted()).find(one => one.instanceId === 'resting')
    return wanted?.restartCount === 1
  })
  await answer(request, { phone, code: 'AWAKE123' })
  expect((await asking).json.code).toBe('AWAKE123')
  expect((await owner.readWanted()).find(one => one.instanceId === 'resting')).toMatchObject({ restartCount: 1 })
})

test('[A1] without an owner it is 409 with the state, after 20 s', async () => {
  const hasty = await openTestApi('api-pairing-code-hasty', logger, { pairingCodeWaitMs: 300 })
  await hasty.call('POST', '/v1/instances', { body: { id: 'alone', name: 'alone' } })
  const { status, json } = await hasty.call('POST', '/v1/instances/alone/pairing-code', { body: { phone } })
  expect(status).toBe(409)
  expect(json).toMatchObject({
    type: 'urn:zaplog:problem:no-pairing-code',
    detail: 'instance alone is created: no pairing code came within 0.3 s; ask again',
  })
  await hasty.close()
})

test('[A1] a paired instance is 409 already-paired, also for whoever is waiting; none and a deleted one are 404', async () => {
  await create('paired')
  const waiting = ask('paired')
  await requested('paired')
  await tell(state('paired', { state: 'open', phone }))
  expect((await waiting).json).toMatchObject({ type: 'urn:zaplog:problem:already-paired', status: 409 })
  expect((await ask('paired')).json).toMatchObject({ type: 'urn:zaplog:problem:already-paired', status: 409 })
  expect((await ask('nobody')).json).toMatchObject({ type: 'urn:zaplog:problem:instance-not-found', status: 404 })
  await create('deleted')
  await api.call('DELETE', '/v1/instances/deleted')
  expect((await ask('deleted')).json).toMatchObject({ type: 'urn:zaplog:problem:instance-not-found', status: 404 })
})

test.each([
  ['without a country', '011 90000-0011'],
  ['a word', 'mine'],
  ['a group', '120363000000000001@g.us'],
  ['a LID', '200000000000011@lid'],
  ['an address of four digits', '5511@c.us'],
  ['an address of sixteen digits', '5511900000011000@s.whatsapp.net'],
  ['an address that begins with 0', '011900000011@s.whatsapp.net'],
  ['a number, not text', 5511900000011],
  ['nothing', null],
])('[A1] a phone that is %s is 422 in words', async (_what, given) => {
  const { status, json } = await ask('code', given)
  expect(status).toBe(422)
  expect(json).toMatchObject({ type: 'urn:zaplog:problem:invalid-input', errors: [{ pointer: '/phone' }] })
})

test('[A1] neither the code nor the number stands in a row that can be read', async () => {
  await create('sealed')
  const asking = ask('sealed')
  const request = await requested('sealed')
  const rowsOf = (table: string) => api.database.query<{ text: string }>(`select r::text as text from ${table} r`)
  const requests = await rowsOf('pairing_requests')
  await answer(request, { phone, code: 'SECRET12' })
  await asking
  const all = [...requests, ...(await rowsOf('pairing_codes'))].map(({ text }) => text).join('\n')
  expect(all).toContain('sealed')
  for (const secret of ['SECRET12', phone])
    for (const written of [secret, Buffer.from(secret).toString('hex')]) expect(all).not.toContain(written)
  expect(JSON.stringify(logger.lines)).not.toContain('SECRET12')
})
