// Makes the verbs of the command line from the routes of the API (src/cli/generated/call-verbs.ts, and their list in docs/contract.md); answers file
// path -> content. A call that no verb says all of is refused by name, and so are two verbs of one name.
import { z } from 'zod'
import type { CallColumn, CallField, CallVerb } from '../src/cli/calls/call-verb.ts'
import { markdownTable } from './markdown-table.ts'
import { readOf, replaceBetween } from './marked-part.ts'
import { type NotedRoute, noteRoutes } from './note-routes.ts'
import { bodyFields, type Json, jsonOf, namedFields } from './verb-fields.ts'
import { nameOf, samples, thingDocs, type VerbLine, verbLines } from './verb-names.ts'

const path = 'src/cli/generated/call-verbs.ts'
const contract = 'docs/contract.md'
const marks = ['<!-- verbs: generated from the routes of the API by npm run generate -->', '<!-- /verbs -->'] as const

/** `earlier`: files that are generated in another part, too, as they are with it. */
export function generateVerbs(earlier: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const verbs = noteRoutes().flatMap(verbsOf)
  refuseTwice(verbs.map(({ thing, name }) => `${thing} ${name}`))
  const sorted = verbs.toSorted((one, other) => one.thing.localeCompare(other.thing))
  const things = Object.fromEntries(
    [...new Set(sorted.map(({ thing }) => thing))].map(thing => [thing, thingDocs[thing] ?? thing]),
  )
  return new Map([
    [path, fileOf(sorted, things)],
    [contract, replaceBetween(earlier.get(contract) ?? readOf(contract), contract, marks, verbTable(sorted))],
  ])
}

const verbTable = (verbs: readonly CallVerb[]): string =>
  markdownTable(
    ['zaplog', 'verbs'],
    [...Map.groupBy(verbs, ({ thing }) => thing)].map(([thing, all]) => [thing, all.map(typedForm).join(', ')]),
  )

const typedForm = ({ name, args }: CallVerb): string =>
  `\`${[name, ...args.map(field => `${field.name.toUpperCase()}${field.isList ? '…' : ''}`)].join(' ')}\``

const fileOf = (verbs: readonly CallVerb[], things: Readonly<Record<string, string>>): string =>
  [
    '// Generated from the routes of the API by npm run generate: a verb for each call, a line for each verb.',
    "import type { CallVerb } from '../calls/call-verb.ts'",
    '',
    'export const callVerbs: readonly CallVerb[] = [',
    ...verbs.map(verb => `  ${JSON.stringify(verb)},`),
    ']',
    '',
    `export const callThings: Readonly<Record<string, string>> = ${JSON.stringify(things)}`,
    '',
  ].join('\n')

/** What a call takes, of one kind of message where there are several. */
type Call = { route: NotedRoute; key: string; body: Json | null; kind: string | null }

function verbsOf(route: NotedRoute): readonly CallVerb[] {
  return callsOf(route).flatMap(call => {
    const lines = verbLines[call.key] ?? [{ name: call.kind ?? nameOf(route.method, shortPath(route.url)) }]
    if (!Array.isArray(lines)) return []
    const verbs = lines.map(line => verbOf(call, line))
    refuseUnsaid(call, verbs)
    return verbs
  })
}

function callsOf(route: NotedRoute): readonly Call[] {
  const key = `${route.method} ${shortPath(route.url)}`
  const body = route.schema.body === undefined ? null : jsonOf(route.schema.body)
  const kinds = body?.oneOf?.filter(one => one.properties?.kind?.const !== undefined) ?? []
  if (kinds.length === 0) return [{ route, key, body, kind: null }]
  return kinds.map(one => {
    const kind = String(one.properties?.kind?.const)
    return { route, key: `${key} ${kind}`, body: one, kind }
  })
}

/** Below the instance, or what has an id of its own. */
const shortPath = (url: string): string => url.replace(/^\/v1(\/instances\/:id)?/, '')

function verbOf({ route, body, kind }: Call, line: VerbLine): CallVerb {
  const { method, url, schema } = route
  const set: Readonly<Record<string, unknown>> = { ...(kind !== null && { '/kind': kind }), ...line.set }
  const fields = fieldsOf(route, body).filter(({ at }) => set[at] === undefined)
  const args = line.args === undefined ? fields.filter(isArgument) : line.args.map(at => fieldAt(fields, at, line))
  const rest = fields.filter(field => !args.includes(field))
  const options = line.options === undefined ? rest : line.options.map(at => fieldAt(rest, at, line))
  const thing = shortPath(url).split('/')[1] ?? ''
  const named = { thing, name: line.name, summary: line.summary ?? (kind === null ? schema.summary : `Send ${kind}`) }
  const answers = answersOf(route)
  return {
    ...named,
    method,
    path: placesOf(url),
    answers,
    args,
    options,
    hasBody: body !== null && (fields.some(({ to }) => to === 'body') || Object.keys(set).length > 0),
    set: Object.entries(set),
    columns: (line.columns ?? (answers === 'list' ? scalarsOf(schema.response['200']) : [])).map(columnOf),
    example: line.example ?? exampleOf([...args, ...options]),
  }
}

const ofInstance = /^\/v1\/instances\/:id/
const placesOf = (url: string): string => url.replace(ofInstance, '/v1/instances/{instance}').replaceAll(/:(\w+)/g, '{$1}')

/** How long to wait is the verb's business. */
const leftOut = ['wait', 'waitFor']

function fieldsOf({ url, schema }: NotedRoute, body: Json | null): readonly CallField[] {
  const thing = url.split('/')[2]?.replace(/s$/, '') ?? ''
  const path = namedFields('path', schema.params, ofInstance.test(url) ? ['id'] : [])
  return [
    ...path.map(field => (field.at === 'id' ? { ...field, name: thing } : field)),
    ...(body === null ? [] : bodyFields(body)),
    ...namedFields('query', schema.querystring, leftOut),
  ]
}

const isArgument = ({ isNeeded, is }: CallField, index: number, all: readonly CallField[]): boolean =>
  isNeeded && is !== 'flag' && is !== 'json' && !all.slice(0, index).some(one => one.isNeeded && one.isList)

function fieldAt(fields: readonly CallField[], at: string, { name }: VerbLine): CallField {
  const found = fields.find(field => field.at === at)
  if (found === undefined) throw new Error(`verb ${name}: expected ${at} among ${fields.map(field => field.at).join(', ')}`)
  return found
}

function answersOf({ method, schema: { response } }: NotedRoute): CallVerb['answers'] {
  const shape = (status: string): Readonly<Record<string, unknown>> => {
    const said = response[status]
    return said instanceof z.ZodObject ? said.shape : {}
  }
  if ('queuedUntil' in shape('202')) return 'command'
  if ('nextCursor' in shape('200') && method === 'GET') return 'list'
  return response['204'] === undefined ? 'one' : 'nothing'
}

/** `head: field | field`, or a field alone. */
function columnOf(said: string): CallColumn {
  const [head = '', fields = head] = said.split(': ')
  return { head, of: fields.split(' | ') }
}

const MOST_COLUMNS = 4

function scalarsOf(answer: unknown): readonly string[] {
  if (!(answer instanceof z.ZodObject)) return []
  const fields = Object.entries(jsonOf(answer, 'output').properties?.data?.items?.properties ?? {})
  const scalars = fields.filter(([name, { type }]) => name !== 'instanceId' && type !== 'array' && type !== 'object')
  return scalars.slice(0, MOST_COLUMNS).map(([name]) => name)
}

function exampleOf(fields: readonly CallField[]): string {
  const words = fields.flatMap(field =>
    field.isNeeded ? [field.to === 'body' && field.is === 'json' ? `--${field.name} '[]'` : sampleOf(field)] : [],
  )
  return words.join(' ')
}

function sampleOf({ name, is, choices, least }: CallField): string {
  if (is === 'choice') return String(choices[0])
  return samples[name] ?? (is === 'whole' || is === 'number' ? String(least ?? 1) : name)
}

function refuseTwice(names: readonly string[]): void {
  const twice = names.filter((name, index) => names.indexOf(name) < index)
  if (twice.length > 0)
    throw new Error(`making verbs: ${twice.join(', ')} would be two verbs; scripts/verb-names.ts can call one otherwise`)
}

/** Each field is to be said by one of the verbs at least. */
function refuseUnsaid({ route, body, key }: Call, verbs: readonly CallVerb[]): void {
  const said = new Set(
    verbs.flatMap(({ args, options, set }) => [...args, ...options].map(({ at }) => at).concat(set.map(([at]) => at))),
  )
  const unsaid = fieldsOf(route, body).filter(({ at }) => !said.has(at))
  if (unsaid.length > 0) throw new Error(`making verbs of ${key}: no verb says ${unsaid.map(({ at }) => at).join(', ')}`)
}
