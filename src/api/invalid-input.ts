// What a schema refused, as a problem that names each field, what was expected there, and what came.
import type { FastifySchemaCompiler } from 'fastify'
import type { z } from 'zod'
import { isOfLaterVersion, takenNow } from '../runtime/later-version.ts'
import { shownUrl } from '../runtime/printable.ts'
import { type FieldError, Problem } from './problems.ts'

/** Parses one part of a request; the routes get what the schema made of it. */
export const validatorCompiler: FastifySchemaCompiler<z.ZodType> =
  ({ schema, httpPart }) =>
  data =>
    judge(schema, data, httpPart === 'body' ? 'pointer' : 'parameter')

/** Of what no route's schema has seen. Throws Problem. */
export function parseInput<Schema extends z.ZodType>(schema: Schema, data: unknown, place: Place = 'pointer'): z.infer<Schema> {
  const judged = judge(schema, data, place)
  if ('error' in judged) throw judged.error
  return judged.value
}

function judge<Schema extends z.ZodType>(
  schema: Schema,
  data: unknown,
  place: Place,
): { value: z.infer<Schema> } | { error: Problem } {
  const unreadable = unreadableIn(data)
  if (unreadable !== null) return { error: invalidInput([unreadable], data, place) }
  const result = schema.safeParse(data)
  return result.success ? { value: result.data } : { error: invalidInput(result.error.issues, data, place) }
}

/** More than a body of MAX_BODY_BYTES can have: whoever takes larger ones takes files, not lists. */
const MAX_VALUES = 200_000

/** Deeper than any schema here; recursion over more would end the request, not the input. */
const MAX_LEVELS = 32

/** Before anything follows the input: nesting without end, and text that no column can hold as it is, in whichever field or name of one. */
function unreadableIn(data: unknown): Issue | null {
  const rest: { value: unknown; path: readonly PropertyKey[] }[] = [{ value: data, path: [] }]
  let values = 1
  for (let one = rest.pop(); one !== undefined; one = rest.pop()) {
    const { value, path } = one
    const expected = typeof value === 'string' ? storableText(value) : null
    if (expected !== null) return { code: 'custom', path: [...path], message: expected }
    if (typeof value !== 'object' || value === null) continue
    if (path.length === MAX_LEVELS)
      return { code: 'custom', path: path.slice(0, 1), message: `expected at most ${MAX_LEVELS} levels` }
    values += Array.isArray(value) ? value.length : Object.keys(value).length
    if (values > MAX_VALUES) return { code: 'custom', path: [], message: `expected at most ${MAX_VALUES} values` }
    for (const [key, inner] of Object.entries(value)) {
      const expectedName = storableText(key)
      if (expectedName !== null) return { code: 'custom', path: [...path, key], message: `${expectedName} as its name` }
      rest.push({ value: inner, path: [...path, key] })
    }
  }
  return null
}

/** null: Postgres and every encoding can hold it as it is. */
function storableText(text: string): string | null {
  if (text.includes('\0')) return 'expected text without NUL'
  return text.isWellFormed() ? null : 'expected text without halves of surrogate pairs'
}

export const invalidInput = (issues: readonly Issue[], data: unknown, place: Place): Problem =>
  refuseFields(
    place,
    issues.slice(0, MAX_ERRORS).flatMap(issue => fieldErrors(issue, data, place)),
    issues.every(issue => isOfLaterVersion(issue.message)) ? 'not-in-this-version' : 'invalid-input',
    issues.length,
  )

/** For what is found wrong after the schema has passed. */
export function refuseFields(
  place: Place,
  errors: readonly FieldError[],
  slug: 'invalid-input' | 'not-in-this-version' = 'invalid-input',
  total = errors.length,
): Problem {
  const told = errors.slice(0, MAX_TOLD).map(describeField)
  const rest = Math.max(total, errors.length) - MAX_TOLD
  const more = rest > 0 ? [`and ${rest} more`] : []
  const where = place === 'pointer' ? 'body' : 'parameters'
  const what = slug === 'invalid-input' ? `reading the ${where}` : `this version does not take all of the ${where} yet`
  return new Problem(slug, `${what}: ${[...told, ...more].join('; ')}`, { errors: errors.slice(0, MAX_ERRORS), status: 422 })
}

/** A whole answer for whoever shows the detail alone; `errors` has the others, too. */
const MAX_TOLD = 3
/** What is wrong with so many is wrong with the rest: an answer is never many times as long as what was sent. */
const MAX_ERRORS = 50

function describeField(error: FieldError): string {
  const where = 'pointer' in error ? error.pointer : error.parameter
  return `${where === '' ? '' : `${where}: `}expected ${error.expected}, got ${error.received}`
}

type Issue = z.core.$ZodIssue
type Place = 'pointer' | 'parameter'

function fieldErrors(issue: Issue, data: unknown, place: Place): readonly FieldError[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map(key => fieldError([...issue.path, key], 'nothing: there is no such field', data, place))
  return [fieldError(issue.path, expectationOf(issue), data, place)]
}

/** Fields whose values may be credentials, and everything below them. */
const secretive: ReadonlySet<PropertyKey> = new Set(['headers', 'secret'])

function fieldError(path: readonly PropertyKey[], expected: string, data: unknown, place: Place): FieldError {
  const value = valueAt(data, path)
  const received = path.some(key => secretive.has(key))
    ? 'something else (not repeated here)'
    : receivedText(path.at(-1) === 'url' && typeof value === 'string' ? shownUrl(value) : value, place)
  return place === 'pointer'
    ? { pointer: pointerOf(path), expected, received }
    : { parameter: path.map(String).join('.'), expected, received }
}

/** A schema's own words where it has some, without the `expected` that the field says already. */
function expectationOf(issue: Issue): string {
  if (isOfLaterVersion(issue.message)) return takenNow(issue.message)
  if (!/^(Invalid|Too|Unrecognized) /.test(issue.message)) return issue.message.replace(/^expected /, '')
  switch (issue.code) {
    case 'invalid_type':
      return typeNames[issue.expected] ?? issue.expected
    case 'invalid_value':
      return issue.values.length === 1 ? String(issue.values[0]) : `one of ${issue.values.map(String).join(', ')}`
    case 'too_small':
      return `${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}${unitOf(issue.origin)}`
    case 'too_big':
      return `${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}${unitOf(issue.origin)}`
    case 'invalid_union':
      return [...new Set(issue.errors.flat().map(expectationOf))].join(', or ') || issue.message
    default:
      return issue.message
  }
}

const typeNames: Partial<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  array: 'a list',
  record: 'an object',
}

const unitOf = (origin: string): string => (origin === 'string' ? ' characters' : origin === 'array' ? ' entries' : '')

const MAX_RECEIVED_CHARACTERS = 200

/** In a body JSON text, so that 5 and "5" differ; a parameter is text anyway. */
function receivedText(value: unknown, place: Place): string {
  if (value === undefined || (value === null && place === 'parameter')) return 'nothing'
  const text = place === 'parameter' && typeof value === 'string' ? value : JSON.stringify(value, firstLevel())
  return text.length > MAX_RECEIVED_CHARACTERS ? `${text.slice(0, MAX_RECEIVED_CHARACTERS)}…` : text
}

/** For JSON.stringify: what is inside of what is shown is not followed, however deep it is, nor more of it than is shown. */
function firstLevel() {
  let levels = 0
  return (_key: string, value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value
    return levels++ > 0 ? '…' : beginningOf(value)
  }
}

function beginningOf(value: object): object {
  if (Array.isArray(value)) return value.slice(0, MAX_RECEIVED_CHARACTERS)
  const names = Object.keys(value)
  if (names.length <= MAX_RECEIVED_CHARACTERS) return value
  return Object.fromEntries(names.slice(0, MAX_RECEIVED_CHARACTERS).map(name => [name, '…']))
}

function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null
        ? Object.getOwnPropertyDescriptor(value, key)?.value
        : entryOfCommaList(value, key),
    data,
  )
}

/** Of a parameter that takes several in one. */
const entryOfCommaList = (value: unknown, key: PropertyKey): unknown =>
  typeof value === 'string' && typeof key === 'number' ? value.split(',')[key] : undefined

const pointerOf = (path: readonly PropertyKey[]): string =>
  path.map(key => `/${String(key).toWellFormed().replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
