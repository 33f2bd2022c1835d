// What the API says when something behind it is away: 503 with Retry-After where waiting helps, 500 without details where it does not.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DatabaseError } from '../../src/database/database.ts'
import { LogError } from '../../src/log/log.ts'
import { openTestApi, type TestApi } from '../ground/api/open-test-api.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines(['request.failed', 'api.record-refused'])
let api: TestApi
/** `append`: of this instance's records, or of all. */
const broken: { query: Error | null; append: Error | null; appendsOf: string | null } = {
  query: null,
  append: null,
  appendsOf: null,
}
beforeAll(async () => {
  api = await openTestApi('api-outages', logger, {
    database: database => ({
      ...database,
      query: (sql, values) => (broken.query === null ? database.query(sql, values) : Promise.reject(broken.query)),
    }),
    log: log => ({
      ...log,
      append: (append, signal) =>
        broken.append === null || (broken.appendsOf !== null && append.records.every(({ key }) => key !== broken.appendsOf))
          ? log.append(append, signal)
          : Promise.reject(broken.append),
    }),
  })
})
afterAll(() => api.close())

test('[I3] a database that is away is 503 with Retry-After, and the next request after it works', async () => {
  broken.query = new DatabaseError('unreachable', 'querying: connection refused to db.internal:5432')
  const answer = await api.call('GET', '/v1/instances')
  broken.query = null
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5'])
  expect(answer.json).toMatchObject({ type: 'urn:zaplog:problem:unavailable' })
  expect(answer.text).not.toContain('db.internal')
  expect((await api.call('GET', '/v1/instances')).status).toBe(200)
})

test('[I3] a commit whose answer was lost is said, so that nobody repeats the change blindly', async () => {
  broken.query = new DatabaseError('commit-unknown', 'committing: connection lost')
  const answer = await api.call('GET', '/v1/instances')
  broken.query = null
  expect(answer.json).toMatchObject({ status: 503, detail: expect.stringContaining('read it again before repeating') })
})

test('[I2] what nobody expected is 500, its reason in the log and not in the answer', async () => {
  broken.query = new Error('password=hunter2')
  const answer = await api.call('GET', '/v1/instances')
  broken.query = null
  expect(answer.status).toBe(500)
  expect(answer.json).toEqual({
    type: 'urn:zaplog:problem:internal',
    title: 'Something went wrong here',
    status: 500,
    detail: 'the request could not be answered; the reason is in the log of the server',
  })
  expect(logger.lines.findLast(line => line.event === 'request.failed')).toMatchObject({
    level: 'error',
    fields: { method: 'GET', route: '/v1/instances', statusCode: 500, error: 'password=hunter2' },
  })
})

test('[A1] while the log is away an instance can be created; its event follows by itself, and health says so meanwhile', async () => {
  broken.append = new LogError('unavailable', 'appending 1 record to events: leader not available')
  const created = await api.call('POST', '/v1/instances', { body: { id: 'early', name: 'Early' } })
  expect([created.status, created.headers.get('zaplog-position')]).toEqual([201, null])
  expect((await api.call('GET', '/v1/instances/early')).status).toBe(200)
  const owed = async () => (await api.database.query('select 1 from api_outbox where appended_at is null')).length
  expect(await owed()).toBe(1)
  await until('health is degraded', () => api.apiRole.checks()[0]?.state === 'degraded')
  expect(api.apiRole.checks()[0]?.detail).toContain('waiting for the log')
  broken.append = null
  await until('the event is appended', async () => (await owed()) === 0)
  await until('health is ok', () => api.apiRole.checks()[0]?.state === 'ok')
})

test('[A1] what the log refuses of one instance for good is said and waits, and the changes of others go on', async () => {
  broken.append = new LogError('record-too-large', 'appending 1 record: 2 bytes are taken')
  broken.appendsOf = 'large'
  const created = await api.call('POST', '/v1/instances', { body: { id: 'large', name: 'Large' } })
  expect([created.status, created.headers.get('zaplog-position')]).toEqual([201, null])
  const other = await api.call('POST', '/v1/instances', { body: { id: 'other', name: 'Other' } })
  expect([other.status, other.headers.get('zaplog-position')]).toEqual([201, expect.any(String)])
  await until('health says whose', () => api.apiRole.checks()[0]?.detail.includes('refuses for good') === true)
  expect(api.apiRole.checks()[0]).toMatchObject({ state: 'degraded', detail: expect.stringContaining('first large') })
  broken.append = null
  await until('it is appended once the log takes it', () => api.apiRole.checks()[0]?.state === 'ok')
  expect(await api.database.query('select 1 from api_outbox where appended_at is null')).toEqual([])
  expect(logger.lines.filter(line => line.event === 'api.record-refused')).toMatchObject([{ fields: { instanceId: 'large' } }])
})

test('[H3] each request is one line with its route and without its query', async () => {
  await api.call('GET', '/v1/instances/early?x=secret')
  const line = logger.lines.findLast(one => one.event === 'request.answered')
  expect(line?.fields).toEqual({ method: 'GET', route: '/v1/instances/:id', statusCode: 422, durationMs: expect.any(Number) })
})
