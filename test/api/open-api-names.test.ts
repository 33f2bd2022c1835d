// Everything in /openapi.json that a generated client would have to call something has a name, and keeps it.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { lintOpenApi } from '../../scripts/lint-open-api.ts'
import { nameShapes } from '../../src/api/name-shapes.ts'
import { openTestApi, type TestApi } from '../ground/api/open-test-api.ts'
import { operationIds } from '../ground/api/operation-ids.ts'
import { collectLogLines } from '../ground/log-lines.ts'

type Json = { readonly [name: string]: unknown }
type Paths = Record<string, Record<string, { operationId: string }>>
let api: TestApi
let text: string
let document: { paths: Paths; webhooks: Paths; components: { schemas: Record<string, Json> } }
beforeAll(async () => {
  api = await openTestApi('api-names', collectLogLines())
  text = (await api.call('GET', '/openapi.json')).text
  document = JSON.parse(text)
})
afterAll(() => api.close())

const operationsOf = (paths: Paths) =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId }]) => [`${method.toUpperCase()} ${path}`, operationId] as const),
  )

test('[L] [F1] every call and every webhook has a name of its own, which stays', () => {
  expect(Object.fromEntries(operationsOf(document.paths))).toEqual(operationIds)
  expect(operationsOf(document.webhooks)).toContainEqual(['POST message.received', 'onMessageReceived'])
  const all = [...operationsOf(document.paths), ...operationsOf(document.webhooks)].map(([, id]) => id)
  expect(all.filter((id, index) => !/^[a-z]\w+$/i.test(id) || all.indexOf(id) < index)).toEqual([])
})

test('[L] [F1] what stands in several places has a name and stands in one: no shape of three fields is there twice without', () => {
  const places = new Map<string, string[]>()
  const walk = (value: unknown, at: string): void => {
    if (typeof value !== 'object' || value === null) return
    const { properties, description: _, ...rest } = value as Json
    if (typeof properties === 'object' && properties !== null && Object.keys(properties).length >= 3) {
      const shape = JSON.stringify({ properties, ...rest })
      places.set(shape, [...(places.get(shape) ?? []), at])
    }
    for (const [name, part] of Object.entries(value)) if (!name.startsWith('example')) walk(part, `${at}/${name}`)
  }
  walk(document, '')
  expect(places.size).toBeGreaterThan(100)
  expect([...places.values()].filter(all => all.length > 1)).toEqual([])
  expect(Object.keys(document.components.schemas)).toEqual(
    expect.arrayContaining(['Problem', 'Instance', 'Message', 'SendMessageBody', 'ListMessagesAnswer', 'MessageReceivedBody']),
  )
})

test('[L] one name is one shape; what is said of it in a place stays there, and what merely looks like a shape is left alone', () => {
  const cat = { title: 'Cat', type: 'object', properties: { title: { type: 'string' } } }
  const schema = { ...cat, description: 'mine', examples: [{ title: 'Tom' }] }
  const named = nameShapes({ paths: { a: cat, b: { anyOf: [schema, { type: 'null' }] }, example: cat }, webhooks: { c: cat } })
  const $ref = '#/components/schemas/Cat'
  expect(named).toEqual({
    paths: {
      a: { $ref },
      b: { anyOf: [{ $ref, description: 'mine', examples: [{ title: 'Tom' }] }, { type: 'null' }] },
      example: cat,
    },
    webhooks: { c: { $ref } },
    components: { schemas: { Cat: cat } },
  })
  const dog = { ...cat, properties: { bark: { type: 'string' } } }
  expect(() => nameShapes({ paths: { a: cat, b: dog } })).toThrow('describing the API: two shapes are called Cat')
})

test('[L] npm run check refuses a description that breaks the rules', async () => {
  const call = { operationId: 'twice', summary: 'A call', security: [], responses: { 200: { description: 'Done' } } }
  const info = { title: 'zaplog', version: '1', license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } }
  const paths = { '/one': { get: call }, '/other': { get: call } }
  const found = await lintOpenApi(JSON.stringify({ openapi: '3.1.0', info, servers: [{ url: 'https://zaplog.example' }], paths }))
  expect(found).toEqual([expect.stringContaining('operation-operationId-unique')])
})
