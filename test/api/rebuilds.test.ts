// Rebuilds over HTTP and on the command line: what is wrong is said by field, a dry run makes nothing, and only one is there at a time.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { rebuildOnce } from '../../src/cli/rebuild.ts'
import { readModel } from '../../src/projections/read-model/read-model.ts'
import { adminKey, openTestApi, partitions, type TestApi } from '../ground/api/open-test-api.ts'
import { anEvent } from '../ground/events.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { makeCheckpoints } from '../ground/projections/make-checkpoints.ts'

const never = new AbortController().signal
let api: TestApi
beforeAll(async () => {
  api = await openTestApi('rebuild calls', collectLogLines())
  const { codec, log } = api.testLog
  await makeCheckpoints(api.database, readModel, partitions)
  const records = Array.from({ length: 5 }, () => codec.encode(anEvent('message.received')))
  const [at] = await log.append({ topic: 'wa.events', records }, never)
  await api.database.query(
    `update projection_checkpoints set offsets = offsets || '{"events": "5"}' where projection = 'read-model' and partition = $1`,
    [at?.partition],
  )
})
afterAll(() => api.close())

const post = (body: object, path = '') => api.call('POST', `/v1/rebuilds${path}`, { body })
const rebuilds = async () => (await api.database.query('select from rebuilds')).length

test('[D3] [I3] what cannot be rebuilt is refused in words, by its field', async () => {
  for (const [body, pointer, expected] of [
    [{ projection: 'webhook-stream' }, '/projection', /handed over from version to version/],
    [{ projection: 'commands' }, '/projection', /neither is rebuilt/],
    [{ swap: 'later' }, '/swap', /auto or manual/],
    [{ colour: 'red' }, '/colour', /no such field/],
  ] as const) {
    const { status, json } = await post(body)
    expect([status, (json.errors as { pointer: string }[])[0]?.pointer]).toEqual([422, pointer])
    expect(JSON.stringify(json.errors)).toMatch(expected)
  }
  expect((await api.call('GET', '/v1/rebuilds/rb_0')).json).toMatchObject({ status: 404 })
  expect(await rebuilds()).toBe(0)
})

test('[D3] a dry run says how many records of which partition, how large and how long, and makes nothing', async () => {
  const { status, json } = await post({ dryRun: true })
  expect(status).toBe(200)
  expect(json).toMatchObject({ projection: 'read-model', records: 5, forgotten: 0, seconds: { alone: 1, slowest: 1 } })
  expect(json.partitions).toEqual([expect.objectContaining({ topic: 'events', firstOffset: '0', untilOffset: '5', records: 5 })])
  expect(json.sizeBytes).toBeGreaterThan(0)
  expect(await rebuilds()).toBe(0)
})

test('[D3] one is asked for, a second is told which one there is; each call says in which state it is taken', async () => {
  const { status, json } = await post({ swap: 'manual' })
  expect([status, json.state, json.swap, json.records]).toEqual([201, 'filling', 'manual', null])
  const second = await post({})
  expect([second.status, second.json.type]).toEqual([409, expect.stringContaining('rebuild-exists')])
  expect(second.json.detail).toContain(String(json.id))
  for (const early of ['swap', 'rollback']) {
    const answer = await post({}, `/${json.id}/${early}`)
    expect([early, answer.status, answer.json.detail]).toEqual([early, 409, expect.stringContaining('the rebuild is filling')])
  }
  expect((await api.call('DELETE', `/v1/rebuilds/${json.id}`)).status).toBe(409)
  expect((await api.call('GET', '/v1/rebuilds')).json.data).toMatchObject([{ id: json.id, state: 'filling' }])

  await api.database.query(`update rebuilds set state = 'swapped', wanted = 'rollback' where rebuild_id = $1`, [json.id])
  expect(await api.call('DELETE', `/v1/rebuilds/${json.id}`)).toMatchObject({
    status: 409,
    json: { detail: expect.stringContaining('its rollback is about to be done') },
  })
  await api.database.query(`update rebuilds set state = 'ready', wanted = null where rebuild_id = $1`, [json.id])
  const cancelled = await post({}, `/${json.id}/cancel`)
  expect([cancelled.status, cancelled.json.state]).toEqual([202, 'cancelled'])
  expect((await api.call('DELETE', `/v1/rebuilds/${json.id}`)).status).toBe(204)
  expect((await api.call('GET', `/v1/rebuilds/${json.id}`)).status).toBe(404)
})

test('[D3] [H7] zaplog rebuild read-model: --dry-run counts, and what cannot be rebuilt is refused', async () => {
  const how = { progress: { show: () => undefined, close: () => undefined }, stopping: never }
  const settings = { base: api.url, key: adminKey, keyFrom: 'ADMIN_API_KEY', zaplog: 'zaplog' }
  const { json } = await rebuildOnce(settings, 'read-model', { dryRun: true }, how)
  expect(json).toMatchObject({ records: 5 })
  await expect(rebuildOnce(settings, 'commands', {}, how)).rejects.toThrow(/neither is rebuilt/)
})
