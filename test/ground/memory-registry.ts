// A schema registry for tests that need none of its own.
import type { SchemaIds } from '../../src/events/codec.ts'

/** Ids in memory; `outage` makes look-ups fail as an unreachable registry does. */
export function memoryRegistry(): SchemaIds & { outage: Error | null } {
  const schemas: { subject: string; text: string }[] = []
  const registry: SchemaIds & { outage: Error | null } = {
    outage: null,
    idOf: async schema => schemas.push(schema),
    schemaOf: async id => {
      if (registry.outage !== null) throw registry.outage
      return schemas[id - 1] ?? null
    },
  }
  return registry
}
