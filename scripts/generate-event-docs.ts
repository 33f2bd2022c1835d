// Turns src/events/definitions.ts and deliveries-alone.ts into docs/events.md: of each type when it is written, when again, when not, and its
// fields. Throws where one of them says nothing. Answers file path -> content.
import { basename } from 'node:path'
import { events } from '../src/events/definitions.ts'
import { envelope } from '../src/events/envelope.ts'
import { cutField, interactiveShapes } from '../src/events/interactive-shapes.ts'
import { fileFields } from '../src/events/media-shapes.ts'
import type { EventShape, Field, FieldType, RecordShape } from '../src/events/schema-fields.ts'
import { topicsOfName } from '../src/events/topics.ts'
import { deliveriesAlone } from '../src/webhooks/stream/deliveries-alone.ts'
import { markdownTable } from './markdown-table.ts'
import { readOf, replaceBetween } from './marked-part.ts'

const path = 'docs/events.md'
const marks = ['<!-- events: generated from src/events/definitions.ts by npm run generate -->', '<!-- /events -->'] as const

export function generateEventDocs(): ReadonlyMap<string, string> {
  refuseSilence()
  const used = new Map<string, RecordShape>()
  const sections = events.map(event => [heading(event), told(event), ownFields(event, used)].join('\n\n'))
  const head = ['## Fields of every event', fieldTable(envelope, used)]
  const file = ['## Fields of a file', 'What every event of a file says of it.', fieldTable(fileFields, used)]
  const alone = deliveriesAlone.map(one =>
    [heading(one), written(one), markdownTable(['field of data', 'type', 'what'], one.data)].join('\n\n'),
  )
  const records = [...used.values()].map(({ name, doc, fields }) => [`### ${name}`, doc, fieldTable(fields, used)].join('\n\n'))
  const parts = [index(), ...head, '## Event types', ...sections, '## Types of webhooks alone', ...alone, ...file]
  parts.push('## Records in fields', ...records, ...interactive())
  return new Map([[path, replaceBetween(readOf(path), path, marks, parts.join('\n\n'))]])
}

/** A shape per kind, and within it one for each of the forms that it takes. */
const interactive = () => [
  '## What interactive holds',
  'JSON text of an object, at most 64 KiB. What was not said is left out; what holds nothing at all is null. Any of them may have ' +
    `\`${cutField.name}\` (${cutField.what}). Readers must accept new fields and words.`,
  markdownTable(
    ['kind', 'of', 'fields'],
    Object.entries(interactiveShapes).flatMap(([kind, shapes]) => shapes.map(({ of, fields }) => [kind, of, fieldList(fields)])),
  ),
]

const fieldList = (fields: Readonly<Record<string, string>>) =>
  Object.entries(fields)
    .map(([name, what]) => `\`${name}\` ${what}`)
    .join('; ')

const index = () =>
  [
    ...[...Map.groupBy(events, familyOf)].map(([family, those]) => `- ${family}: ${those.map(linkTo).join(', ')}`),
    `- in webhooks alone: ${deliveriesAlone.map(linkTo).join(', ')}`,
    '- what several have: [fields of every event](#fields-of-every-event), [fields of a file](#fields-of-a-file), [records](#records-in-fields), [what interactive holds](#what-interactive-holds)',
  ].join('\n')

const familyOf = ({ type }: Told) => type.split('.')[0] ?? type

/** GitHub leaves dots out of the names of headings. */
const linkTo = ({ type }: Told) => `[${type}](#${type.replaceAll('.', '')})`

type Told = Pick<EventShape, 'type' | 'doc' | 'when' | 'again' | 'not'>

const heading = ({ type, doc }: Told) => `### ${type}\n\n${doc}`

const written = ({ when, again, not }: Told) => [`- **When**: ${when}`, `- **Again**: ${again}`, `- **Not**: ${not}`].join('\n')

const told = ({ type, internal, ...event }: EventShape) =>
  [written({ type, ...event }), `- **Topic**: ${topicText(type)}${internal === true ? ', which is zaplog’s own' : ''}`].join('\n')

function topicText(type: string): string {
  const [first, ...others] = topicsOfName(type).map(topic => `\`wa.${topic}\``)
  return [first, ...others.map(other => `where \`origin\` is history ${other}`)].join('; ')
}

/** What the events of files have in common is said once. */
function ownFields({ fields }: EventShape, used: Map<string, RecordShape>): string {
  const common: Readonly<Record<string, Field>> = fileFields
  if (!Object.entries(common).every(([name, field]) => fields[name] === field)) return fieldTable(fields, used)
  const own = Object.fromEntries(Object.entries(fields).filter(([name]) => common[name] === undefined))
  return `The [fields of a file](#fields-of-a-file), and:\n\n${fieldTable(own, used)}`
}

/** Its words are a list of the contract. */
/** From docs/events.md, which stands beside it. */
const contractBeside = basename('docs/contract.md')
const nameText = (name: string) => (name === 'kind' ? `[\`kind\`](${contractBeside}#words)` : `\`${name}\``)

function fieldTable(fields: Readonly<Record<string, Field>>, used: Map<string, RecordShape>): string {
  return markdownTable(
    ['field', 'type', 'what'],
    Object.entries(fields).map(([name, { type, doc }]) => [nameText(name), typeText(type, used), doc]),
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
