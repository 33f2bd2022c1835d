// Kafka, a registry and an S3 server on loopback: all that were asked for are up, or none is.
import { join } from 'node:path'
import { openKafka } from '../../infra/services/kafka.ts'
import { requireKafka } from '../../infra/services/kafka-jars.ts'
import { openRegistry, requireRegistry } from '../../infra/services/registry.ts'
import { newS3Credentials, openS3Server, requireS3, type S3Credentials } from '../../infra/services/s3.ts'
import { CodedError } from '../runtime/coded-error.ts'
import { readIfThere } from '../runtime/read-if-there.ts'
import { writeDurably } from '../runtime/write-durably.ts'
import type { PartName } from './dev-options.ts'
import { type PortPlan, portOf, requirePorts } from './dev-ports.ts'

export type Part = {
  /** The settings that make zaplog use it. */
  env: Readonly<Record<string, string>>
  at: string
  /** Resolves with its last words when it ends without being told to. */
  ended: Promise<string>
  close(): Promise<void>
}
export type PartsPlan = PortPlan & { directory: string }

export class CredentialsDamaged extends CodedError<'damaged'> {
  override name = 'CredentialsDamaged'
  readonly port = 'services'
  constructor(message: string) {
    super({ code: 'damaged', message, retryable: false })
  }
}

/** In the order of `names`. Rejects with what the first one that failed says, when all others are closed. */
export async function openParts(plan: PartsPlan, signal: AbortSignal): Promise<readonly Part[]> {
  for (const name of plan.names)
    await parts[name].fetch(() => plan.say(name, 'is fetched, once; this takes a minute or two'), signal)
  await requirePorts(plan, signal)
  return await openAll(plan, signal)
}

async function openAll(plan: PartsPlan, signal: AbortSignal): Promise<readonly Part[]> {
  const failing = new AbortController()
  const failures: unknown[] = []
  const either = AbortSignal.any([signal, failing.signal])
  const opening = plan.names.map(async name => {
    try {
      return await openPart(plan, name, either)
    } catch (error) {
      failures.push(error)
      failing.abort()
      return null
    }
  })
  const opened = (await Promise.all(opening)).filter(part => part !== null)
  if (failures.length === 0) return opened
  await Promise.all(opened.map(part => part.close()))
  throw failures[0]
}

async function openPart(plan: PartsPlan, name: PartName, signal: AbortSignal): Promise<Part> {
  const startedAt = performance.now()
  const part = await parts[name].open(plan, signal)
  plan.say(name, `is up at ${part.at}, ${Math.round(performance.now() - startedAt)} ms`)
  return part
}

type Opening = {
  fetch(onFetch: () => void, signal: AbortSignal): Promise<void>
  open(plan: PartsPlan, signal: AbortSignal): Promise<Part>
}

const parts: Readonly<Record<PartName, Opening>> = {
  kafka: {
    fetch: requireKafka,
    open: async (plan, signal) => {
      const ports = { port: portOf(plan, 'kafka'), controllerPort: portOf(plan, 'kafkaController') }
      const directory = join(plan.directory, 'kafka')
      const { brokers, ended, close } = await openKafka({ directory, createsTopics: false, ...ports }, signal)
      return { env: { KAFKA_BROKERS: brokers }, at: brokers, ended, close }
    },
  },
  registry: {
    fetch: requireRegistry,
    open: async (plan, signal) => {
      const port = portOf(plan, 'registry')
      const { url, ended, close } = await openRegistry({ directory: join(plan.directory, 'registry'), port }, signal)
      return { env: { SCHEMA_REGISTRY_URL: url }, at: url, ended, close }
    },
  },
  s3: {
    fetch: requireS3,
    open: async (plan, signal) => {
      const credentials = await keptCredentials(join(plan.directory, 's3-credentials'))
      const port = portOf(plan, 's3')
      const { endpoint, makeBucket, ended, close } = await openS3Server(
        { directory: join(plan.directory, 's3'), port, credentials },
        signal,
      )
      try {
        await makeBucket(BUCKET)
      } catch (error) {
        await close()
        throw error
      }
      return { env: s3Settings(endpoint, credentials), at: endpoint, ended, close }
    },
  },
}

const BUCKET = 'media'

const s3Settings = (endpoint: string, { accessKeyId, secretAccessKey }: S3Credentials) => ({
  S3_BUCKET: BUCKET,
  S3_ENDPOINT: endpoint,
  S3_REGION: 'us-east-1',
  S3_ACCESS_KEY_ID: accessKeyId,
  S3_SECRET_ACCESS_KEY: secretAccessKey,
})

/** Made once, then always the same; readable by their owner only. */
async function keptCredentials(file: string): Promise<S3Credentials> {
  const kept = await readIfThere(file)
  if (kept === null) {
    const made = newS3Credentials()
    await writeDurably(file, `${made.accessKeyId}:${made.secretAccessKey}\n`)
    return made
  }
  const [, accessKeyId, secretAccessKey] = /^([\w-]+):([\w-]+)\n$/.exec(kept) ?? []
  if (accessKeyId === undefined || secretAccessKey === undefined)
    throw new CredentialsDamaged(`reading the S3 credentials in ${file}: expected key:secret; remove it for new ones (damaged)`)
  return { accessKeyId, secretAccessKey }
}
