// Turns src/events/definitions.ts into schemas/*.avsc and src/events/generated/events.ts; answers file path -> content.
import { events } from '../src/events/definitions.ts'
import { envelope } from '../src/events/envelope.ts'
import type { EventShape, Field, FieldType, RecordShape } from '../src/events/schema-fields.ts'
import { schemaNamespace as namespace, recordName } from '../src/events/schema-name.ts'

export function generateSchemas(): ReadonlyMap<string, string> {
  const files = new Map<string, string>()
  for (const event of events) files.set(`schemas/${event.type}.avsc`, `${JSON.stringify(avroEvent(event), null, 2)}\n`)
  files.set('src/events/generated/events.ts', typeScript())
  return files
}

function avroEvent(event: EventShape) {
  const named = new Set<string>()
  return {
    type: 'record',
    name: recordName(event.type),
    namespace,
    doc: `${event.doc} When: ${event.when} Again: ${event.again} Not: ${event.not}`,
    fields: avroFields({ ...envelope, ...event.fields }, named),
  }
}

const avroFields = (fields: Readonly<Record<string, Field>>, named: Set<string>) =>
  Object.entries(fields).map(([name, { type, doc }]) => ({
    name,
    type: avroType(type, named),
    doc,
    ...(typeof type === 'object' && 'optional' in type ? { default: null } : {}),
  }))

function avroType(type: FieldType, named: Set<string>): unknown {
  if (type === 'instant') return { type: 'long', logicalType: 'timestamp-millis' }
  if (typeof type === 'string') return type
  if ('array' in type) return { type: 'array', items: avroType(type.array, named) }
  if ('optional' in type) return ['null', avroType(type.optional, named)]
  return avroRecord(type.record, named)
}

/** Avro names a record once and refers to it by name afterwards. */
function avroRecord(shape: RecordShape, named: Set<string>): unknown {
  if (named.has(shape.name)) return `${namespace}.${shape.name}`
  named.add(shape.name)
  return { type: 'record', name: shape.name, namespace, doc: shape.doc, fields: avroFields(shape.fields, named) }
}

function typeScript(): string {
  const records = new Map<string, RecordShape>()
  const lines = ['// Generated from src/events/definitions.ts by `npm run generate`. Absent and null mean the same.']
  const bodies = events.map(event => {
    const fields = Object.entries(event.fields).map(([name, f]) => tsField(name, f, records))
    const name = recordName(event.type)
    return `export type ${name} = Envelope & {\n  type: '${event.type}'\n${fields.join('\n')}\n}`
  })
  const envelopeFields = Object.entries(envelope)
    .filter(([name]) => name !== 'type')
    .map(([name, f]) => tsField(name, f, records))
  lines.push(`export type Envelope = {\n${envelopeFields.join('\n')}\n}`)
  const recordTypes = [...records.values()].map(shape => {
    const fields = Object.entries(shape.fields).map(([name, f]) => tsField(name, f, records))
    return `export type ${shape.name} = {\n${fields.join('\n')}\n}`
  })
  lines.push(...recordTypes, ...bodies)
  lines.push(`export type Event =\n${events.map(event => `  | ${recordName(event.type)}`).join('\n')}`)
  lines.push(`export const eventTypes = [\n${events.map(event => `  '${event.type}',`).join('\n')}\n] as const`)
  return `${lines.join('\n\n')}\n`
}

function tsField(name: string, { type, doc }: Field, records: Map<string, RecordShape>): string {
  const isOptional = typeof type === 'object' && 'optional' in type
  return `  /** ${doc} */\n  ${name}${isOptional ? '?' : ''}: ${tsType(type, records)}${isOptional ? ' | null' : ''}`
}

function tsType(type: FieldType, records: Map<string, RecordShape>): string {
  if (type === 'string' || type === 'boolean') return type
  if (type === 'bytes') return 'Buffer'
  if (typeof type === 'string') return 'number'
  if ('array' in type) return `readonly ${tsType(type.array, records)}[]`
  if ('optional' in type) return tsType(type.optional, records)
  records.set(type.record.name, type.record)
  return type.record.name
}
