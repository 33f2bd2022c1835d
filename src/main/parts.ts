// The parts outside of this process that the configuration names: what each is called, where it is, and what is expected of it when it refuses:
// its adapter says which setting that is, where it knows.
import { describeTarget } from '../database/connection-settings.ts'
import { CodedError, type Port } from '../runtime/coded-error.ts'
import type { Config } from '../runtime/config.ts'

export type Part = {
  /** Of its check and its log lines. */
  name: string
  /** For sentences. */
  title: string
  /** Without credentials. */
  address: string
  /** Where the error does not say it. */
  expected: string
}

/** null: embedded. */
export type Parts = { postgres: Part | null; kafka: Part | null; registry: Part | null; s3: Part | null }

export const partsOf = ({ database, kafka, schemaRegistry, objects }: Config): Parts => ({
  postgres: database.url === null ? null : { ...postgres, address: describeTarget({ url: database.url }) },
  kafka: kafka.brokers === null ? null : { ...kafkaPart, address: kafka.brokers.join(', ') },
  registry: schemaRegistry.url === null ? null : { ...registry, address: withoutCredentials(schemaRegistry.url) },
  s3: objects.bucket === null ? null : { ...s3, address: addressOf(objects.endpoint, objects.bucket) },
})

/** Who answers at a port; null: embedded, or nobody outside. */
export function partAt(parts: Parts, port: Port): Part | null {
  const { postgres: database, kafka: log, registry: schemas, s3: objects } = parts
  const at: Partial<Record<Port, Part | null>> = { database, log, registry: schemas, objects }
  return at[port] ?? null
}

/** What was expected where `error` came: of the first along its causes that says it. */
export function expectationOf(part: Pick<Part, 'expected'>, error: Error): string {
  for (let one: unknown = error; one instanceof Error; one = one.cause)
    if (one instanceof CodedError && one.expected !== null) return one.expected
  return part.expected
}

type Known = Omit<Part, 'address'>

const postgres: Known = {
  name: 'postgres',
  title: 'Postgres',
  expected: 'DATABASE_URL to name a database that zaplog can use',
}
const kafkaPart: Known = {
  name: 'kafka',
  title: 'Kafka',
  expected: 'KAFKA_BROKERS to be a Kafka that zaplog can use',
}
const registry: Known = {
  name: 'schema-registry',
  title: 'the schema registry',
  expected: 'SCHEMA_REGISTRY_URL to be Confluent’s API of a registry, with its path',
}
const s3: Known = {
  name: 's3',
  title: 'the bucket',
  expected: 'S3_REGION, S3_ENDPOINT and S3_FORCE_PATH_STYLE to be those of S3_BUCKET',
}

const addressOf = (endpoint: string | null, bucket: string) =>
  `${endpoint === null ? 'Amazon S3' : withoutCredentials(endpoint)}/${bucket}`

function withoutCredentials(text: string): string {
  const { protocol, host, pathname } = new URL(text)
  return `${protocol}//${host}${pathname.replace(/\/$/, '')}`
}
