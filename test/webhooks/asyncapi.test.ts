// docs/asyncapi.json is whole: every public topic and nothing internal, every type with its schema, every reference leads somewhere.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { events } from '../../src/events/definitions.ts'
import { topicOfName, topics } from '../../src/events/topics.ts'

type Message = { payload?: { schema?: { fields?: unknown[] } }; examples?: { payload: { type: string } }[]; name: string }
const document = JSON.parse(readFileSync(new URL('../../docs/asyncapi.json', import.meta.url), 'utf8')) as {
  asyncapi: string
  channels: Record<string, { address: string; messages: Record<string, { $ref: string }> }>
  components: { messages: Record<string, Message> }
}
const publicTopics = topics.filter(one => one.public).map(({ name }) => name)
const at = (pointer: string) =>
  pointer
    .replace('#/', '')
    .split('/')
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], document)

test('[B5] it is AsyncAPI 3 with a channel for each public topic and the stream, and every reference leads somewhere', () => {
  expect(document.asyncapi).toBe('3.0.0')
  expect(Object.keys(document.channels).toSorted()).toEqual([...publicTopics, 'stream'].toSorted())
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, pointer]) => String(pointer))
  expect(references.length).toBeGreaterThan(50)
  for (const pointer of references) expect([pointer, at(pointer)]).toEqual([pointer, expect.any(Object)])
})

test('[B5] each type is in its topic with its Avro schema, and in the stream with an example where there is a golden body', () => {
  for (const { type, internal, fields } of events) {
    const isPublic = internal !== true && publicTopics.includes(topicOfName(type))
    const channel = document.channels[topicOfName(type)]
    expect([type, channel?.messages[type] !== undefined]).toEqual([type, isPublic])
    if (!isPublic) continue
    expect(document.components.messages[`${type}.record`]?.payload?.schema?.fields?.length).toBeGreaterThan(
      Object.keys(fields).length,
    )
    for (const { payload } of document.components.messages[`${type}.body`]?.examples ?? []) expect(payload.type).toBe(type)
  }
  expect(document.components.messages['message.received.body']?.examples).toHaveLength(1)
})
