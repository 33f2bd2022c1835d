// Projections over HTTP and on the command line: which accounts each leaves out, since what, and how much waits; what is asked for is a row that its owner sees.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { changeOnce, projectionsText } from '../../src/cli/projections.ts'
import { readModel } from '../../src/projections/read-model/read-model.ts'
import { adminKey, openTestApi, partitions, type TestApi } from '../ground/api/open-test-api.ts'
import { anEvent } from '../ground/events.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { makeCheckpoints } from '../ground/projections/make-checkpoints.ts'
import { until } from '../ground/until.ts'

const never = new AbortController().signal
let api: TestApi
let partition = 0
beforeAll(async () => {
  api = await openTestApi('projection calls', collectLogLines())
  const { codec, log } = api.testLog
  await makeCheckpoints(api.database, readModel, partitions)
  const records = Array.from({ length: 5 }, () => codec.encode(anEvent('message.received')))
  const [at] = await log.append({ topic: 'wa.events', records }, never)
  partition = at?.partition ?? 0
  await api.database.query(
    `update projection_checkpoints set offsets = offsets || '{"events": "4"}' where projection = 'read-model' and partition = $1`,
    [partition],
  )
})
afterAll(() => api.close())
beforeEach(async () => {
  await api.database.query('delete from projection_quarantine')
  await api.database.query(
    `insert into projection_quarantine (projection, version, partition, key, offsets, topic, "offset", error_code, error_message)
     values ('read-model', 1, $1, 'shop', '{"events": "1"}', 'events', '1', 'not-decodable', 'no avro')`,
    [partition],
  )
})

type Shown = {
  name: string
  version: number
  state: string
  lagRecords: number
  keys: { asked: string | null }[]
  skipped: object[]
}
const shown = async () => (await api.call('GET', '/v1/projections')).json.data as Shown[]
const shownOf = async (key: string) => (await api.call('GET', `/v1/projections?key=${key}`)).json.data as Shown[]
const ask = (path: string, body: object = {}) => api.call('POST', `/v1/projections/${path}`, { body })
const change = (doing: 'resume' | 'skip', more: object = {}) =>
  changeOnce(
    { base: api.url, key: adminKey, keyFrom: 'ADMIN_API_KEY', zaplog: 'zaplog' },
    { doing, key: 'shop', wait: false, ...more },
    never,
  )
const row = async () => {
  const [one] = await api.database.query<{ resume: boolean; skip: boolean }>(
    'select resume_requested_at is not null as resume, skip_requested_at is not null as skip from projection_quarantine',
  )
  return one
}

test('[G2] each is listed with its lag, and each account with since which record, why, and how many records wait', async () => {
  const all = await shown()
  expect(all.map(one => one.name)).toEqual(['read-model', 'webhook-stream', 'commands'])
  expect(all[0]).toMatchObject({
    ...{ version: 1, state: 'leaving-out', lagRecords: 1, skipped: [] },
    keys: [
      {
        ...{
          key: 'shop',
          topic: 'events',
          partition,
          offset: '1',
          code: 'not-decodable',
          error: 'no avro',
          held: 3,
          asked: null,
        },
        since: expect.any(String),
      },
    ],
  })
  expect(all[1]).toMatchObject({ state: 'projecting', keys: [] })
})

test('[G2] of one account alone it is asked whether it is left out, and nothing is counted', async () => {
  expect((await shownOf('shop'))[0]).toMatchObject({ state: 'leaving-out', keys: [{ key: 'shop', offset: '1', held: null }] })
  expect((await shownOf('store'))[0]).toMatchObject({ state: 'leaving-out', keys: [] })
  expect((await api.call('GET', '/v1/projections?key=')).status).toBe(422)
  expect((await api.call('GET', '/v1/projections?key=%00')).status).toBe(422)
})

test('[G2] [H7] an account behind a thousand others is asked for, given back and waited for as any other', async () => {
  await api.database.query(
    `insert into projection_quarantine (projection, version, partition, key, offsets, topic, "offset", error_code, error_message, quarantined_at)
     select projection, version, partition, 'a' || nth, '{"events": "4"}', topic, "offset", error_code, error_message, now() - interval '1 hour'
     from projection_quarantine, generate_series(1, 1000) as nth`,
  )
  expect((await shown()).map(one => one.keys.length)).toEqual([1000, 0, 0])
  expect((await shownOf('shop')).map(one => one.keys.length)).toEqual([1, 0, 0])
  const changing = change('skip', { wait: true })
  await until('the skip is asked for', async () => ((await shownOf('shop'))[0]?.keys ?? []).some(one => one.asked === 'skip'))
  await api.database.query(`delete from projection_quarantine where key = 'shop'`)
  expect((await changing).json).toMatchObject({ projections: ['read-model'], done: true })
})

test('[G2] a resume and a skip are asked for in the row, for whoever owns the partition', async () => {
  expect(await ask('read-model/keys/shop/resume')).toMatchObject({ status: 202, json: { key: 'shop', asked: 'resume' } })
  expect(await row()).toEqual({ resume: true, skip: false })
  expect(await ask('read-model/keys/shop/skip', { offset: '1' })).toMatchObject({ status: 202, json: { asked: 'skip' } })
  expect(await row()).toEqual({ resume: true, skip: true })
  expect((await shown())[0]?.keys).toMatchObject([{ asked: 'skip' }])
})

test('[G2] a skip of another record than the one in the way is refused, and so is what is not left out', async () => {
  expect(await ask('read-model/keys/shop/skip', { offset: '0' })).toMatchObject({
    status: 409,
    json: { type: 'urn:zaplog:problem:another-record', detail: expect.stringContaining('offset 1') },
  })
  expect(await row()).toEqual({ resume: false, skip: false })
  expect((await ask('read-model/keys/store/skip')).json.type).toBe('urn:zaplog:problem:projection-key-not-found')
  expect((await ask('commands/keys/shop/resume')).status).toBe(404)
  expect((await ask('nothing/keys/shop/resume')).json.type).toBe('urn:zaplog:problem:projection-not-found')
  expect((await ask('read-model/keys/shop/skip', { offset: 'one' })).status).toBe(422)
})

test('[H7] zaplog projections skip and resume ask for it, and say whether it is projected again or why not', async () => {
  expect((await change('skip')).json).toEqual({ doing: 'skip', key: 'shop', projections: ['read-model'], done: false })
  expect(await row()).toEqual({ resume: false, skip: true })
  await expect(change('resume', { projection: 'commands' })).rejects.toThrow(/commands does not leave out shop/)
  await expect(change('resume', { key: 'store' })).rejects.toThrow(/no projection leaves out store/)
  await api.database.query(
    `insert into projection_quarantine (projection, version, partition, key, offsets, topic, "offset", error_code, error_message)
     select 'commands', 1, partition, key, offsets, topic, "offset", error_code, 'too long' from projection_quarantine`,
  )
  await expect(change('skip')).rejects.toThrow(/read-model and commands leave out shop.*--projection/)
  expect((await change('resume')).json).toMatchObject({ projections: ['read-model', 'commands'] })
})

test('[H7] zaplog projections list says who is left out of what, why, and how to go on, also where much waits', () => {
  const key = {
    key: 'shop',
    topic: 'events',
    partition: 3,
    offset: '12',
    error: 'no avro',
    since: 'then',
    held: null,
    asked: null,
  }
  const one = { name: 'read-model', version: 1, state: 'leaving-out', lagRecords: 2, lagMs: 1500, keys: [key], skipped: [] }
  const text = projectionsText([one], 'zaplog')
  for (const words of ['read-model 1', 'events 3 at 12', 'no avro', 'many', 'zaplog projections skip'])
    expect(text).toContain(words)
  expect(projectionsText([{ ...one, keys: [] }], 'zaplog')).toContain('no account is left out')
})
