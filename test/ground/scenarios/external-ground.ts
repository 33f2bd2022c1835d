// Everything external: a Postgres, a Kafka, a registry and a bucket, each reached by its settings alone.
import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { expect } from 'vitest'
import { type Kafka, openKafka } from '../../../infra/services/kafka.ts'
import { openS3Server, type S3Server } from '../../../infra/services/s3.ts'
import { DatabaseError } from '../../../src/database/database.ts'
import { type EmbeddedPostgres, openEmbeddedPostgres } from '../../../src/database/embedded.ts'
import { openSession } from '../../../src/database/session.ts'
import { openS3Store } from '../../../src/objects/s3.ts'
import { createLogger } from '../../../src/runtime/logger.ts'
import { roomyMemory } from '../roomy-memory.ts'
import { until } from '../until.ts'
import type { Ground, Part } from './ground.ts'
import { openItsKafkaLog } from './its-kafka-log.ts'
import { freezePostgres, killPostgres } from './its-postgres.ts'
import { freezeProcesses, processesWith } from './processes.ts'
import { S3_TEST_REGION, s3Settings } from './s3-settings.ts'
import type { SharedParts } from './shared-parts.ts'

export type ExternalOptions = {
  /** A Kafka of its own, to be killed and frozen. */
  ownLog: boolean
  /** An S3 server of its own, whose directory this sees before anything is in it. */
  prepareStore: ((directory: string) => void) | null
}
type Closable = { close(): Promise<void> }

const logger = createLogger({ level: 'silent' })
const never = new AbortController().signal
let made = 0

/** A Postgres of its own; topics, groups and a bucket named after the test file, on the run's shared parts. */
export async function openExternalGround(shared: SharedParts, options: ExternalOptions): Promise<Ground> {
  const name = `${basename(expect.getState().testPath ?? 'test', '.test.ts')}-${process.pid}-${++made}`
  const directory = await mkdtemp(join(roomyMemory(), 'zaplog-external-'))
  await chmod(directory, 0o711) // as root, Postgres runs as a user of its own
  const opened: Closable[] = [{ close: () => rm(directory, { recursive: true, force: true }) }]
  const close = async () => {
    for (const part of opened.splice(0).toReversed()) await part.close()
  }
  const keep = <Opened extends Closable>(part: Opened): Opened => {
    opened.push(part)
    return part
  }
  try {
    const postgres = keep(await openEmbeddedPostgres({ dataDir: join(directory, 'postgres'), logger }))
    const kafka = options.ownLog ? keep(await openKafka({ directory: join(directory, 'kafka') })) : null
    const s3 = options.prepareStore === null ? shared.s3 : keep(await openOwnStore(directory, options.prepareStore))
    await makeBucket(s3, name)
    const brokers = kafka?.brokers ?? shared.brokers
    const prefixes = { topic: `${name}.`, group: `${name}.` }
    return {
      env: {
        DATABASE_URL: postgres.url,
        KAFKA_BROKERS: brokers,
        SCHEMA_REGISTRY_URL: shared.registryUrl,
        TOPIC_PREFIX: prefixes.topic,
        GROUP_PREFIX: prefixes.group,
        ...s3Settings(s3, name),
        ADMIN_API_KEY: randomBytes(24).toString('base64url'),
        ENCRYPTION_KEY: randomBytes(32).toString('base64'),
      },
      postgres: postgresPart(directory, postgres),
      log: kafka === null ? sharedPart : kafkaPart(directory, kafka),
      openLog: () => openItsKafkaLog({ brokers, registryUrl: shared.registryUrl, prefixes }),
      openObjects: () => openS3Store({ bucket: name, logger, region: S3_TEST_REGION, ...s3 }),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** Its own watch starts it again when it dies. */
const postgresPart = (directory: string, { url }: EmbeddedPostgres): Part => ({
  kill: () => killPostgres(directory),
  start: async () => {
    await until('Postgres to answer again', () => answers(url))
  },
  freeze: () => freezePostgres(directory),
})

const kafkaPart = (directory: string, kafka: Kafka): Part => ({
  kill: kafka.kill,
  start: kafka.restart,
  freeze: () => freezeProcesses('Kafka', processesWith(join(directory, 'kafka'))),
})

const refuse = async () => {
  throw new Error('this Kafka is shared with other tests: open the stage with ownLog')
}
const sharedPart: Part = { kill: refuse, start: refuse, freeze: refuse }

async function answers(url: string): Promise<boolean> {
  try {
    const session = await openSession({ url, applicationName: 'scenario' }, never)
    await session.close()
    return true
  } catch (error) {
    if (error instanceof DatabaseError && error.retryable) return false
    throw error
  }
}

async function openOwnStore(directory: string, prepare: (directory: string) => void): Promise<S3Server> {
  const store = await mkdtemp(join(directory, 's3-'))
  prepare(store)
  return openS3Server({ directory: store })
}

async function makeBucket({ endpoint, credentials }: SharedParts['s3'], name: string): Promise<void> {
  const client = new S3Client({ endpoint, credentials, region: S3_TEST_REGION, forcePathStyle: true })
  try {
    await client.send(new CreateBucketCommand({ Bucket: name }))
  } finally {
    client.destroy()
  }
}
