// Turns event definitions, topics and golden bodies into docs/asyncapi.json: what is in the log for consumers, and what /v1/stream sends.
// Answers file path -> content.
import { z } from 'zod'
import { deferredBody } from '../src/api/stream/deferred.ts'
import { endDetails } from '../src/api/stream/stream-reader.ts'
import { publicEvents, publicEventsIn, publicTopics } from '../src/events/catalogue.ts'
import type { EventShape } from '../src/events/schema-fields.ts'
import { schemaNameOf } from '../src/events/schema-name.ts'
import type { TopicEntry } from '../src/events/topics.ts'
import { recordTypes } from '../src/events/vocabulary.ts'
import { streamedSchema } from '../src/webhooks/stream/body-schema.ts'
import { isOfFile } from '../src/webhooks/stream/media-outcome.ts'
import { generateSchemas } from './generate-schemas.ts'
import { goldenExample } from './golden-example.ts'
import { readOf } from './marked-part.ts'

export function generateAsyncApi(): ReadonlyMap<string, string> {
  return new Map([['docs/asyncapi.json', `${JSON.stringify(document(), null, 2)}\n`]])
}

const document = () => ({
  asyncapi: '3.0.0',
  info: {
    title: 'zaplog',
    version: JSON.parse(readOf('package.json')).version,
    description:
      'What happens on WhatsApp, as records of the log (Avro in Confluent wire format) and as server-sent events of the API. Of several copies with one eventId the first counts.',
  },
  servers: {
    log: {
      host: '127.0.0.1:7080',
      protocol: 'kafka',
      description: 'KAFKA_BROKERS; schemas are in the registry at SCHEMA_REGISTRY_URL.',
    },
    api: { host: '127.0.0.1:7070', protocol: 'http', description: 'zaplog itself; Authorization: Bearer with a key.' },
  },
  channels: { ...Object.fromEntries(publicTopics.map(topic => [topic.name, topicChannel(topic)])), stream: streamChannel() },
  operations: {
    ...Object.fromEntries(
      publicTopics.map(({ name }) => [`append-${name}`, { action: 'send', channel: { $ref: `#/channels/${name}` } }]),
    ),
    'send-stream': { action: 'send', channel: { $ref: '#/channels/stream' } },
  },
  components: {
    messages: Object.fromEntries([
      ...publicEvents.map(event => [`${event.type}.record`, recordMessage(event)]),
      ...publicEvents.map(event => [`${event.type}.body`, bodyMessage(event)]),
      ['dead-letter', deadLetter],
      ['command.deferred', commandDeferred],
      ['stream.ended', streamEnded],
    ]),
  },
})

function topicChannel(topic: TopicEntry) {
  const { name, key, holds, personalData } = topic
  const messages = publicEventsIn(topic).map(({ type }) => [type, { $ref: `#/components/messages/${type}.record` }])
  return {
    address: `wa.${name}`,
    description: `Holds ${holds}. Key: ${key}. Sensitive: ${personalData}. Names begin with TOPIC_PREFIX [wa.].`,
    servers: [{ $ref: '#/servers/log' }],
    messages: Object.fromEntries(
      name === 'dead-letters' ? [['dead-letter', { $ref: '#/components/messages/dead-letter' }]] : messages,
    ),
    bindings: { kafka: { topic: `wa.${name}`, bindingVersion: '0.5.0' } },
  }
}

const streamChannel = () => ({
  address: '/v1/stream',
  description: 'Server-sent events: `event` is the type, `data` one of these messages, `id` the position behind it.',
  servers: [{ $ref: '#/servers/api' }],
  messages: Object.fromEntries([
    ...publicEvents.map(({ type }) => [type, { $ref: `#/components/messages/${type}.body` }]),
    ...['command.deferred', 'stream.ended'].map(type => [type, { $ref: `#/components/messages/${type}` }]),
  ]),
})

const schemas = generateSchemas()

const recordMessage = (event: EventShape) => ({
  ...described(event),
  name: schemaNameOf(event.type),
  contentType: 'avro/binary',
  headers: { type: 'object', properties: headers },
  payload: {
    schemaFormat: 'application/vnd.apache.avro;version=1.9.0',
    schema: JSON.parse(schemas.get(`schemas/${event.type}.avsc`) ?? 'null'),
  },
  bindings: { kafka: { key: { type: 'string', description: 'The instance id.' }, bindingVersion: '0.5.0' } },
})

function bodyMessage(event: EventShape) {
  // Golden bodies are those of webhooks, without `media` of a file's own events.
  const example = isOfFile(event.type) ? null : goldenExample(event.type)
  return {
    ...described(event),
    name: event.type,
    contentType: 'application/json',
    payload: streamedSchema(event.type),
    ...(example !== null && { examples: [{ payload: JSON.parse(example.text) }] }),
  }
}

const described = ({ type, doc, when, again, not }: EventShape) => ({
  title: type,
  summary: doc,
  description: `When: ${when} Again: ${again} Not: ${not}`,
  ...(recordTypes.later.includes(type) && { 'x-not-in-this-version': true }),
})

const { $schema: _, ...deferredSchema } = z.toJSONSchema(deferredBody, { io: 'input' })

const commandDeferred = {
  name: 'command.deferred',
  title: 'command.deferred',
  summary:
    'A command is put off, and why. To who names it, in no log, and without an id: Last-Event-ID stays that of the event before.',
  contentType: 'application/json',
  payload: deferredSchema,
}

const streamEnded = {
  name: 'stream.ended',
  title: 'stream.ended',
  summary: 'The stream ends here, and why. It has no id: Last-Event-ID stays that of the event before.',
  contentType: 'application/json',
  payload: {
    type: 'object',
    required: ['type', 'timestamp', 'data'],
    properties: {
      type: { const: 'stream.ended' },
      timestamp: { type: 'string', format: 'date-time', description: 'When it ended.' },
      data: {
        type: 'object',
        required: ['reason', 'detail'],
        properties: {
          reason: { enum: Object.keys(endDetails) },
          detail: { type: 'string', description: 'The same for people.' },
        },
      },
    },
  },
}

const headers = Object.fromEntries(['event-id', 'event-type', 'instance-id', 'epoch'].map(name => [name, { type: 'string' }]))

const deadLetter = {
  name: 'dead-letter',
  title: 'A dead letter',
  summary: 'Key, value and headers as they were, and why it is here, in headers that begin with x-.',
  headers: {
    type: 'object',
    properties: Object.fromEntries(
      [
        'origin-topic',
        'origin-partition',
        'origin-offset',
        'origin-timestamp',
        'error-code',
        'error-message',
        'attempts',
        'processor',
        'first-failed-at',
      ].map(name => [`x-${name}`, { type: 'string' }]),
    ),
  },
}
