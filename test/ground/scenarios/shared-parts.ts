// Kafka, a registry and an S3 server for a whole test run: whoever kills or freezes one takes a part of its own.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { openKafka } from '../../../infra/services/kafka.ts'
import { openRegistry } from '../../../infra/services/registry.ts'
import { openS3Server, type S3Server } from '../../../infra/services/s3.ts'
import { openTogether } from './open-together.ts'

export type SharedParts = { brokers: string; registryUrl: string; s3: Pick<S3Server, 'endpoint' | 'credentials'> }

/** `directory` need not be there; whoever names it removes it. */
export async function openSharedParts(directory: string): Promise<SharedParts & { close(): Promise<void> }> {
  const store = join(directory, 's3')
  await mkdir(store, { recursive: true })
  const { kafka, registry, s3, close } = await openTogether({
    kafka: openKafka({ directory: join(directory, 'kafka') }),
    registry: openRegistry(),
    s3: openS3Server({ directory: store }),
  })
  const { endpoint, credentials } = s3
  return { brokers: kafka.brokers, registryUrl: registry.url, s3: { endpoint, credentials }, close }
}
