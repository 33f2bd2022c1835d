// What a schema refused, as a problem that names each field, what was expected there, and what came.
import type { FastifySchemaCompiler } from 'fastify'
import type { z } from 'zod'
import { type FieldError, Problem } from './problems.ts'

/** Parses one part of a request; the routes get what the schema made of it. */
export const validatorCompiler: FastifySchemaCompiler<z.ZodType> =
  ({ schema, httpPart }) =>
  data => {
    const result = schema.safeParse(data)
    return result.success
      ? { value: result.data }
      : { error: invalidInput(result.error.issues, data, httpPart === 'body' ? 'pointer' : 'parameter') }
  }

export function invalidInput(issues: readonly Issue[], data: unknown, place: Place): Problem {
  const errors = issues.flatMap(issue => fieldErrors(issue, data, place))
  const fields = errors.map(error => ('pointer' in error ? error.pointer || 'the body' : error.parameter))
  return new Problem(
    'invalid-input',
    `reading the ${place === 'pointer' ? 'body' : 'parameters'}: not valid: ${fields.join(', ')}`,
    {
      errors,
    },
  )
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
  const received = path.some(key => secretive.has(key))
    ? 'something else (not repeated here)'
    : receivedText(valueAt(data, path), place)
  return place === 'pointer'
    ? { pointer: pointerOf(path), expected, received }
    : { parameter: path.map(String).join('.'), expected, received }
}

/** A schema's own words where it has some, without the `expected` that the field says already. */
function expectationOf(issue: Issue): string {
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
  const text = place === 'parameter' && typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > MAX_RECEIVED_CHARACTERS ? `${text.slice(0, MAX_RECEIVED_CHARACTERS)}…` : text
}

function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? Object.getOwnPropertyDescriptor(value, key)?.value : undefined,
    data,
  )
}

const pointerOf = (path: readonly PropertyKey[]): string =>
  path.map(key => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
