// Kafka, a schema registry and an S3 server on loopback, and the settings that make zaplog use them.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Kafka, openKafka } from '../../infra/services/kafka.ts'
import { openRegistry, type RegistryServer } from '../../infra/services/registry.ts'
import { openS3World, type S3World } from '../objects/s3-world.ts'

export type RealParts = {
  kafka: Kafka
  registry: RegistryServer
  s3: S3World
  env: Record<string, string>
  close(): Promise<void>
}

export async function openRealParts(): Promise<RealParts> {
  const directory = await mkdtemp(join(tmpdir(), 'zaplog-real-parts-'))
  const opening = [openKafka({ directory: join(directory, 'kafka') }), openRegistry(), openS3World('media')] as const
  const close = async () => {
    for (const part of await Promise.allSettled(opening)) if (part.status === 'fulfilled') await part.value.close()
    await rm(directory, { recursive: true, force: true })
  }
  const [kafka, registry, s3] = await Promise.all(opening).catch(async error => {
    await close()
    throw error
  })
  const { endpoint, credentials } = s3.server
  return {
    kafka,
    registry,
    s3,
    env: {
      KAFKA_BROKERS: kafka.brokers,
      SCHEMA_REGISTRY_URL: registry.url,
      S3_BUCKET: 'media',
      S3_ENDPOINT: endpoint,
      S3_REGION: 'us-east-1',
      S3_ACCESS_KEY_ID: credentials.accessKeyId,
      S3_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    },
    close,
  }
}
