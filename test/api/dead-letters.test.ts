// Dead letters over HTTP: listed by what they have in common, page by page; read as the log has them; counted before anything is changed; discarded and given back.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { letterOf } from '../../src/dead-letters/letter.ts'
import { keepLetter } from '../../src/dead-letters/letter-rows.ts'
import { deadLetterOf } from '../../src/log/dead-letter.ts'
import { openTestApi, type TestApi } from '../ground/api/open-test-api.ts'
import { collectLogLines } from '../ground/log-lines.ts'

const never = new AbortController().signal
const parties = { projections: ['read-model'], deliveries: 'zaplog.webhooks' }
let api: TestApi
const at = (minute: number) => Date.UTC(2026, 0, 5, 12, minute)

/** Of each: who could not take it, whose it is, and when. */
const given = [
  ['zaplog.download-media', 'shop', 1],
  ['zaplog.download-media', 'store', 2],
  ['zaplog.webhooks', 'shop', 3],
  ['read-model', 'shop', 4],
] as const

beforeAll(async () => {
  api = await openTestApi('dead letter calls', collectLogLines())
  const { log, topic } = api.testLog
  for (const [nth, [processor, instanceId, minute]] of given.entries()) {
    const record = { topic: 'wa.events', partition: 0, offset: BigInt(nth), key: instanceId, value: Buffer.from(`v${nth}`) }
    const headers = { 'event-id': `e${nth}`, 'event-type': 'message.received', 'instance-id': instanceId }
    const failure = { code: 'parked', message: 'broken', attempts: 3, processor, firstFailedAt: at(minute) }
    const letter = deadLetterOf({ ...record, headers, recordedAt: at(0) }, failure)
    await log.append({ topic: topic('dead-letters'), records: [letter] }, never)
  }
})
afterAll(() => api.close())
beforeEach(async () => {
  const { log, topic } = api.testLog
  await api.database.query('delete from dead_letters')
  for await (const record of log.read(topic('dead-letters'), { from: 'first', until: 'end' }, never))
    await keepLetter(api.database, letterOf(record, parties))
})

type Listed = { id: string; eventId: string; state: string }
const list = async (query = '') => {
  const { json } = await api.call('GET', `/v1/dead-letters${query}`)
  return { data: json.data as Listed[], nextCursor: json.nextCursor as string | null }
}
const ids = async (query = '') => (await list(query)).data.map(one => one.eventId)

test('[G2] they are listed newest first, by whom, whose, which state and when, page by page', async () => {
  expect(await ids()).toEqual(['e3', 'e2', 'e1', 'e0'])
  expect(await ids('?source=delivery')).toEqual(['e2'])
  expect(await ids('?source=projection')).toEqual(['e3'])
  expect(await ids('?processor=zaplog.download-media')).toEqual(['e1', 'e0'])
  expect(await ids('?instanceId=store')).toEqual(['e1'])
  expect(await ids('?state=redriven')).toEqual([])
  expect(await ids('?after=2026-01-05T12:02:00Z&before=2026-01-05T12:04:00Z')).toEqual(['e2', 'e1'])
  const first = await list('?limit=3')
  expect(first.data).toHaveLength(3)
  expect(await ids(`?limit=3&cursor=${first.nextCursor}`)).toEqual(['e0'])
  expect((await api.call('GET', '/v1/dead-letters?cursor=bad')).status).toBe(422)
  expect((await api.call('GET', '/v1/dead-letters', { key: null })).status).toBe(401)
})

test('[G2] one is read with where it was, its headers and, asked for, its bytes', async () => {
  const [letter] = (await list('?instanceId=store')).data
  const { status, json } = await api.call('GET', `/v1/dead-letters/${letter?.id}?value=base64`)
  expect(status).toBe(200)
  expect(json).toMatchObject({
    ...{ topic: 'wa.events', partition: 0, offset: '1', code: 'parked', error: 'broken', attempts: 3, sizeBytes: 2 },
    ...{ failedAt: '2026-01-05T12:02:00.000Z', value: Buffer.from('v1').toString('base64') },
    headers: { 'event-id': 'e1', 'x-processor': 'zaplog.download-media' },
  })
  expect((await api.call('GET', `/v1/dead-letters/${letter?.id}`)).json).not.toHaveProperty('value')
  expect((await api.call('GET', '/v1/dead-letters/dl_0')).json).toMatchObject({ status: 404 })
})

test('[G2] [I3] a change has to say which, and a dry run counts and changes nothing', async () => {
  const redrive = (body: object) => api.call('POST', '/v1/dead-letters/redrive', { body })
  expect((await redrive({})).status).toBe(422)
  expect((await redrive({ dryRun: true })).status).toBe(422)
  expect((await redrive({ processors: 'x' })).status).toBe(422)
  expect((await api.call('DELETE', '/v1/dead-letters')).status).toBe(422)
  expect(await redrive({ instanceId: 'shop', dryRun: true })).toMatchObject({ status: 200, json: { letters: 2, dryRun: true } })
  const path = '/v1/dead-letters?instanceId=shop&dryRun=true'
  expect(await api.call('DELETE', path)).toMatchObject({ status: 200, json: { letters: 3, dryRun: true } })
  expect((await list()).data.every(one => one.state === 'dead')).toBe(true)
})

test('[G2] what is given back is said, is not discarded meanwhile, and what a projection passed over is not given back', async () => {
  const answer = await api.call('POST', '/v1/dead-letters/redrive', { body: { instanceId: 'shop' } })
  expect(answer).toMatchObject({ status: 202, json: { letters: 2, dryRun: false } })
  expect(await ids('?state=redriving')).toEqual(['e2', 'e0'])
  const [busy] = (await list('?state=redriving')).data
  expect(await api.call('DELETE', `/v1/dead-letters/${busy?.id}`)).toMatchObject({
    status: 409,
    json: { type: 'urn:zaplog:problem:dead-letter-busy' },
  })
  const [left] = (await list('?instanceId=store')).data
  expect((await api.call('DELETE', `/v1/dead-letters/${left?.id}`)).status).toBe(204)
  expect((await api.call('DELETE', `/v1/dead-letters/${left?.id}`)).status).toBe(204)
  expect(await api.call('DELETE', '/v1/dead-letters?source=projection')).toMatchObject({ status: 200, json: { letters: 1 } })
  expect(await ids('?state=discarded')).toEqual(['e3', 'e1'])
  expect((await api.call('DELETE', '/v1/dead-letters/dl_0')).status).toBe(404)
})
