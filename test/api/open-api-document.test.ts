// /openapi.json describes every call that there is, and says of each who may call it and how it can be refused.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { collectLogLines } from '../log-lines.ts'
import { openTestApi, type TestApi } from './open-test-api.ts'

type Operation = { summary?: string; security?: object[]; responses: Record<string, { content?: Record<string, unknown> }> }
const logger = collectLogLines()
let api: TestApi
let paths: Record<string, Record<string, Operation>>
beforeAll(async () => {
  api = await openTestApi('api-document', logger)
  const { json } = await api.call('GET', '/openapi.json')
  expect(json.openapi).toBe('3.1.0')
  paths = json.paths as typeof paths
})
afterAll(() => api.close())

const operations = () =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation })),
  )

test('[L] every call of this version is described', () => {
  expect(
    operations()
      .map(one => one.name)
      .sort(),
  ).toEqual([
    'DELETE /v1/endpoints/{id}',
    'DELETE /v1/instances/{id}',
    'GET /health/live',
    'GET /health/ready',
    'GET /m/{eventId}',
    'GET /m/{eventId}/thumbnail',
    'GET /metrics',
    'GET /openapi.json',
    'GET /v1/deliveries',
    'GET /v1/deliveries/{id}',
    'GET /v1/endpoints',
    'GET /v1/endpoints/{id}',
    'GET /v1/events/{eventId}/deliveries',
    'GET /v1/instances',
    'GET /v1/instances/{id}',
    'GET /v1/instances/{id}/chats',
    'GET /v1/instances/{id}/contacts',
    'GET /v1/instances/{id}/media',
    'GET /v1/instances/{id}/messages',
    'GET /v1/instances/{id}/messages/{messageId}',
    'GET /v1/instances/{id}/qr',
    'GET /v1/stats',
    'GET /v1/version',
    'HEAD /m/{eventId}',
    'HEAD /m/{eventId}/thumbnail',
    'PATCH /v1/endpoints/{id}',
    'PATCH /v1/instances/{id}',
    'POST /v1/endpoints',
    'POST /v1/instances',
    'POST /v1/instances/{id}/logout',
    'POST /v1/instances/{id}/restart',
  ])
})

test('[L] each has a summary, an answer with a schema, and its refusals as problems', () => {
  for (const { name, operation } of operations()) {
    expect([name, operation.summary]).toEqual([name, expect.any(String)])
    const statuses = Object.entries(operation.responses)
    expect([name, statuses.some(([status]) => status.startsWith('2'))]).toEqual([name, true])
    for (const [status, { content }] of statuses)
      if (Number(status) >= 400 && !(name.includes('/health') && status === '503'))
        expect([name, status, Object.keys(content ?? {})]).toEqual([name, status, ['application/problem+json']])
  }
})

test('[I1] all but health and signed links need a key, metrics one of their own or the administrator’s, and say that it can be refused', () => {
  for (const { name, operation } of operations()) {
    const open = /\/(health|m)\b/.test(name)
    const own = name === 'GET /metrics' ? [{ metricsToken: [] }] : []
    expect([name, operation.security]).toEqual([name, open ? [] : [...own, { bearer: [] }, { apikey: [] }]])
    if (!open) expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(['401', '429']))
  }
})

test('[I3] what a call takes and answers is there in full', () => {
  const create = JSON.stringify(paths['/v1/instances']?.post)
  for (const field of ['ignoreNewsletters', '"additionalProperties":false', 'reasonText', 'createdAt'])
    expect(create).toContain(field)
})
