// Kafka, a registry, Postgres and S3 that belong to one scenario, reached straight or through a proxy; and what a zaplog of a newer version
// writes beside ours.
import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import avro from 'avsc'
import { type Kafka, openKafka } from '../../../infra/services/kafka.ts'
import { openRegistry, type RegistryServer } from '../../../infra/services/registry.ts'
import { freePort } from '../../../infra/services/server-process.ts'
import type { EventOf } from '../../../src/events/event.ts'
import { openConfluentRegistry } from '../../../src/registry/confluent.ts'
import { createLogger } from '../../../src/runtime/logger.ts'
import { openTestDatabase, type TestDatabase } from '../database.ts'
import { openS3World, type S3World } from '../objects/s3-world.ts'
import { openTcpProxy, type TcpProxy } from '../tcp-proxy.ts'
import { openItsKafkaLog } from './its-kafka-log.ts'
import { openTogether } from './open-together.ts'
import { putBehind } from './put-behind.ts'
import { s3Settings } from './s3-settings.ts'

type Env = Readonly<Record<string, string>>
/** `env` takes the place of the straight settings. */
type Behind = { proxy: TcpProxy; env: Env }
export type ExternalParts = {
  kafka: Kafka
  /** Schemas survive its death. */
  registry: RegistryServer
  s3: S3World
  env: Env
  behind: Readonly<Record<'kafka' | 'registry' | 'postgres' | 's3', Behind>>
  close(): Promise<void>
}

const logger = createLogger({ level: 'silent' })
const never = new AbortController().signal

export async function openExternalParts(name: string): Promise<ExternalParts> {
  const directory = await mkdtemp(join(tmpdir(), 'zaplog-external-parts-'))
  const proxied = await freePort()
  const toKafka = await openTcpProxy({ target: { port: proxied } })
  const proxies = [toKafka]
  const parts = await openTogether(
    {
      kafka: openKafka({ directory: join(directory, 'kafka'), proxied: { port: proxied, advertisedPort: toKafka.port } }),
      registry: openRegistry({ directory }),
      s3: openS3World('media'),
      database: openTestDatabase(name, { empty: true }),
    },
    async () => {
      await Promise.all(proxies.map(proxy => proxy.close()))
      await rm(directory, { recursive: true, force: true })
    },
  )
  const behind = async (variable: string, setting: string): Promise<Behind> => {
    const { proxy, setting: proxiedSetting } = await putBehind(setting)
    proxies.push(proxy)
    return { proxy, env: { [variable]: proxiedSetting } }
  }
  const { kafka, registry, s3, database, close } = parts
  try {
    return {
      kafka,
      registry,
      s3,
      env: settingsOf(kafka, registry, s3, database),
      behind: {
        kafka: { proxy: toKafka, env: { KAFKA_BROKERS: `127.0.0.1:${toKafka.port}` } },
        registry: await behind('SCHEMA_REGISTRY_URL', registry.url),
        postgres: await behind('DATABASE_URL', database.url),
        s3: await behind('S3_ENDPOINT', s3.server.endpoint),
      },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

const settingsOf = (kafka: Kafka, registry: RegistryServer, { server, bucket }: S3World, database: TestDatabase): Env => ({
  KAFKA_BROKERS: kafka.brokers,
  SCHEMA_REGISTRY_URL: registry.url,
  DATABASE_URL: database.url,
  ...s3Settings(server, bucket),
  ADMIN_API_KEY: randomBytes(24).toString('base64url'),
  ENCRYPTION_KEY: randomBytes(32).toString('base64'),
})

export type NewerVersions = {
  /** As the next newer version appends a message: in the schema of ours with one field more. */
  append(message: EventOf<'message.received'>): Promise<void>
  close(): Promise<void>
}

/** So many versions, each with a schema that is registered by now and that no zaplog of ours has ever met. */
export async function openNewerVersions(parts: ExternalParts, count: number): Promise<NewerVersions> {
  const prefixes = { topic: 'wa.', group: 'zaplog.' }
  const its = await openItsKafkaLog({ brokers: parts.kafka.brokers, registryUrl: parts.registry.url, prefixes })
  const registry = openConfluentRegistry({ url: parts.registry.url, autoRegister: true, logger })
  const { name, namespace, fields, ...rest } = JSON.parse(await readFile(ours, 'utf8'))
  const versions: { id: number; type: avro.Type }[] = []
  for (let version = 1; version <= count; version++) {
    const added = { name: `addedIn${version}`, type: ['null', 'string'], default: null }
    const schema = { name, namespace, fields: [...fields, added], ...rest }
    const id = await registry.idOf({ subject: `${namespace}.${name}`, text: JSON.stringify(schema) }, never)
    versions.push({ id, type: avro.Type.forSchema(schema, { registry: {} }) })
  }
  return {
    append: async message => {
      const version = versions.shift()
      if (version === undefined) throw new RangeError(`appending as a newer version: there are only ${count}`)
      const { id, type } = version
      const head = Buffer.alloc(5)
      head.writeInt32BE(id, 1)
      const record = { ...its.codec.encode(message), value: Buffer.concat([head, type.toBuffer(message)]) }
      await its.log.append({ topic: its.topic('events'), records: [record] }, never)
    },
    close: its.close,
  }
}

const ours = new URL('../../../schemas/message.received.avsc', import.meta.url)
