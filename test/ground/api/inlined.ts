// An OpenAPI document with each shape in its place again, for whoever looks at one shape as a whole.
type Json = { readonly [name: string]: unknown }

/** Throws where a reference leads nowhere. */
export function inlined(document: { readonly components?: unknown }): Json {
  const { schemas } = document.components as { schemas: Json }
  const inline = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(inline)
    if (typeof value !== 'object' || value === null) return value
    const { $ref, ...rest } = value as Json
    const own = Object.fromEntries(Object.entries(rest).map(([name, part]) => [name, inline(part)]))
    if (typeof $ref !== 'string') return own
    const named = schemas[$ref.replace('#/components/schemas/', '')]
    if (named === undefined) throw new Error(`expected a shape at ${$ref}`)
    return { ...(inline(named) as Json), ...own }
  }
  return inline(document) as Json
}
