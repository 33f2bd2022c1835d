// What is wrong with an object by an OpenAPI schema, as strictly as a server that warns of unknown fields: each field known, of its type, and
// none missing. Pure.

export type Schema = {
  $ref?: string
  allOf?: readonly Schema[]
  oneOf?: readonly Schema[]
  type?: string
  enum?: readonly unknown[]
  required?: readonly string[]
  properties?: Readonly<Record<string, Schema>>
  additionalProperties?: Schema | boolean
  items?: Schema
  'x-kubernetes-int-or-string'?: boolean
  'x-kubernetes-preserve-unknown-fields'?: boolean
}
type Deref = (schema: Schema) => Schema

/** Problems in words, each with its place. `schemas`: what $ref names. */
export function judgeObject(value: unknown, schema: Schema, schemas: Readonly<Record<string, Schema>> = {}): readonly string[] {
  const deref: Deref = one => {
    const [only] = one.allOf ?? []
    const named = one.$ref ?? only?.$ref
    return named === undefined ? one : (schemas[named.replace('#/components/schemas/', '')] ?? {})
  }
  return judge(value, deref(schema), { at: '', deref })
}

type Of = { at: string; deref: Deref }

function judge(value: unknown, schema: Schema, of: Of): readonly string[] {
  if (schema.oneOf !== undefined) {
    const all = schema.oneOf.map(one => judge(value, of.deref(one), of))
    return all.find(problems => problems.length === 0) ?? all[0] ?? []
  }
  if (schema['x-kubernetes-int-or-string']) return isOneOf(value, ['number', 'string'], of)
  if (Array.isArray(value)) {
    if (schema.type !== 'array') return [`${of.at}: a list, expected ${schema.type}`]
    return value.flatMap((one, index) => judge(one, of.deref(schema.items ?? {}), { ...of, at: `${of.at}/${index}` }))
  }
  if (typeof value === 'object' && value !== null) return judgeFields(value, schema, of)
  const wanted = schema.type === 'integer' ? 'number' : schema.type
  const problems = wanted === undefined ? [] : isOneOf(value, [wanted], of)
  const isListed = schema.enum === undefined || schema.enum.includes(value)
  return isListed ? problems : [...problems, `${of.at}: ${String(value)}, expected one of ${schema.enum?.join(', ')}`]
}

const isOneOf = (value: unknown, types: readonly string[], { at }: Of): readonly string[] =>
  types.includes(typeof value) ? [] : [`${at}: ${typeof value}, expected ${types.join(' or ')}`]

function judgeFields(value: object, schema: Schema, of: Of): readonly string[] {
  if (schema.type !== undefined && schema.type !== 'object') return [`${of.at}: an object, expected ${schema.type}`]
  const { properties = {}, additionalProperties = false, required = [] } = schema
  const missing = required.filter(name => !(name in value)).map(name => `${of.at}/${name}: is missing`)
  const isOpen =
    schema['x-kubernetes-preserve-unknown-fields'] || (schema.properties === undefined && !schema.additionalProperties)
  const others = typeof additionalProperties === 'object' ? additionalProperties : isOpen ? {} : null
  const wrong = Object.entries(value).flatMap(([name, one]) => {
    const at = `${of.at}/${name}`
    const named = properties[name] ?? others
    return named === null ? [`${at}: is unknown`] : judge(one, of.deref(named), { ...of, at })
  })
  return [...missing, ...wrong]
}

/** The schema of an example that has every field of a type; what an example calls …Key is any key. */
export function schemaOfExample(example: unknown): Schema {
  if (Array.isArray(example)) return { type: 'array', items: schemaOfExample(example[0]) }
  if (typeof example !== 'object' || example === null) return example === null ? {} : { type: typeof example }
  const entries = Object.entries(example)
  const [any] = entries.filter(([name]) => name.endsWith('Key'))
  if (any !== undefined) return { type: 'object', additionalProperties: schemaOfExample(any[1]) }
  return { type: 'object', properties: Object.fromEntries(entries.map(([name, one]) => [name, schemaOfExample(one)])) }
}
