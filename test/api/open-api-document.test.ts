// /openapi.json describes every call that there is, and says of each who may call it and how it can be refused.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { callVerbs } from '../../src/cli/generated/call-verbs.ts'
import { ownVerbs } from '../../src/cli/verbs-of-calls.ts'
import { settings as settingsShape } from '../../src/instances/instance-settings.ts'
import { endpointInput } from '../../src/webhooks/endpoints/settings.ts'
import { contractCalls } from '../ground/api/contract-calls.ts'
import { inlined } from '../ground/api/inlined.ts'
import { adminKey, openTestApi, type TestApi } from '../ground/api/open-test-api.ts'
import { collectLogLines } from '../ground/log-lines.ts'

type Media = {
  schema: Exclude<Parameters<typeof z.fromJSONSchema>[0], boolean>
  example?: unknown
  examples?: Record<string, { value: unknown }>
}
type Operation = {
  summary?: string
  security?: object[]
  parameters?: readonly { name: string }[]
  requestBody?: { content: Record<string, Media> }
  responses: Record<string, { content?: Record<string, Media> }>
  'x-not-in-this-version'?: boolean
}
const logger = collectLogLines()
let api: TestApi
let paths: Record<string, Record<string, Operation>>
beforeAll(async () => {
  api = await openTestApi('api-document', logger)
  const { json } = await api.call('GET', '/openapi.json')
  expect(json.openapi).toBe('3.1.0')
  paths = inlined(json).paths as typeof paths
})
afterAll(() => api.close())

const isLater = (operation: Operation) => operation['x-not-in-this-version'] === true
const operations = () =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation })),
  )

/** Both a GET's HEAD and a spelling of parameters are the router's business. */
const isOfContract = (name: string) => contractCalls.includes(name.replace(/^HEAD /, 'GET '))

test('[L] every call of the contract is described, those of a later version as such, and nothing else', () => {
  const described = operations().map(one => one.name)
  expect(contractCalls.filter(name => !described.includes(name))).toEqual([])
  expect(described.filter(name => !isOfContract(name))).toEqual([])
  expect(operations().some(({ operation }) => isLater(operation))).toBe(true)
  for (const { name, operation } of operations()) expect([name, '501' in operation.responses]).toEqual([name, isLater(operation)])
})

test('[L] every call of the contract is there: it answers, or says that it comes later and what to use instead, and none is unknown', async () => {
  for (const { name, operation } of operations()) {
    const [method = '', path = ''] = name.split(' ')
    const { status, json } = await api.call(method, path.replaceAll(/\{\w+\}/g, 'nothing'))
    expect([name, status === 501]).toEqual([name, isLater(operation)])
    expect([name, json.type]).not.toEqual([name, 'urn:zaplog:problem:not-found'])
    if (isLater(operation)) expect(json).toMatchObject({ type: 'urn:zaplog:problem:not-in-this-version', status: 501 })
  }
  const retention = await api.call('GET', '/v1/retention')
  expect(retention.json.detail).toBe('GET /v1/retention comes with a later version; for now: nothing is')
})

test('[L] what comes later is said before a body is read, and only to who has a key; the log has no failure of it', async () => {
  const post = (key: string | null, rawBody: string) => api.call('POST', '/v1/media/retry', { key, rawBody })
  expect((await post(adminKey, '{"chatId":')).status).toBe(501)
  expect((await post(null, '{}')).status).toBe(401)
  expect(logger.lines.filter(line => line.event === 'request.failed')).toEqual([])
})

test('[L] every list takes cursor, limit, after and before', () => {
  const lists = operations().filter(({ operation }) => JSON.stringify(operation.responses['200'] ?? '').includes('nextCursor'))
  expect(lists.length).toBeGreaterThan(7)
  for (const { name, operation } of lists)
    expect([name, operation.parameters?.map(one => one.name)]).toEqual([
      name,
      expect.arrayContaining(['cursor', 'limit', 'after', 'before']),
    ])
})

test('[L] each has a summary, an answer with a schema, and its refusals as problems', () => {
  for (const { name, operation } of operations()) {
    expect([name, operation.summary]).toEqual([name, expect.any(String)])
    const statuses = Object.entries(operation.responses)
    expect([name, statuses.some(([status]) => status.startsWith('2'))]).toEqual([name, !isLater(operation)])
    for (const [status, { content }] of statuses)
      if (Number(status) >= 400 && !(name.includes('/health') && status === '503'))
        expect([name, status, Object.keys(content ?? {})]).toEqual([name, status, ['application/problem+json']])
  }
})

test('[I1] all but health, the page and signed links need a key, metrics one of their own or the administrator’s, and say that it can be refused', () => {
  for (const { name, operation } of operations()) {
    const open = /\/(health|m)\b/.test(name) || name === 'GET /'
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

test('[L] a PATCH is described by the fields that it may have, each of which null takes back', () => {
  const fieldsOf = (path: string) => paths[path]?.patch?.requestBody?.content['application/json']?.schema.properties ?? {}
  const settings = JSON.stringify(fieldsOf('/v1/instances/{id}').settings)
  for (const name of Object.keys(settingsShape.shape)) expect(settings).toContain(`"${name}":{"anyOf":`)
  expect(settings).toContain('nothing of groups is stored or sent on')
  expect(Object.keys(fieldsOf('/v1/endpoints/{id}'))).toEqual(Object.keys(endpointInput.shape))
})

/** What is no verb of its own: `webhooks listen` and `upload` make some of these, and others administer the server. */
const withoutVerb = [
  ...['POST', 'GET'].map(method => `${method} /v1/listeners`),
  ...['GET /v1/listeners/{id}', 'DELETE /v1/listeners/{id}', 'GET /v1/listeners/{id}/deliveries'],
  ...['POST /v1/listeners/{id}/deliveries/{deliveryId}', 'GET /v1/endpoints/{id}', 'PATCH /v1/endpoints/{id}'],
  ...['GET /v1/deliveries', 'GET /v1/deliveries/{id}', 'GET /v1/events/{eventId}/deliveries', 'GET /v1/events/{eventId}'],
  ...['GET /v1/instances/{id}/accounting', 'GET /v1/stats', 'GET /v1/version'],
]

test('[H7] [F1] every call is a verb of the command line, or known to be none', () => {
  const made = callVerbs.map(({ method, path }) => `${method} ${path.replace('{instance}', '{id}')}`)
  const known = [...made, ...Object.keys(ownVerbs), ...withoutVerb]
  const calls = operations().filter(({ name, operation }) => !isLater(operation) && /^(?!HEAD)\w+ \/v1\//.test(name))
  expect(calls.map(({ name }) => name).filter(name => !known.includes(name))).toEqual([])
})

/** Pictures and pages are looked at, not read. */
const isReadByPrograms = (type: string) => /json$|event-stream$/.test(type)
const mediaOf = ({ requestBody, responses }: Operation): readonly [string, Media][] => [
  ...Object.entries(requestBody?.content ?? {}).map(([, media]): [string, Media] => ['body', media]),
  ...Object.entries(responses)
    .filter(([status]) => status.startsWith('2'))
    .flatMap(([status, { content = {} }]) =>
      Object.entries(content)
        .filter(([type]) => isReadByPrograms(type))
        .map(([, media]): [string, Media] => [status, media]),
    ),
]
/** Where OpenAPI has them, and where JSON schema does. */
const examplesOf = ({ schema, example, examples = {} }: Media): readonly unknown[] => [
  ...(example === undefined ? [] : [example]),
  ...Object.values(examples).map(({ value }) => value),
  ...(schema.examples ?? []),
]
const bodyExamples = (operation: Operation) => Object.values(operation.requestBody?.content ?? {}).flatMap(examplesOf)

test('[L] [F1] every body and every answer has an example, and each is as its shape says', () => {
  const all = operations()
    .filter(({ operation }) => !isLater(operation))
    .flatMap(({ name, operation }) => mediaOf(operation).map(([where, media]) => ({ name: `${name}: ${where}`, media })))
  expect(all.flatMap(({ name, media }) => (examplesOf(media).length === 0 ? [name] : []))).toEqual([])
  for (const { name, media } of all) {
    const shape = z.fromJSONSchema(media.schema)
    for (const one of examplesOf(media)) expect([name, shape.safeParse(one).error]).toEqual([name, undefined])
  }
})

const named: Readonly<Record<string, string>> = {
  jid: '120363000000000001@g.us',
  chatId: '5511900000011',
  personId: '5511900000011',
  channelId: '120363000000000002@newsletter',
  labelId: '1',
}

test('[L] [F1] each example of a body is taken by its call, as far as there is what it is about', async () => {
  for (const { name, operation } of operations()) {
    const [method = '', path = ''] = name.split(' ')
    for (const body of bodyExamples(operation)) {
      const { status, text } = await api.call(
        method,
        path.replaceAll(/\{(\w+)\}/g, (_, key) => named[key] ?? 'nobody'),
        { body },
      )
      expect([name, body, status, text]).toEqual([name, body, expect.toBeOneOf([200, 201, 404]), text])
    }
  }
})

test('[F1] a message of each kind that can be sent has an example', () => {
  const media = paths['/v1/instances/{id}/messages']?.post?.requestBody?.content['application/json']
  const kindOf = z.object({ properties: z.object({ kind: z.object({ enum: z.tuple([z.string()]) }) }) })
  const { oneOf } = z.object({ oneOf: z.array(kindOf) }).parse(media?.schema)
  const shown = z.array(z.object({ kind: z.string() })).parse(media === undefined ? [] : examplesOf(media))
  expect(oneOf.length).toBeGreaterThan(15)
  expect(new Set(shown.map(({ kind }) => kind))).toEqual(new Set(oneOf.map(({ properties }) => properties.kind.enum[0])))
})
