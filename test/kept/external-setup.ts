// Everything external: what is kept is what each part holds, in a form that later versions of its server take. Its zaplog was stopped in peace.
import { randomBytes } from 'node:crypto'
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openKafka } from '../../infra/services/kafka.ts'
import { openRegistry } from '../../infra/services/registry.ts'
import { openS3Server } from '../../infra/services/s3.ts'
import { fromJson, toJson } from '../../simulator/accounts/bytes-json.ts'
import { openEmbeddedPostgres } from '../../src/database/embedded.ts'
import { createLogger } from '../../src/runtime/logger.ts'
import { openItsKafkaLog } from '../ground/scenarios/its-kafka-log.ts'
import { openTogether } from '../ground/scenarios/open-together.ts'
import { s3Settings } from '../ground/scenarios/s3-settings.ts'
import { makeDataDir } from '../ground/scenarios/zaplog-process.ts'
import { compress, expand } from './archive.ts'
import { type BucketDump, dumpBucket, makeBucket, restoreBucket } from './bucket-dump.ts'
import { shiftInstants } from './instants.ts'
import { dumpKafka, type KafkaDump, restoreKafka } from './kafka-dump.ts'
import { dumpPostgres, type PostgresDump, restorePostgres } from './postgres-dump.ts'
import { dumpRegistry, type RegistryDump, restoreRegistry } from './registry-dump.ts'
import type { KeptGround, KeptSetup } from './setup.ts'

type Dump = { postgres: PostgresDump; kafka: KafkaDump; registry: RegistryDump; bucket: BucketDump }

const BUCKET = 'media'
const prefixes = { topic: 'wa.', group: 'zaplog.' }
const logger = createLogger({ level: 'silent' })

export const externalSetup: KeptSetup = {
  name: 'external',
  end: zaplog => zaplog.stop(),
  make: async () => {
    const parts = await openParts(null)
    const { postgres, kafka, registry, s3 } = parts
    const keys = {
      ADMIN_API_KEY: randomBytes(24).toString('base64url'),
      ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    }
    const { env, ...ground } = groundOf(parts)
    return {
      ...ground,
      env: { ...env, ...keys },
      pack: async () => {
        const its = await ground.openLog()
        const dump: Dump = {
          postgres: await dumpPostgres(postgres.url),
          kafka: await dumpKafka(kafka.brokers, its),
          registry: await dumpRegistry(registry.url),
          bucket: await dumpBucket(s3, BUCKET),
        }
        await its.close()
        return compress(Buffer.from(toJson(dump)))
      },
    }
  },
  restore: async (archive, byMs) => {
    const dump = fromJson((await expand(archive)).toString()) as Dump
    const parts = await openParts(dump.kafka.clusterId)
    const { postgres, kafka, registry, s3 } = parts
    try {
      await Promise.all([
        restorePostgres(postgres.url, dump.postgres).then(() => shiftInstants(postgres.url, byMs)),
        restoreKafka(kafka.brokers, dump.kafka, byMs),
        restoreRegistry(registry.url, dump.registry),
        restoreBucket(s3, BUCKET, dump.bucket),
      ])
      return groundOf(parts)
    } catch (error) {
      await parts.close()
      throw error
    }
  },
}

/** Empty ones, but for the bucket. clusterId null: a new one. */
async function openParts(clusterId: string | null) {
  const directory = await mkdtemp(join(tmpdir(), 'zaplog-kept-'))
  await chmod(directory, 0o711) // as root, Postgres runs as a user of its own
  const store = join(directory, 's3')
  await mkdir(store)
  const parts = await openTogether(
    {
      postgres: openEmbeddedPostgres({ dataDir: join(directory, 'postgres'), logger, fsync: false }),
      kafka: openKafka({ directory: join(directory, 'kafka'), ...(clusterId !== null && { clusterId }) }),
      registry: openRegistry(),
      s3: openS3Server({ directory: store }),
    },
    () => rm(directory, { recursive: true, force: true }),
  )
  await makeBucket(parts.s3, BUCKET)
  return parts
}

function groundOf({ postgres, kafka, registry, s3, close }: Awaited<ReturnType<typeof openParts>>): KeptGround {
  const { path, remove } = makeDataDir()
  return {
    dataDir: path,
    env: {
      DATABASE_URL: postgres.url,
      KAFKA_BROKERS: kafka.brokers,
      SCHEMA_REGISTRY_URL: registry.url,
      ...s3Settings(s3, BUCKET),
    },
    openLog: () => openItsKafkaLog({ brokers: kafka.brokers, registryUrl: registry.url, prefixes }),
    close: async () => {
      await close()
      remove()
    },
  }
}
