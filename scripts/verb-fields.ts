// The fields that a call takes, from its schemas: each with its type, and what people call it. What is required and nested (the place of a location) is
// called as if it were not nested.
import { z } from 'zod'
import type { CallField } from '../src/cli/calls/call-verb.ts'
import { fieldNames, fileFields } from './verb-names.ts'

export type Json = {
  type?: string
  properties?: Readonly<Record<string, Json>>
  required?: readonly string[]
  items?: Json
  anyOf?: readonly Json[]
  oneOf?: readonly Json[]
  enum?: readonly (string | number)[]
  const?: unknown
  format?: string
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  minItems?: number
  maxItems?: number
  additionalProperties?: unknown
  default?: unknown
  description?: string
  examples?: readonly unknown[]
  'x-examples'?: Readonly<Record<string, { value: unknown }>>
}

/** `path`: names on the way, numbers of places in lists among them. */
type Found = { path: readonly string[]; isUnwrapped: boolean; schema: Json; isNeeded: boolean }

export const jsonOf = (schema: z.ZodType, io: 'input' | 'output' = 'input'): Json =>
  z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Json

/** Of the path and the query; `leftOut`: what is said otherwise. */
export function namedFields(
  to: 'path' | 'query',
  schema: z.ZodObject | undefined,
  leftOut: readonly string[],
): readonly CallField[] {
  if (schema === undefined) return []
  const { properties = {}, required = [] } = jsonOf(schema)
  return Object.entries(properties).flatMap(([name, given]) => {
    if (leftOut.includes(name)) return []
    const isNeeded = to === 'path' || (required.includes(name) && given.default === undefined)
    return [{ ...typed(bare(given), name), name: spelled(name), to, at: name, isNeeded, doc: docOf(given) }]
  })
}

export function bodyFields(body: Json): readonly CallField[] {
  const found = inside(bare(body), { path: [], isUnwrapped: true, isNeeded: true })
  const names = found.map(one => shortName(one))
  return found.map((one, index) => {
    const { path, schema, isNeeded } = one
    const isTaken = names.filter(name => name === names[index]).length > 1 && path.length > 1
    const name = isTaken ? path.filter(isWord).map(spelled).join('-') : String(names[index])
    const own = path.findLast(isWord) ?? ''
    return { ...typed(bare(schema), own), name, to: 'body', at: `/${path.join('/')}`, isNeeded, doc: docOf(schema) }
  })
}

type Around = Omit<Found, 'schema'>

function inside({ properties = {}, required = [] }: Json, around: Around): readonly Found[] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const isNeeded = around.isNeeded && required.includes(name) && schema.default === undefined
    const here = { path: [...around.path, name], isUnwrapped: around.isUnwrapped, isNeeded }
    const inner = bare(schema)
    if (inner.properties !== undefined) return inside(inner, { ...here, isUnwrapped: here.isUnwrapped && isNeeded })
    // A list of contacts is of one here; what is nested deeper has no words of its own.
    if (name === 'contacts' && inner.items?.properties !== undefined)
      return inside({ properties: inner.items.properties }, { ...here, path: [...here.path, '0'] })
    return inner.const === undefined ? [{ ...here, schema }] : []
  })
}

/** Without null, and `false` for nothing; of several objects one that may have the fields of any. */
function bare(schema: Json): Json {
  const all = (schema.anyOf ?? schema.oneOf)?.map(bare).filter(one => one.type !== 'null' && one.const !== false)
  if (all === undefined) return schema
  const [first, ...others] = all
  if (first === undefined || others.length === 0) return first ?? {}
  if (!all.every(one => one.properties !== undefined)) return {}
  return { type: 'object', properties: Object.assign({}, ...all.map(one => one.properties)), required: [] }
}

const isWord = (step: string): boolean => !/^\d+$/.test(step)

function shortName({ path, isUnwrapped }: Found): string {
  const words = path.filter(isWord)
  return isUnwrapped ? spelled(words.at(-1) ?? '') : words.slice(-2).map(spelled).join('-')
}

const kebab = (name: string): string => name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)
const spelled = (name: string): string => fieldNames[name] ?? kebab(name.replace(/(?<=.)Id$/, ''))

/** As far as integers go without loss; that says nothing. */
const bound = (number: number | undefined): number | null =>
  number === undefined || Math.abs(number) >= Number.MAX_SAFE_INTEGER ? null : number

type Type = Pick<CallField, 'is' | 'isList' | 'choices' | 'least' | 'most'>

function typed(schema: Json, name: string): Type {
  const { items, minimum, maximum } = schema
  const isList = items !== undefined && items.properties === undefined
  const one = isList ? bare(items) : schema
  const choices = one.enum ?? []
  const is = kindOf(one, choices)
  return {
    ...{ is: is === 'text' && fileFields.includes(name) ? 'file' : is, isList, choices },
    ...{ least: bound(minimum), most: bound(maximum) },
  }
}

function kindOf({ type, format, const: only }: Json, choices: readonly unknown[]): CallField['is'] {
  if (choices.length > 0) return 'choice'
  if (type === 'boolean' || only === 'true') return 'flag'
  if (type === 'integer') return 'whole'
  if (type === 'number') return 'number'
  if (type === 'string') return format === 'date-time' ? 'time' : 'text'
  return 'json'
}

function docOf(schema: Json): string {
  const said = schema.description ?? bare(schema).description ?? ''
  const usual = schema.default === undefined ? '' : `[${schema.default}]`
  return [said, usual].filter(text => text !== '').join(' ')
}
