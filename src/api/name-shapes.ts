// Gives the shapes of an OpenAPI document that have a title a place of their own under it (components.schemas), where all that use them refer to: whoever
// generates a client has one type for each, and the document says each once. One title is one shape; two are refused by their name.
import { isDeepStrictEqual } from 'node:util'

type Json = { readonly [name: string]: unknown }
type Document = { paths?: unknown; webhooks?: unknown; components?: unknown }

export function nameShapes({ paths, webhooks, components, ...rest }: Document): Json {
  const named = new Map<string, Json>()
  const [namedPaths, namedWebhooks] = [paths, webhooks].map(part => withNames(part, named))
  const schemas = Object.fromEntries([...named].sort(([one], [other]) => (one < other ? -1 : 1)))
  return {
    ...rest,
    components: { ...Object(components), schemas },
    paths: namedPaths,
    webhooks: namedWebhooks,
  } as unknown as Document
}

/** What it says itself is no shape, whatever it looks like. */
const literal = ['example', 'examples', 'default', 'const', 'enum', 'required', 'security', 'tags']

function withNames(value: unknown, named: Map<string, Json>): unknown {
  if (Array.isArray(value)) return value.map(one => withNames(one, named))
  if (!isObject(value)) return value
  const walked: Json = Object.fromEntries(
    Object.entries(value).map(([name, part]) => {
      if (literal.includes(name)) return [name, part]
      return [name, name === 'properties' && isObject(part) ? mapped(part, named) : withNames(part, named)]
    }),
  )
  const { title } = walked
  return typeof title === 'string' ? referenceTo(title, walked, named) : walked
}

/** The names of fields mean nothing here. */
const mapped = (fields: Json, named: Map<string, Json>): Json =>
  Object.fromEntries(Object.entries(fields).map(([name, shape]) => [name, withNames(shape, named)]))

function referenceTo(title: string, shape: Json, named: Map<string, Json>): Json {
  const { description, examples, default: usual, ...itself } = shape
  const known = named.get(title) ?? { ...itself, ...(description !== undefined && { description }) }
  named.set(title, known)
  const { description: said, ...other } = known
  if (!isDeepStrictEqual(other, itself)) throw new Error(`describing the API: two shapes are called ${title}`)
  return {
    $ref: `#/components/schemas/${title}`,
    ...(description !== undefined && description !== said && { description }),
    ...(examples !== undefined && { examples }),
    ...(usual !== undefined && { default: usual }),
  }
}

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)
