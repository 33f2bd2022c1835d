// The schemas of the log in Kafka's registry: all of them, those of earlier versions too, in the order in which they came to be.
import type { SchemaIds } from '../../log/schema-ids.ts'
import { readSchemas } from '../../registry/postgres.ts'
import type { Moving } from './move.ts'

/** Registers what is missing there. Rejects RegistryError. */
export async function idsElsewhere({ database, registry }: Moving, signal: AbortSignal): Promise<SchemaIds> {
  const ids = new Map<number, number>()
  for (const { id, ...schema } of await readSchemas(database)) ids.set(id, await registry.idOf(schema, signal))
  return ids
}
