// The JSON Schema of each type says what webhooks really have: every golden body fits its own, and what is no such body does not.
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { describeWebhooks } from '../../src/api/describe-webhooks.ts'
import { deliveryTypes } from '../../src/events/vocabulary.ts'
import { bodySchema, type JsonSchema } from '../../src/webhooks/stream/body-schema.ts'

const directory = new URL('golden/', import.meta.url)
const golden = readdirSync(directory).map(name => ({
  name,
  body: JSON.parse(readFileSync(new URL(name, directory), 'utf8')) as { type: string; data: Record<string, unknown> },
}))
const schemaOf = (type: string) => {
  const schema = bodySchema(type)
  if (schema === null) throw new Error(`expected a schema of ${type}`)
  return schema
}
const fits = (type: string, body: unknown) =>
  z.fromJSONSchema(schemaOf(type) as Parameters<typeof z.fromJSONSchema>[0]).safeParse(body)

test.each(golden)(
  '[E2] [B5] the golden body $name fits the schema of its type, and names nothing that is not in it',
  ({ body }) => {
    expect(fits(body.type, body).error).toBeUndefined()
    const { properties } = schemaOf(body.type) as { properties: { data: { properties: JsonSchema } } }
    expect(Object.keys(body.data).filter(name => !(name in properties.data.properties))).toEqual([])
  },
)

test('[E2] [B5] a body without what its type always has, or with another kind of value, does not fit', () => {
  const text = golden.find(({ name }) => name === 'message.received text.json')?.body
  const without = (name: string) => ({ ...text, data: { ...text?.data, [name]: undefined } })
  for (const name of ['eventId', 'instanceId', 'sequence'])
    expect([name, fits('message.received', without(name)).success]).toEqual([name, false])
  expect(fits('message.received', { ...text, data: { ...text?.data, sequence: 'x' } }).success).toBe(false)
  expect(fits('message.sent', text).success).toBe(false)
  const [choice] = (schemaOf('message.received') as { properties: { data: { anyOf: { required: string[] }[] } } }).properties.data
    .anyOf
  expect(choice?.required).toEqual(expect.arrayContaining(['kind', 'isGroup']))
})

test('[E2] [L] the description of the API has a webhook for each type that is delivered, without raw, keys and paths', () => {
  const webhooks = describeWebhooks()
  expect(Object.keys(webhooks).toSorted()).toEqual([...deliveryTypes.here].toSorted())
  for (const [type, { post }] of Object.entries(webhooks)) {
    expect([type, post.summary.length > 10, post.requestBody.content['application/json'].schema]).toEqual([
      type,
      true,
      expect.any(Object),
    ])
    expect(JSON.stringify(post.requestBody)).not.toMatch(/"(raw|rawObject|mediaSource|mediaKey|directPath)":/)
  }
})
