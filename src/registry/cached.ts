// A registry whose answers are asked for once and kept for ever, which ids allow; what it does not have is asked for again.
import type { AvroSchema, SchemaRegistry } from './registry.ts'

export function cachedRegistry(registry: SchemaRegistry): SchemaRegistry {
  const ids = new Map<string, number>()
  const schemas = new Map<number, AvroSchema>()

  return {
    idOf: async (schema, signal) => {
      const name = JSON.stringify([schema.subject, schema.text])
      const id = ids.get(name) ?? (await registry.idOf(schema, signal))
      ids.set(name, id)
      return id
    },
    schemaOf: async (id, signal) => {
      const schema = schemas.get(id) ?? (await registry.schemaOf(id, signal))
      if (schema !== null) schemas.set(id, schema)
      return schema
    },
  }
}
