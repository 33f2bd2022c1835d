// Turns what can be chosen of an instance and an endpoint (their schemas) and the topics (src/events/topics.ts) into the tables of README,
// docs/contract.md and docs/topics.md; answers file path -> content.
import { z } from 'zod'
import { keptText, publicTopics } from '../src/events/catalogue.ts'
import { settings } from '../src/instances/instance-settings.ts'
import { endpointInput } from '../src/webhooks/endpoints/settings.ts'
import { markdownTable } from './markdown-table.ts'
import { readOf, replaceBetween } from './marked-part.ts'

const marks = (name: string, source: string) =>
  [`<!-- ${name}: generated from ${source} by npm run generate -->`, `<!-- /${name} -->`] as const
const topicMarks = marks('public topics', 'src/events/topics.ts')
const instanceSettings = marks('settings of an instance', 'src/instances/instance-settings.ts')
const taken = marks('what settings take', 'the schemas of instances and endpoints')

/** `earlier`: files that are generated in another part, too, as they are with it. */
export function generateChoiceDocs(earlier: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const written = (path: string, part: readonly [string, string], content: string): [string, string] => [
    path,
    replaceBetween(earlier.get(path) ?? readOf(path), path, part, content),
  ]
  return new Map([
    written('README.md', instanceSettings, instanceTable()),
    written('docs/contract.md', taken, takenTable()),
    written('docs/topics.md', topicMarks, topicTable()),
  ])
}

const topicTable = () =>
  markdownTable(
    ['topic', 'key', 'holds', 'sensitive', 'kept'],
    publicTopics.map(topic => [`\`wa.${topic.name}\``, topic.key, topic.holds, topic.personalData, keptText(topic)]),
  )

type Field = { name: string; doc: string; takes: string }

/** Of those that have an effect. */
const instanceTable = () =>
  markdownTable(
    ['setting', 'meaning'],
    fieldsOf(settings)
      .filter(({ takes }) => takes === 'any')
      .map(({ name, doc }) => [`\`${name}\``, doc]),
  )

const takenTable = () =>
  markdownTable(
    ['of', 'setting', 'this version'],
    [...rowsOf('an instance', fieldsOf(settings)), ...rowsOf('an endpoint', fieldsOf(endpointInput, { whole: ['chats'] }))],
  )

/** What works first, what takes nothing last. */
function rowsOf(of: string, fields: readonly Field[]): readonly (readonly string[])[] {
  const values = [
    'any',
    ...new Set(fields.map(({ takes }) => takes).filter(takes => takes !== 'any' && takes !== 'nothing')),
    'nothing',
  ]
  return values.map(value => [
    of,
    fields
      .filter(({ takes }) => takes === value)
      .map(({ name }) => name)
      .join(', '),
    value === 'any' ? 'works' : value,
  ])
}

type JsonSchema = { properties?: Record<string, JsonSchema>; const?: unknown; type?: string; description?: string }

/** A group of settings stands for those that are in it, but for `whole` ones. */
function fieldsOf(schema: z.ZodType, { whole = [] }: { whole?: readonly string[] } = {}): readonly Field[] {
  const flat = (name: string, of: JsonSchema): readonly Field[] =>
    of.properties === undefined || whole.includes(name)
      ? [{ name, doc: of.description ?? '', takes: takenBy(of) }]
      : Object.entries(of.properties).flatMap(([key, field]) => flat(name === '' ? key : `${name}.${key}`, field))
  return flat('', z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema)
}

function takenBy(field: JsonSchema): string {
  if (field.type === 'null') return 'nothing'
  return field.const === undefined ? 'any' : String(field.const)
}
