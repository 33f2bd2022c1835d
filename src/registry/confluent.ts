// Any registry that speaks Confluent's API: the same schema has one id for ever, and what is registered first may only grow compatibly.
import { openRegistryClient, type RegistryAnswer, type RegistryClient, type RegistryOptions } from './confluent-client.ts'
import { registryRefusal } from './confluent-errors.ts'
import { type AvroSchema, RegistryError, type SchemaRegistry } from './registry.ts'

export type ConfluentRegistryOptions = RegistryOptions & {
  /** false: a schema that is not registered is `denied`, naming its subject. */
  autoRegister: boolean
}

/** Every released version stays readable by every other one, in both directions. */
const COMPATIBILITY = 'FULL_TRANSITIVE'

/** Nothing is asked before the first call, and nothing stays open between calls. Wrap it in cachedRegistry: each call here asks the registry. */
export function openConfluentRegistry(options: ConfluentRegistryOptions): SchemaRegistry {
  const client = openRegistryClient(options)
  return {
    idOf: async (schema, signal) => (await findId(client, schema, signal)) ?? (await register(client, schema, options, signal)),
    schemaOf: async (id, signal) => await findSchema(client, id, options, signal),
  }
}

/** Other spellings of the same schema are the same schema: white space, order of properties. */
const normalized = '?normalize=true'

/** null: it is not registered. Rejects RegistryError. */
export async function findId(client: RegistryClient, { subject, text }: AvroSchema, signal: AbortSignal): Promise<number | null> {
  const doing = `asking for the id of ${subject}`
  const path = `/subjects/${encodeURIComponent(subject)}${normalized}`
  const answer = await client.ask({ doing, method: 'POST', path, body: { schema: text, schemaType: 'AVRO' } }, signal)
  if (answer.ok) return idIn(doing, answer)
  if (isAbsent(answer)) return null
  throw registryRefusal(doing, answer)
}

async function register(
  client: RegistryClient,
  { subject, text }: AvroSchema,
  { autoRegister, logger }: ConfluentRegistryOptions,
  signal: AbortSignal,
): Promise<number> {
  const doing = `registering ${subject}`
  if (!autoRegister)
    throw new RegistryError(
      'denied',
      `${doing}: it is not in the registry, and SCHEMA_AUTO_REGISTER is false: register it first`,
      {
        settings: ['SCHEMA_AUTO_REGISTER'],
        expected: 'every schema to be registered, or SCHEMA_AUTO_REGISTER to be true',
      },
    )
  await demandCompatibility(client, subject, signal)
  const path = `/subjects/${encodeURIComponent(subject)}/versions${normalized}`
  const answer = await client.ask({ doing, method: 'POST', path, body: { schema: text, schemaType: 'AVRO' } }, signal)
  if (!answer.ok) throw registryRefusal(doing, answer)
  const id = idIn(doing, answer)
  logger.info('registry.registered', { subject, schemaId: id })
  return id
}

/** Before each registration, so that a version can never slip in under a weaker rule; a crash in between repeats it. */
async function demandCompatibility(client: RegistryClient, subject: string, signal: AbortSignal): Promise<void> {
  const doing = `demanding ${COMPATIBILITY} of ${subject}`
  const path = `/config/${encodeURIComponent(subject)}`
  const answer = await client.ask({ doing, method: 'PUT', path, body: { compatibility: COMPATIBILITY } }, signal)
  if (answer.ok) return
  // Two members that demand it at once: some servers answer the slower one that it is there already.
  const found = answer.status === 409 ? await client.ask({ doing, method: 'GET', path }, signal) : null
  if (found?.body.compatibilityLevel !== COMPATIBILITY) throw registryRefusal(doing, answer)
}

async function findSchema(
  client: RegistryClient,
  id: number,
  { logger }: ConfluentRegistryOptions,
  signal: AbortSignal,
): Promise<AvroSchema | null> {
  const doing = `asking for schema ${id}`
  const answer = await client.ask({ doing, method: 'GET', path: `/schemas/ids/${id}` }, signal)
  if (isAbsent(answer)) return null
  if (!answer.ok) throw registryRefusal(doing, answer)
  const { schema, schemaType = 'AVRO' } = answer.body
  if (typeof schema !== 'string') throw notARegistry(doing)
  if (schemaType === 'AVRO') return { subject: fullNameOf(schema), text: schema }
  logger.warn('registry.not-avro', { schemaId: id, schemaType })
  return null
}

/** RecordNameStrategy: the subject is the record's name, whatever subjects the registry knows it under. */
function fullNameOf(text: string): string {
  const { name = '', namespace = '' } = Object(JSON.parse(text)) as { name?: string; namespace?: string }
  return namespace === '' || name.includes('.') ? name : `${namespace}.${name}`
}

/** Of a subject or a schema. Any other 404 is of something that is no registry. */
const ABSENT: readonly unknown[] = [40401, 40402, 40403]
export const isAbsent = ({ status, body }: RegistryAnswer): boolean => status === 404 && ABSENT.includes(body.error_code)

function idIn(doing: string, { body }: RegistryAnswer): number {
  if (typeof body.id === 'number' && Number.isSafeInteger(body.id)) return body.id
  throw notARegistry(doing)
}

const notARegistry = (doing: string) =>
  new RegistryError('misconfigured', `${doing}: expected a registry’s answer, got another: is SCHEMA_REGISTRY_URL right?`)
