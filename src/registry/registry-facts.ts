// What a registry knows of our schemas, for whoever explains why zaplog can or cannot use it. Nothing is registered.
import { findId, isAbsent } from './confluent.ts'
import { openRegistryClient, type RegistryClient, type RegistryOptions } from './confluent-client.ts'
import { registryRefusal } from './confluent-errors.ts'
import type { AvroSchema } from './registry.ts'

/** Subjects. */
export type RegistryFacts = {
  known: readonly string[]
  /** Not as they are in this version, and could be registered. */
  missing: readonly string[]
  /** Could not, because what is there under their subject does not fit. */
  incompatible: readonly string[]
}

/** Rejects RegistryError. */
export async function readRegistryFacts(
  options: RegistryOptions,
  schemas: readonly AvroSchema[],
  signal: AbortSignal,
): Promise<RegistryFacts> {
  const client = openRegistryClient(options)
  const found = await Promise.all(schemas.map(async schema => ({ schema, is: await judge(client, schema, signal) })))
  const those = (is: Judged) => found.filter(one => one.is === is).map(({ schema }) => schema.subject)
  return { known: those('known'), missing: those('missing'), incompatible: those('incompatible') }
}

type Judged = 'known' | 'missing' | 'incompatible'

async function judge(client: RegistryClient, schema: AvroSchema, signal: AbortSignal): Promise<Judged> {
  if ((await findId(client, schema, signal)) !== null) return 'known'
  const doing = `asking whether ${schema.subject} is compatible`
  const path = `/compatibility/subjects/${encodeURIComponent(schema.subject)}/versions/latest`
  const answer = await client.ask({ doing, method: 'POST', path, body: { schema: schema.text, schemaType: 'AVRO' } }, signal)
  if (isAbsent(answer)) return 'missing'
  if (!answer.ok) throw registryRefusal(doing, answer)
  return answer.body.is_compatible === false ? 'incompatible' : 'missing'
}
