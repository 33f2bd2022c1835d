// The parts outside of this process that the configuration names: what each is called, where it is, and which settings speak of it when it refuses.
import { describeTarget } from '../database/connection-settings.ts'
import type { Config } from '../runtime/config.ts'
import { describeError } from '../runtime/logger.ts'

export type Part = {
  /** Of its check and its log lines. */
  name: string
  /** For sentences. */
  title: string
  /** Without credentials. */
  address: string
  expectations: Expectations
}
/** The first whose pattern is found in the error and its causes, codes included; the last fits all. */
type Expectations = readonly { when: RegExp; expected: string }[]

/** null: embedded. */
export type Parts = { postgres: Part | null; kafka: Part | null; registry: Part | null; s3: Part | null }

export const partsOf = ({ database, kafka, schemaRegistry, objects }: Config): Parts => ({
  postgres: database.url === null ? null : { ...postgres, address: describeTarget({ url: database.url }) },
  kafka: kafka.brokers === null ? null : { ...kafkaPart, address: kafka.brokers.join(', ') },
  registry: schemaRegistry.url === null ? null : { ...registry, address: withoutCredentials(schemaRegistry.url) },
  s3: objects.bucket === null ? null : { ...s3, address: addressOf(objects.endpoint, objects.bucket) },
})

export const expectationOf = ({ expectations, title }: Part, error: Error): string => {
  const told = describeError(error)
  return expectations.find(({ when }) => when.test(told))?.expected ?? `${title} to be usable`
}

const tls =
  /certificate|SSL connections?|HOSTNAME_MISMATCH|INVALID_CA|\((CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_|ERR_SSL_|ERR_OSSL_|EPROTO)/

const postgres = {
  name: 'postgres',
  title: 'Postgres',
  expectations: [
    { when: /newer zaplog/, expected: 'DATABASE_URL to name a database of this version or an older one' },
    { when: /3D000/, expected: 'the database that DATABASE_URL names to be there' },
    { when: /42501/, expected: 'the user of DATABASE_URL to own the tables and the schema' },
    {
      when: tls,
      expected:
        'TLS as sslmode in DATABASE_URL says, and a certificate for its host that DATABASE_SSL_CA (unset: this machine) vouches for',
    },
    { when: /28P01|28000|SASL|SCRAM|password/, expected: 'DATABASE_URL to have a user and a password that it lets in' },
    { when: /(?:)/, expected: 'DATABASE_URL to name a database that zaplog can use' },
  ],
} satisfies Omit<Part, 'address'>

const kafkaPart = {
  name: 'kafka',
  title: 'Kafka',
  expectations: [
    { when: /REPLICATION_FACTOR/, expected: 'as many brokers as TOPIC_REPLICATION asks for' },
    { when: /AUTHORIZATION/, expected: 'its ACLs to let KAFKA_SASL_USERNAME make, write and read the topics of TOPIC_PREFIX' },
    { when: /INVALID_CONFIG|POLICY_VIOLATION|INVALID_TOPIC/, expected: 'it to take topics as TOPIC_… settings declare them' },
    {
      when: /SASL|authentication/i,
      expected: 'KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD to be what it lets in',
    },
    {
      when: tls,
      expected:
        'TLS as KAFKA_SSL says, and a certificate for its host in KAFKA_BROKERS that KAFKA_SSL_CA (unset: this machine) vouches for',
    },
    { when: /(?:)/, expected: 'KAFKA_BROKERS to be a Kafka that zaplog can use' },
  ],
} satisfies Omit<Part, 'address'>

const registry = {
  name: 'schema-registry',
  title: 'the schema registry',
  expectations: [
    { when: /SCHEMA_AUTO_REGISTER/, expected: 'every schema to be registered, or SCHEMA_AUTO_REGISTER to be true' },
    { when: /status 40[13]/, expected: 'SCHEMA_REGISTRY_USERNAME and SCHEMA_REGISTRY_PASSWORD to be what it lets in' },
    { when: /\(incompatible\)/, expected: 'SCHEMA_REGISTRY_URL to have no schemas but those of zaplog, up to this version' },
    { when: tls, expected: 'a certificate that this machine trusts, for the host in SCHEMA_REGISTRY_URL' },
    { when: /(?:)/, expected: 'SCHEMA_REGISTRY_URL to be Confluent’s API of a registry, with its path' },
  ],
} satisfies Omit<Part, 'address'>

const s3 = {
  name: 's3',
  title: 'the bucket',
  expectations: [
    { when: /status 404/, expected: 'S3_BUCKET to name a bucket that is there' },
    {
      when: /\(denied\)/,
      expected: 'S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY to be right, and to have s3:ListBucket on S3_BUCKET',
    },
    { when: tls, expected: 'a certificate that this machine trusts, for the host in S3_ENDPOINT' },
    { when: /Credential/, expected: 'S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY, or credentials where the SDK looks for them' },
    { when: /(?:)/, expected: 'S3_REGION, S3_ENDPOINT and S3_FORCE_PATH_STYLE to be those of S3_BUCKET' },
  ],
} satisfies Omit<Part, 'address'>

const addressOf = (endpoint: string | null, bucket: string) =>
  `${endpoint === null ? 'Amazon S3' : withoutCredentials(endpoint)}/${bucket}`

function withoutCredentials(text: string): string {
  const { protocol, host, pathname } = new URL(text)
  return `${protocol}//${host}${pathname.replace(/\/$/, '')}`
}
