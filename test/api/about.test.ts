// What runs here and how much of it there is.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestApi, type TestApi } from '../ground/api/open-test-api.ts'
import { appendEvents, projectEvents } from '../ground/api/project-events.ts'
import { anEvent } from '../ground/events.ts'
import { collectLogLines } from '../ground/log-lines.ts'

const logger = collectLogLines()
let api: TestApi
let projection: { close(): Promise<void> }
beforeAll(async () => {
  api = await openTestApi('api-about', logger)
  projection = await projectEvents(api, logger)
})
afterAll(async () => {
  await projection.close()
  await api.close()
})

test('[L] the version is that of the process', async () => {
  expect((await api.call('GET', '/v1/version')).json).toEqual({ version: '0.0.0-test', node: process.version })
})

test('[A1] statistics count instances by state, without deleted ones, and endpoints', async () => {
  for (const id of ['one', 'two', 'gone']) await api.call('POST', '/v1/instances', { body: { id, name: id } })
  await api.call('DELETE', '/v1/instances/gone')
  await api.call('POST', '/v1/endpoints', { body: { url: 'https://hooks.example.com/a' } })
  await api.call('POST', '/v1/endpoints', { body: { url: 'https://hooks.example.com/b', enabled: false } })
  const position = await appendEvents(api, [anEvent('instance.state-changed', { instanceId: 'two', state: 'open' })])
  await api.call('GET', `/v1/instances?waitFor=${position}`)
  const { status, json } = await api.call('GET', '/v1/stats')
  expect(status).toBe(200)
  expect(json).toEqual({
    instances: { total: 2, byState: { created: 1, open: 1 } },
    endpoints: { total: 2, enabled: 1 },
    messages: { estimated: 0, exact: true },
    media: { estimated: 0, exact: true },
    startedAt: '2026-01-05T12:00:00.000Z',
  })
})

test('[A1] messages are counted while they are few, and never said to be fewer than were seen', async () => {
  const sizes = async () => (await api.call('GET', '/v1/stats')).json.messages
  const position = await appendEvents(
    api,
    ['A', 'B', 'C'].map(messageId => anEvent('message.received', { instanceId: 'two', messageId })),
  )
  await api.call('GET', `/v1/instances?waitFor=${position}`)
  expect(await sizes()).toEqual({ estimated: 3, exact: true })
  await api.database.query(
    `insert into messages (event_id, instance_id, message_id, from_me, epoch, sequence, kind, is_group, occurred_at, changed_by_event)
     select 'more' || n, 'two', 'more' || n, false, 1, n, 'text', false, now(), 'more' || n from generate_series(1, 10000) n`,
  )
  expect(await sizes()).toEqual({ estimated: 10_001, exact: false })
  await api.database.query('analyze read_model_1.messages')
  expect(await sizes()).toEqual({ estimated: 10_003, exact: false })
})

test('[H3] the API’s own check is ok while nothing is owed to the log', () => {
  expect(api.apiRole.checks()).toEqual([{ name: 'api', state: 'ok', detail: '' }])
})
