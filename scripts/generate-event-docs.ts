// Turns src/events/definitions.ts into docs/events.md: of each event type when it is written, when again, when not, and its fields. Throws
// where one of them says nothing. Answers file path -> content.
import { events } from '../src/events/definitions.ts'
import { envelope } from '../src/events/envelope.ts'
import type { EventShape, Field, FieldType, RecordShape } from '../src/events/schema-fields.ts'
import { topicOfName } from '../src/events/topics.ts'
import { markdownTable } from './markdown-table.ts'
import { readOf, replaceBetween } from './marked-part.ts'

const path = 'docs/events.md'
const marks = ['<!-- events: generated from src/events/definitions.ts by npm run generate -->', '<!-- /events -->'] as const

export function generateEventDocs(): ReadonlyMap<string, string> {
  refuseSilence()
  const used = new Map<string, RecordShape>()
  const sections = events.map(event => [heading(event), told(event), fieldTable(event.fields, used)].join('\n\n'))
  const head = ['## Fields of every event', fieldTable(envelope, used)]
  const records = [...used.values()].map(({ name, doc, fields }) => [`### ${name}`, doc, fieldTable(fields, used)].join('\n\n'))
  const parts = [...head, '## Event types', ...sections, '## Records in fields', ...records]
  return new Map([[path, replaceBetween(readOf(path), path, marks, parts.join('\n\n'))]])
}

const heading = ({ type, doc }: EventShape) => `### ${type}\n\n${doc}`

const told = ({ type, when, again, not, internal }: EventShape) =>
  [
    `- **When**: ${when}`,
    `- **Again**: ${again}`,
    `- **Not**: ${not}`,
    `- **Topic**: \`wa.${topicOfName(type)}\`${internal === true ? ', which is zaplog’s own' : ''}`,
  ].join('\n')

function fieldTable(fields: Readonly<Record<string, Field>>, used: Map<string, RecordShape>): string {
  return markdownTable(
    ['field', 'type', 'what'],
    Object.entries(fields).map(([name, { type, doc }]) => [`\`${name}\``, typeText(type, used), doc]),
  )
}

function typeText(type: FieldType, used: Map<string, RecordShape>): string {
  if (typeof type === 'string') return type
  if ('optional' in type) return `${typeText(type.optional, used)} or null`
  if ('array' in type) return `array of ${typeText(type.array, used)}`
  const { name } = type.record
  used.set(name, type.record)
  return `[${name}](#${name.toLowerCase()})`
}

function refuseSilence(): void {
  const silent = [...silentIn('envelope', envelope), ...events.flatMap(silentOf)]
  if (silent.length > 0)
    throw new Error(`documenting events: expected a text for each of them, got none for ${silent.join(', ')}`)
}

const silentOf = (event: EventShape): readonly string[] => [
  ...(['doc', 'when', 'again', 'not'] as const).filter(what => event[what].trim() === '').map(what => `${event.type} (${what})`),
  ...silentIn(event.type, event.fields),
]

const silentIn = (of: string, fields: Readonly<Record<string, Field>>): readonly string[] =>
  Object.entries(fields).flatMap(([name, { type, doc }]) => [
    ...(doc.trim() === '' ? [`${of}.${name}`] : []),
    ...silentRecord(`${of}.${name}`, type),
  ])

function silentRecord(of: string, type: FieldType): readonly string[] {
  if (typeof type === 'string') return []
  if ('optional' in type) return silentRecord(of, type.optional)
  if ('array' in type) return silentRecord(of, type.array)
  return [...(type.record.doc.trim() === '' ? [of] : []), ...silentIn(of, type.record.fields)]
}
