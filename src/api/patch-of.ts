// The body of a PATCH (RFC 7396): any object, since it is judged as a whole after merging; described as the fields that it may have.
import { z } from 'zod'

export const patchOf = (resource: z.ZodObject, doc: string) =>
  z.record(z.string(), z.unknown()).meta({ description: doc, properties: nullableFields(resource) })

/** null takes a field back. */
function nullableFields(resource: z.ZodObject): Record<string, unknown> {
  const { properties = {} } = z.toJSONSchema(resource, { io: 'input', unrepresentable: 'any' })
  return Object.fromEntries(
    Object.entries(properties).map(([name, field]) => [
      name,
      typeof field === 'object' ? { anyOf: [field, { type: 'null' }] } : field,
    ]),
  )
}
