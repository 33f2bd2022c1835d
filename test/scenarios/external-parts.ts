// Kafka, a registry, Postgres and S3 that belong to one scenario, reached straight or through a proxy; and what a zaplog of a newer version
// writes beside ours.
import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import avro from 'avsc'
import { type Kafka, openKafka } from '../../infra/services/kafka.ts'
import { openRegistry, type RegistryServer } from '../../infra/services/registry.ts'
import { freePort } from '../../infra/services/server-process.ts'
import type { EventOf } from '../../src/events/event.ts'
import { openKafkaLog } from '../../src/log/kafka.ts'
import { openConfluentRegistry } from '../../src/log/registry-confluent.ts'
import { createLogger } from '../../src/runtime/logger.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'
import { openTestDatabase, type TestDatabase } from '../database.ts'
import { openS3World, type S3World } from '../objects/s3-world.ts'
import { openTcpProxy, type TcpProxy } from '../tcp-proxy.ts'
import { type ItsLog, openItsLog } from './its-log.ts'

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
  const opening = [
    openKafka({ directory: join(directory, 'kafka'), proxied: { port: proxied, advertisedPort: toKafka.port } }),
    openRegistry({ directory }),
    openS3World('media'),
    openTestDatabase(name, { empty: true }),
  ] as const
  const proxies = [toKafka]
  const close = async () => {
    for (const part of await Promise.allSettled(opening)) if (part.status === 'fulfilled') await part.value.close()
    await Promise.all(proxies.map(proxy => proxy.close()))
    await rm(directory, { recursive: true, force: true })
  }
  const putBehind = async (variable: string, url: string): Promise<Behind> => {
    const { hostname, port } = new URL(url)
    const proxy = await openTcpProxy({ target: { host: hostname, port: Number(port) } })
    proxies.push(proxy)
    return { proxy, env: { [variable]: url.replace(`${hostname}:${port}`, `127.0.0.1:${proxy.port}`) } }
  }
  try {
    const [kafka, registry, s3, database] = await Promise.all(opening)
    return {
      kafka,
      registry,
      s3,
      env: settingsOf(kafka, registry, s3, database),
      behind: {
        kafka: { proxy: toKafka, env: { KAFKA_BROKERS: `127.0.0.1:${toKafka.port}` } },
        registry: await putBehind('SCHEMA_REGISTRY_URL', registry.url),
        postgres: await putBehind('DATABASE_URL', database.url),
        s3: await putBehind('S3_ENDPOINT', s3.server.endpoint),
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
  S3_BUCKET: bucket,
  S3_ENDPOINT: server.endpoint,
  S3_REGION: 'us-east-1',
  S3_ACCESS_KEY_ID: server.credentials.accessKeyId,
  S3_SECRET_ACCESS_KEY: server.credentials.secretAccessKey,
  ADMIN_API_KEY: randomBytes(24).toString('base64url'),
  ENCRYPTION_KEY: randomBytes(32).toString('base64'),
})

/** Straight, by our own adapters. */
const openLog = ({ kafka, registry }: ExternalParts): Promise<ItsLog> =>
  openItsLog({
    log: openKafkaLog({
      brokers: [kafka.brokers],
      clientId: 'scenario',
      logger,
      metrics: createMetrics({ processMetrics: false }),
    }),
    registry: openConfluentRegistry({ url: registry.url, autoRegister: false, logger }),
    prefixes: { topic: 'wa.', group: 'zaplog.' },
  })

export type NewerVersions = {
  /** As the next newer version appends a message: in the schema of ours with one field more. */
  append(message: EventOf<'message.received'>): Promise<void>
  close(): Promise<void>
}

/** So many versions, each with a schema that is registered by now and that no zaplog of ours has ever met. */
export async function openNewerVersions(parts: ExternalParts, count: number): Promise<NewerVersions> {
  const its = await openLog(parts)
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

const ours = new URL('../../schemas/message.received.avsc', import.meta.url)
