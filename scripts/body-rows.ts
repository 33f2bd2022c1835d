// The fields of a body as rows of a table, from its schema: name, type, limits, meaning. What is in an object stands below it, as object.field; what is
// in a list of objects as list[].field. Pure.
import type { Json } from './verb-fields.ts'

type Row = readonly [name: string, type: string, limits: string, meaning: string]

/** Fields that say which body it is have none. */
export const bodyRows = (body: Json): readonly Row[] => fieldRows(withoutNull(body), '')

function fieldRows(schema: Json, before: string): readonly Row[] {
  return membersOf(schema).flatMap(({ name, field, isNeeded }) => {
    if (field.const !== undefined && name === 'kind') return []
    const whole = withoutNull(field)
    const { type, inner } = typeOf(whole)
    const named = `\`${before}${name}\`${isNeeded ? '' : '?'}`
    const [limits, meaning] = [limitsOf(field, whole), field.description ?? whole.description ?? '']
    const row: Row = [named, type, limits, plain(without(meaning, limits))]
    return [row, ...(inner === null ? [] : fieldRows(inner, `${before}${name}${whole.items === undefined ? '.' : '[].'}`))]
  })
}

type Member = { name: string; field: Json; isNeeded: boolean }

/** Of several objects all that any of them has; what one of them does not need may be left out. */
function membersOf(schema: Json): readonly Member[] {
  const objects = objectsIn(schema)
  const names = [...new Set(objects.flatMap(({ properties = {} }) => Object.keys(properties)))]
  return names.map(name => ({
    name,
    field: objects.find(({ properties }) => properties?.[name] !== undefined)?.properties?.[name] ?? {},
    isNeeded: objects.every(one => one.required?.includes(name) === true && one.properties?.[name]?.default === undefined),
  }))
}

const objectsIn = (schema: Json): readonly Json[] => {
  if (schema.properties !== undefined) return [schema]
  return choicesOf(schema).flatMap(objectsIn)
}

const choicesOf = ({ anyOf, oneOf }: Json): readonly Json[] => anyOf ?? oneOf ?? []

/** Where null is one of two choices, the other one; where both are, the first. */
function withoutNull(schema: Json): Json {
  const all = choicesOf(schema)
  const choices = all.filter(({ type }) => type !== 'null')
  const [only, ...others] = choices.length === 0 ? all.slice(0, 1) : choices
  return only === undefined || others.length > 0 ? schema : withoutNull(only)
}

/** `inner`: what has rows of its own. */
function typeOf(schema: Json): { type: string; inner: Json | null } {
  const { items } = schema
  if (items !== undefined) {
    const one = typeOf(withoutNull(items))
    return { type: `list of ${one.inner === null ? one.type : 'objects'}`, inner: one.inner }
  }
  const [objects, choices] = [objectsIn(schema), choicesOf(schema)]
  if (objects.length > 0) {
    const others = choices.filter(one => objectsIn(one).length === 0).map(one => ` or ${String(one.const)}`)
    return { type: `${objects.length === 1 ? 'object' : 'one of several objects'}${others.join('')}`, inner: schema }
  }
  return {
    type: choices.length > 0 ? [...new Set(choices.map(one => typeOf(one).type))].join(' or ') : simpleType(schema),
    inner: null,
  }
}

function simpleType({ type, format, const: only, enum: words, additionalProperties }: Json): string {
  const one = words?.[0] ?? only
  if (format === 'date-time') return 'instant'
  if (type === 'boolean' || typeof one === 'boolean') return 'true or false'
  if (type === 'integer' || typeof one === 'number') return 'whole number'
  if (type === 'object') return additionalProperties === undefined ? 'object' : 'object of texts'
  return { number: 'number', string: 'text', null: 'null' }[String(type ?? typeof one)] ?? 'any'
}

/** Those of a list, then those of each that is in it, then what counts where it is left out. */
function limitsOf(field: Json, schema: Json): string {
  const { items, minItems, maxItems } = schema
  const usual = field.default ?? schema.default
  const own = items === undefined ? oneLimits(schema) : range(minItems, maxItems)
  const each = items === undefined ? '' : oneLimits(withoutNull(items))
  return [own, each === '' ? '' : `each ${each}`, usual === undefined ? '' : `[${String(usual)}]`]
    .filter(text => text !== '')
    .join('; ')
}

function oneLimits(schema: Json): string {
  const { enum: words, const: only, minLength, maxLength, minimum, maximum, format } = schema
  const choices = choicesOf(schema)
  if (choices.length > 0 && objectsIn(schema).length === 0)
    return choices
      .map(oneLimits)
      .filter(text => text !== '')
      .join(' or ')
  if (words !== undefined) return words.join(', ')
  if (only !== undefined) return String(only)
  if (format === 'date-time') return 'ISO 8601'
  const characters = range(minLength, maxLength)
  return characters === '' ? range(minimum, maximum) : `${characters} characters`
}

/** What is as far as integers go without loss says nothing. */
function range(least: number | undefined, most: number | undefined): string {
  const [from, to] = [least, most].map(bound =>
    bound === undefined || Math.abs(bound) >= Number.MAX_SAFE_INTEGER ? undefined : bound,
  )
  if (from === undefined) return to === undefined ? '' : `at most ${to}`
  return to === undefined ? `at least ${from}` : `${from}..${to}`
}

/** Descriptions say limits, too, for who reads them alone. */
function without(meaning: string, limits: string): string {
  if (!/[\d,]/.test(limits) || !meaning.includes(limits)) return meaning
  const rest = meaning
    .replace(limits, '')
    .replace(/:? ;/, ';')
    .replaceAll(/^[\s:;,]+|[\s:;,]+$/g, '')
  return rest === '' ? meaning : rest
}

/** A cell of Markdown ends at such a sign. */
const plain = (text: string): string => text.replaceAll('|', '\\|')
