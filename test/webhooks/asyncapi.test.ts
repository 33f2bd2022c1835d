// docs/asyncapi.json is whole: every public topic and nothing internal, every type with its schema, every reference leads somewhere.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { deferredFrame } from '../../src/api/stream/deferred.ts'
import { endFrame, eventFields } from '../../src/api/stream/event-frame.ts'
import { publicEvents } from '../../src/events/catalogue.ts'
import { events } from '../../src/events/definitions.ts'
import type { EventType } from '../../src/events/event.ts'
import { topicOfName, topics } from '../../src/events/topics.ts'
import { anEvent, testStartAt } from '../ground/events.ts'

type Schema = Parameters<typeof z.fromJSONSchema>[0]
type Message = {
  payload?: Schema & { schema?: { fields?: unknown[] } }
  examples?: { payload: { type: string } }[]
  name: string
}
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

test('[B5] the channel of history has all that its topic holds, also what happens beside it', () => {
  expect(Object.keys(document.channels.history?.messages ?? {}).toSorted()).toEqual(
    ['message.history', 'history.progressed', 'poll.voted', 'contact.updated', 'chat.updated', 'group.updated'].toSorted(),
  )
  expect(Object.keys(document.channels.events?.messages ?? {})).toContain('contact.updated')
})

const links = {
  link: (eventId: string, kind: 'file' | 'thumbnail') =>
    `https://zaplog.example/m/${eventId}${kind === 'file' ? '' : '/thumbnail'}`,
}
const dataOf = (frame: Buffer) => JSON.parse(/^data: (.*)$/m.exec(frame.toString('utf8'))?.[1] ?? 'null')

/** Of a message in the stream's channel. */
function fits(name: string, data: unknown) {
  const reference = document.channels.stream?.messages[name]?.$ref
  const message = at(String(reference)) as Message | undefined
  if (message?.payload === undefined) throw new Error(`expected the stream to have ${name} with a payload`)
  return z.fromJSONSchema(message.payload).safeParse(data)
}

test.each(publicEvents.map(({ type }) => type as EventType))(
  '[B5] [L] what the stream sends for %s fits the message that it is said to be',
  type => expect(fits(type, dataOf(eventFields(anEvent(type), links))).error).toBeUndefined(),
)

test('[B5] [L] what the stream sends at its end fits stream.ended', () => {
  for (const reason of ['slow-reader', 'position-expired', 'stopping', 'failed'])
    expect(fits('stream.ended', dataOf(endFrame({ reason, detail: 'why' }, testStartAt))).error).toBeUndefined()
  expect(fits('stream.ended', dataOf(endFrame({ reason: 'left', detail: 'why' }, testStartAt))).success).toBe(false)
})

test('[B5] [L] what the stream sends of a command that is put off fits command.deferred', () => {
  const waitsFor = { reason: 'retry', nextAt: null, commandId: null, instanceState: null, refusal: null }
  const of = { instanceId: 'shop', commandId: 'a1', operation: 'message.send', chatId: null, waitsFor }
  expect(fits('command.deferred', dataOf(deferredFrame({ ...of, othersWaiting: 3 }, testStartAt))).error).toBeUndefined()
  const without = { ...of, waitsFor: { ...waitsFor, reason: undefined } }
  expect(fits('command.deferred', { type: 'command.deferred', timestamp: '', data: without }).success).toBe(false)
})

test('[B5] [L] a file’s own event without media is not what the stream sends, and no example shows it so', () => {
  for (const type of ['media.stored', 'media.failed'] as const) {
    const body = dataOf(eventFields(anEvent(type), links))
    expect(fits(type, body).success).toBe(true)
    delete body.data.media
    expect(fits(type, body).success).toBe(false)
  }
  for (const { type } of publicEvents)
    for (const { payload } of document.components.messages[`${type}.body`]?.examples ?? [])
      expect(fits(type, payload).error).toBeUndefined()
})
