// Whatever is done wrong with a call, its answer is one that /openapi.json has for it: walked over every call there is.
import { request as httpRequest } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { adminKey, openTestApi, type TestApi } from '../ground/api/open-test-api.ts'
import { collectLogLines } from '../ground/log-lines.ts'

type Operation = {
  security: readonly object[]
  requestBody?: object
  parameters?: readonly { in: string; name: string }[]
  responses: Record<string, { content?: Record<string, unknown> }>
}
type Call = { method: string; path: string; operation: Operation }
const logger = collectLogLines()
let api: TestApi
let paths: Record<string, Record<string, Operation>>
beforeAll(async () => {
  api = await openTestApi('api-documented-answers', logger)
  await api.call('POST', '/v1/instances', { body: { id: 'shop', name: 'Shop' } })
  paths = (await api.call('GET', '/openapi.json')).json.paths as typeof paths
})
afterAll(() => api.close())

const methodsOf = (path: string): string[] => {
  const described = Object.entries(paths)
    .filter(([other]) => new RegExp(`^${other.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(filled(path)))
    .flatMap(([, methods]) => Object.keys(methods).map(method => method.toUpperCase()))
  return [...new Set([...described, ...(described.includes('GET') ? ['HEAD'] : [])])].sort()
}
const calls = (): readonly Call[] =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  )
/** `{id}` is an instance that there is, or what is given. */
const filled = (path: string, id = 'shop') => path.replaceAll(/\{\w+\}/g, id)

async function expectDocumented({ method, path, operation }: Call, what: string, of: { at?: string; call?: object }) {
  const answer = await api.call(method, of.at ?? filled(path), of.call)
  const described = operation.responses[answer.status]
  const name = `${method} ${path}, ${what}: ${answer.status}`
  expect(described, name).toBeDefined()
  if (answer.status < 400 || method === 'HEAD') return
  const [type = ''] = (answer.headers.get('content-type') ?? '').split(';')
  expect([name, Object.keys(described?.content ?? {})]).toEqual([name, expect.arrayContaining([type])])
  if (type === 'application/problem+json') expect([name, answer.json.status]).toEqual([name, answer.status])
}

const json = { 'content-type': 'application/json' }
const bodies: Readonly<Record<string, object>> = {
  'no body': {},
  'an empty body': { rawBody: '', headers: json },
  'an unknown field': { body: { colour: 'red' } },
  'a list': { body: [] },
  'no JSON': { rawBody: '{"name":', headers: json },
  'no UTF-8': { rawBody: new Uint8Array([0x22, 0xff, 0x22]), headers: json },
  'half a surrogate pair': { rawBody: '{"name":"\\ud800"}', headers: json },
  'another type': { rawBody: '<a/>', headers: { 'content-type': 'application/xml' } },
  'no type that there could be': { rawBody: '{}', headers: { 'content-type': ';' } },
  'too much': { rawBody: `"${'x'.repeat(600_000)}"`, headers: json },
}

describe('what every call answers', () => {
  test.each(Object.entries(bodies))('[L] [I3] to a body that is %s is described', async (what, call) => {
    for (const one of calls()) if (!/^(GET|HEAD)$/.test(one.method)) await expectDocumented(one, what, { call })
  })

  test('[L] [I3] to parameters that cannot be read, are not valid or not known is described', async () => {
    for (const one of calls()) {
      for (const query of [
        'colour=red',
        'limit=0',
        'cursor=%FF',
        'q=%ED%A0%80',
        'waitFor=nonsense',
        'wait=x',
        'sig=%FF',
        'exp=x',
      ])
        await expectDocumented(one, query, { at: `${filled(one.path)}?${query}` })
      if (one.path.includes('{'))
        for (const id of ['nobody', 'a%00b', '%FF', '%zz', 'x'.repeat(499)])
          await expectDocumented(one, id, { at: filled(one.path, id) })
    }
  })

  test('[L] [I1] without a right key is described', async () => {
    for (const one of calls())
      for (const key of [null, 'wrong']) {
        await expectDocumented(one, `key ${key}`, { call: { key } })
        if (one.operation.security.length > 0)
          expect((await api.call(one.method, filled(one.path), { key })).status).toBeOneOf([401, 429])
      }
  })

  test('[L] with another method is 405 with those that are described', async () => {
    for (const path of Object.keys(paths)) {
      const methods = methodsOf(path)
      for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND']) {
        if (methods.includes(method)) continue
        const { status, headers } = await raw(method, filled(path))
        expect([method, path, status, headers.allow]).toEqual([method, path, 405, methods.join(', ')])
        if (method !== 'HEAD') expect(headers['content-type']).toBe('application/problem+json')
      }
    }
  })

  test('[L] to HEAD is what it answers to GET, without a body', async () => {
    for (const path of Object.keys(paths).filter(one => methodsOf(one).includes('GET'))) {
      const [head, get] = [await raw('HEAD', filled(path)), await raw('GET', filled(path))]
      expect([path, head.status, head.headers['content-type'], head.length]).toEqual([
        path,
        get.status,
        get.headers['content-type'],
        0,
      ])
    }
  })
})

test('[L] an unknown path is 404 for every method, with a key alone', async () => {
  for (let tries = 0; tries < 10; tries++) await raw('GET', '/v1/nothing', `wrong-${tries}`)
  for (const method of ['GET', 'HEAD', 'POST', 'DELETE', 'PROPFIND']) {
    expect([method, (await raw(method, '/v1/nothing')).status]).toEqual([method, 404])
    expect([method, (await raw(method, '/v1/nothing', `guess-${method}`)).status]).toEqual([method, 429])
  }
})

/** With methods that fetch does not send. */
const raw = (method: string, path: string, key = adminKey) =>
  new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; length: number }>((resolve, reject) => {
    const sent = httpRequest(new URL(path, api.url), { method, headers: { authorization: `Bearer ${key}` } }, answer => {
      let length = 0
      const isStream = method !== 'HEAD' && answer.headers['content-type']?.startsWith('text/event-stream') === true
      if (isStream)
        answer.once('close', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, length })).destroy()
      answer.on('data', data => {
        length += data.length
      })
      answer.once('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, length }))
    })
    sent.once('error', reject).end()
  })
