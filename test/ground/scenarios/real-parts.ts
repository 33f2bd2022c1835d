// Kafka, a schema registry and an S3 server on loopback, and the settings that make zaplog use them.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Kafka, openKafka } from '../../../infra/services/kafka.ts'
import { openRegistry, type RegistryServer } from '../../../infra/services/registry.ts'
import { openS3World, type S3World } from '../objects/s3-world.ts'
import { openTogether } from './open-together.ts'
import { s3Settings } from './s3-settings.ts'

export type RealParts = {
  kafka: Kafka
  registry: RegistryServer
  s3: S3World
  env: Record<string, string>
  close(): Promise<void>
}

export async function openRealParts(): Promise<RealParts> {
  const directory = await mkdtemp(join(tmpdir(), 'zaplog-real-parts-'))
  const parts = await openTogether(
    { kafka: openKafka({ directory: join(directory, 'kafka') }), registry: openRegistry(), s3: openS3World('media') },
    () => rm(directory, { recursive: true, force: true }),
  )
  const { kafka, registry, s3 } = parts
  const env = { KAFKA_BROKERS: kafka.brokers, SCHEMA_REGISTRY_URL: registry.url, ...s3Settings(s3.server, s3.bucket) }
  return { ...parts, env }
}
