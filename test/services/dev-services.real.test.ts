// Guarantee: zaplog dev services runs real parts on loopback that keep what they were told, and leaves no server behind however it ends.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { exitCodes } from '../../src/cli/exit-codes.ts'
import { openKafkaLog } from '../../src/log/kafka/kafka.ts'
import { openS3Store } from '../../src/objects/s3.ts'
import { openConfluentRegistry } from '../../src/registry/confluent.ts'
import { parseConfig } from '../../src/runtime/config.ts'
import { createLogger } from '../../src/runtime/logger.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'
import { asAdmin, plainClient } from '../ground/log/kafka-adapter.ts'
import { runsHere } from '../ground/runs-here.ts'
import { freePortBase, launchServices, occupy, runs } from '../ground/services/services-process.ts'
import { until } from '../ground/until.ts'

const START_MS = 300_000 // the first run of a machine fetches them
const never = new AbortController().signal
const logger = createLogger({ level: 'silent' })

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'zaplog-dev-services-'))
  // Registered first, it is done last: when the processes that work in it are gone.
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
})

const data = () => join(directory, 'services')

describe.runIf(await runsHere('kafka', 'registry', 's3'))('zaplog dev services', () => {
  test(
    '[H4] what Kafka, the registry and the S3 server were told is there after SIGTERM and another start',
    async () => {
      const file = join(directory, 'settings')
      const all = ['--data', data(), '--port-base', '0', '--settings', file]
      const first = launchServices(all)
      const settings = await first.settings()
      expect(parseConfig(settings)).toMatchObject({ ok: true })
      expect(parseEnv(readFileSync(file, 'utf8'))).toEqual(settings)
      for (const secret of [file, join(data(), 's3-credentials')]) expect(statSync(secret).mode & 0o077, secret).toBe(0)
      const told = await tell(settings)
      const servers = first.servers()
      expect(servers).toHaveLength(3)
      first.signal('SIGTERM')
      expect(await first.ended, first.stderr()).toBe(exitCodes.done)
      expect(servers.filter(runs)).toEqual([])
      for (const url of [`http://${settings.KAFKA_BROKERS}`, settings.SCHEMA_REGISTRY_URL, settings.S3_ENDPOINT])
        await (await occupy(Number(new URL(url ?? '').port))).close()

      const second = launchServices(all)
      const again = await second.settings()
      expect(again.S3_SECRET_ACCESS_KEY).toBe(settings.S3_SECRET_ACCESS_KEY)
      expect(await recall(again, told.schemaId)).toEqual(told)
    },
    START_MS,
  )

  test('[B7] [H4] a consumer or producer that came before zaplog makes no topic', async () => {
    const { KAFKA_BROKERS: brokers = '' } = await launchServices([
      '--data',
      data(),
      '--port-base',
      '0',
      '--only',
      'kafka',
    ]).settings()
    const producer = plainClient({ brokers }, { retry: { retries: 0 } }).producer({ allowAutoTopicCreation: true })
    onTestFinished(producer.disconnect)
    await producer.connect()
    await expect(producer.send({ topic: 'wa.events', messages: [{ value: 'first' }] })).rejects.toThrow(
      /does not host this topic/,
    )
    expect(await asAdmin({ brokers }, admin => admin.listTopics())).toEqual([])
  })

  test('[H4] kill -9 of it leaves no server behind, and the next start takes the same ports and data', async () => {
    const some = ['--only', 'kafka,s3', '--data', data(), '--port-base', String(await freePortBase())]
    const first = launchServices(some)
    const settings = await first.settings()
    const servers = first.servers()
    expect(servers).toHaveLength(2)
    first.signal('SIGKILL')
    await first.ended
    const second = launchServices(some)
    expect(await second.settings()).toEqual(settings)
    expect(servers.filter(runs)).toEqual([])
  })

  test('[H4] after a kill -9 it waits for a port that an earlier server still has', async () => {
    const portBase = await freePortBase()
    const some = ['--only', 's3', '--data', data(), '--port-base', String(portBase)]
    const first = launchServices(some)
    await first.settings()
    const servers = first.servers()
    first.signal('SIGKILL')
    await until('its server to be gone', () => !servers.some(runs))
    const earlier = await occupy(portBase + 2)
    const second = launchServices(some)
    await until('the next start to wait', () => second.stderr().includes(`waits for port ${portBase + 2}`))
    await earlier.close()
    await second.settings()
  })

  test('[H4] a port in use is said with the name of the part that needs it, before anything is started', async () => {
    const portBase = await freePortBase()
    const taken = await occupy(portBase + 1)
    const services = launchServices(['--data', data(), '--port-base', String(portBase)])
    expect(await services.ended).toBe(exitCodes.tryLater)
    expect(services.stderr()).toContain(`the schema registry needs port ${taken.port}`)
    expect(services.stderr()).not.toContain('is up')
    await taken.close()
  })

  test('[H4] a second one on the same directory is refused with the process that has it, which goes on', async () => {
    const some = ['--only', 's3', '--data', data(), '--port-base', '0']
    const first = launchServices(some)
    const settings = await first.settings()
    const second = launchServices(some)
    expect(await second.ended).toBe(exitCodes.tryLater)
    expect(second.stderr()).toContain(`process ${first.pid} runs services on it`)
    expect(await fetch(`${settings.S3_ENDPOINT}/health`)).toMatchObject({ status: 200 })
  })

  test('[H4] --fresh runs on a directory that is removed at the end', async () => {
    const services = launchServices(['--only', 's3', '--fresh', '--port-base', '0'], { ...process.env, TMPDIR: directory })
    await services.settings()
    expect(madeIn(directory)).toBe(true)
    services.signal('SIGINT')
    expect(await services.ended).toBe(exitCodes.done)
    expect(madeIn(directory)).toBe(false)
  })

  test('[H4] the end of its terminal stops the servers', async () => {
    const services = launchServices(['--only', 's3', '--data', data(), '--port-base', '0'])
    await services.settings()
    const servers = services.servers()
    expect(servers).toHaveLength(1)
    services.signal('SIGHUP')
    expect(await services.ended, services.stderr()).toBe(exitCodes.done)
    expect(servers.filter(runs)).toEqual([])
  })

  test('[H4] a server that ends by itself ends the others, too, and its last words are told', async () => {
    const services = launchServices(['--only', 'registry,s3', '--data', data(), '--port-base', '0'])
    await services.settings()
    const [one = 0, other = 0] = services.servers()
    process.kill(one, 'SIGKILL')
    expect(await services.ended).toBe(exitCodes.failed)
    expect(services.stderr()).toMatch(/the (schema registry|S3 server) on port \d+: it ended with SIGKILL/)
    expect(runs(other)).toBe(false)
  })

  test('[H4] SIGTERM on the way up stops what has been started', async () => {
    const services = launchServices(['--only', 'kafka', '--data', data(), '--port-base', '0'])
    await until('Kafka to open its log', () => existsSync(join(data(), 'kafka', 'data', '__cluster_metadata-0')))
    const started = services.servers()
    expect(started).toHaveLength(1)
    services.signal('SIGTERM')
    expect(await services.ended, services.stderr()).toBe(exitCodes.done)
    expect(started.filter(runs)).toEqual([])
    expect(services.stderr()).not.toContain('is up')
  })

  test('[H4] a file that it has not written is not written over', async () => {
    const file = join(directory, '.env')
    writeFileSync(file, 'ADMIN_API_KEY=mine\n')
    const services = launchServices(['--only', 's3', '--data', data(), '--port-base', '0', '--settings', file])
    expect(await services.ended).toBe(exitCodes.configuration)
    expect(services.stderr()).toContain('it is there and not ours')
    expect(readFileSync(file, 'utf8')).toBe('ADMIN_API_KEY=mine\n')
    expect(existsSync(data())).toBe(false)
  })
})

test('[H4] settings that could not be written are refused before anything starts', async () => {
  const file = join(directory, 'nowhere', 'settings')
  const services = launchServices(['--only', 's3', '--data', data(), '--port-base', '0', '--settings', file])
  expect(await services.ended).toBe(exitCodes.configuration)
  expect(services.stderr()).toContain('there is no such directory; choose another --settings')
  expect(existsSync(data())).toBe(false)
})

test('[H4] without Java it says in one sentence how to get it', async () => {
  const services = launchServices(['--only', 'kafka', '--data', data()], { ...process.env, PATH: directory })
  expect(await services.ended).toBe(exitCodes.configuration)
  expect(services.stderr()).toContain('Kafka is missing: install Java 17 or newer and Maven')
})

test('[H4] a download that fails is worth another try, and leaves nothing half fetched', async () => {
  const cache = join(directory, 'cache')
  const programs = join(directory, 'bin')
  script(programs, 'java', 'echo \'openjdk version "17.0.1"\' >&2')
  script(programs, 'mvn', 'echo no route to the repository; exit 1')
  const env = { HOME: directory, XDG_CACHE_HOME: cache, PATH: `${programs}:/usr/bin:/bin` }
  const services = launchServices(['--only', 'kafka', '--data', data()], env)
  expect(await services.ended).toBe(exitCodes.tryLater)
  expect(services.stderr()).toMatch(/is fetched, once(.|\n)*no route to the repository/)
  expect(readdirSync(join(cache, 'zaplog'))).toEqual([])
})

const EVENT_TEXT = 'kept'

/** Appends a record, registers a schema, stores an object. */
async function tell(settings: Record<string, string>) {
  const { log, registry, objects, close } = await openAdapters(settings)
  await log.ensureTopics([TOPIC], never)
  const record = { key: 'shop', value: Buffer.from(EVENT_TEXT), headers: {}, recordedAt: Date.now() }
  await log.append({ topic: TOPIC.topic, records: [record] }, never)
  const schemaId = await registry.idOf(SCHEMA, never)
  const body = (async function* () {
    yield Buffer.from(EVENT_TEXT)
  })()
  await objects.put({ key: 'shop/kept', body, contentType: 'text/plain', metadata: {} }, never)
  await close()
  return { records: [EVENT_TEXT], schema: JSON.parse(SCHEMA.text), schemaId, object: 'text/plain' }
}

async function recall(settings: Record<string, string>, schemaId: number) {
  const { log, registry, objects, close } = await openAdapters(settings)
  const records: string[] = []
  for await (const { value } of log.read(TOPIC.topic, { from: 'first', until: 'end' }, never))
    records.push(Buffer.from(value ?? []).toString())
  const schema = JSON.parse((await registry.schemaOf(schemaId, never))?.text ?? 'null')
  const object = (await objects.head('shop/kept', never))?.contentType
  await close()
  return { records, schema, schemaId, object }
}

const TOPIC = {
  topic: 'dev-services.kept',
  partitions: 1,
  replication: 1,
  minInsync: 1,
  retentionMs: 'forever',
  cleanup: 'delete',
  maxRecordBytes: 1024,
} as const
const SCHEMA = { subject: 'kept', text: JSON.stringify({ type: 'record', name: 'Kept', fields: [] }) }

async function openAdapters(settings: Record<string, string>) {
  const { KAFKA_BROKERS = '', SCHEMA_REGISTRY_URL = '', S3_BUCKET = '', S3_ENDPOINT = '', S3_REGION = '' } = settings
  const credentials = {
    accessKeyId: settings.S3_ACCESS_KEY_ID ?? '',
    secretAccessKey: settings.S3_SECRET_ACCESS_KEY ?? '',
  }
  const log = openKafkaLog({
    brokers: [KAFKA_BROKERS],
    clientId: 'zaplog-test',
    logger,
    metrics: createMetrics({ processMetrics: false }),
  })
  return {
    log,
    registry: openConfluentRegistry({ url: SCHEMA_REGISTRY_URL, autoRegister: true, logger }),
    objects: await openS3Store({ bucket: S3_BUCKET, endpoint: S3_ENDPOINT, region: S3_REGION, credentials, logger }),
    close: () => log.close(),
  }
}

const madeIn = (path: string) => readdirSync(path).some(name => name.startsWith('zaplog-services-'))

function script(programs: string, name: string, text: string): void {
  mkdirSync(programs, { recursive: true })
  const path = join(programs, name)
  writeFileSync(path, `#!/bin/sh\n${text}\n`)
  chmodSync(path, 0o755)
}
