// The body of a webhook as JSON Schema (2020-12), one for each type: what delivery-body.ts makes of the fields that events are defined by.
import { events } from '../../events/definitions.ts'
import { envelope } from '../../events/envelope.ts'
import { media } from '../../events/media-shapes.ts'
import type { Field, FieldType } from '../../events/schema-fields.ts'
import { recordName } from '../../events/schema-name.ts'
import { mediaStatuses } from '../../events/vocabulary.ts'
import { isLeftOut } from './delivery-body.ts'
import { isOfFile } from './media-outcome.ts'

export type JsonSchema = { [name: string]: unknown }

/** null: no webhook and no event has this type. */
export function bodySchema(type: string): JsonSchema | null {
  const data = dataSchema(type)
  return data === null ? null : bodyOf(type, data)
}

/** As the stream has it: the events of a file have `media`, too (bridge/event-body.ts). */
export function streamedSchema(type: string): JsonSchema | null {
  const data = dataSchema(type)
  if (data === null || !isOfFile(type)) return bodySchema(type)
  return bodyOf(type, { allOf: [data, objectOf({ media: mediaSchema }, ['media'])] })
}

function bodyOf(type: string, data: JsonSchema): JsonSchema {
  const timestamp = {
    type: 'string',
    format: 'date-time',
    description: 'When it happened, by WhatsApp’s clock where that can be.',
  }
  const properties = { type: { const: type }, timestamp, data }
  return { title: `${recordName(type)}Body`, type: 'object', required: ['type', 'timestamp', 'data'], properties }
}

function dataSchema(type: string): JsonSchema | null {
  if (type === 'endpoint.tested') return objectOf({ eventId: text, endpointId: text, text }, ['eventId', 'endpointId', 'text'])
  if (type === 'media.updated') return objectOf({ ...head, media: mediaSchema }, [...headRequired, 'media'])
  const event = events.find(one => one.type === type)
  if (event === undefined) return null
  const own = Object.entries(event.fields).filter(([name, { type }]) => !isLeftOut(name) && !isBytes(type))
  const properties = Object.fromEntries(own.map(([name, field]) => [name, name === 'media' ? mediaSchema : schemaOf(field)]))
  const required = own.filter(([, { type }]) => !isOptional(type)).map(([name]) => name)
  return {
    title: `${recordName(type)}Data`,
    ...objectOf({ ...head, ...properties, omitted }, headRequired),
    // Of a body that would be too large its own fields are left out, the largest first.
    ...(required.length > 0 && { anyOf: [{ required }, { required: ['omitted'] }] }),
  }
}

const text: JsonSchema = { type: 'string' }
const omitted: JsonSchema = {
  type: 'array',
  items: text,
  description: 'Fields that were left out because the body would be too large.',
}

const headNames = [
  'eventId',
  'instanceId',
  'chatId',
  'chatPn',
  'senderId',
  'senderPn',
  'messageId',
  'fromMe',
  'sequence',
] as const
const head = Object.fromEntries(headNames.map(name => [name, schemaOf(envelope[name])]))
const headRequired = headNames.filter(name => !isOptional(envelope[name].type))

const link = (description: string): JsonSchema => ({ type: 'string', format: 'uri', description })
const mediaSchema = ((): JsonSchema => {
  if (typeof media === 'string' || !('record' in media)) throw new Error('expected media to be a record')
  const said = Object.fromEntries(Object.entries(media.record.fields).map(([name, field]) => [name, schemaOf(field)]))
  const properties = {
    status: { enum: [...mediaStatuses.here, ...mediaStatuses.later], description: 'What became of the file, so far.' },
    reason: { ...text, description: 'Why there is none; new ones may come.' },
    url: link('Stable; answers once the file is stored.'),
    ...said,
    thumbnailUrl: link('The same of its thumbnail.'),
  }
  return { title: 'WebhookMedia', ...objectOf(properties, ['status', 'url', 'mimetype']) }
})()

/** Other fields may come with a later version. */
function objectOf(properties: JsonSchema, required: readonly string[]): JsonSchema {
  return { type: 'object', required: [...required], properties }
}

function schemaOf({ type, doc }: Field): JsonSchema {
  return { ...typeSchema(type), description: doc }
}

function typeSchema(type: FieldType): JsonSchema {
  if (type === 'string' || type === 'boolean') return { type }
  if (type === 'double') return { type: 'number' }
  if (type === 'instant') return { type: 'string', format: 'date-time' }
  if (typeof type === 'string') return { type: 'integer' }
  if ('optional' in type) return typeSchema(type.optional)
  if ('array' in type) return { type: 'array', items: typeSchema(type.array) }
  const fields = Object.entries(type.record.fields).filter(([, field]) => !isBytes(field.type))
  const required = fields.filter(([, field]) => !isOptional(field.type)).map(([name]) => name)
  return {
    title: `Webhook${type.record.name}`,
    ...objectOf(Object.fromEntries(fields.map(([name, field]) => [name, schemaOf(field)])), required),
  }
}

function isOptional(type: FieldType): boolean {
  return typeof type === 'object' && 'optional' in type
}

function isBytes(type: FieldType): boolean {
  return type === 'bytes' || (typeof type === 'object' && 'optional' in type && isBytes(type.optional))
}
