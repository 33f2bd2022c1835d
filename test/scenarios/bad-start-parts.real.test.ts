// Guarantee: a part that no waiting mends ends the start with one sentence: the part, where it is, the settings that speak of it, expected and got.
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Kafka } from '../../infra/services/kafka.ts'
import { SASL_USER } from '../../infra/services/kafka-settings.ts'
import { openRegistry, type RegistryServer } from '../../infra/services/registry.ts'
import { exitCodes } from '../../src/cli/exit-codes.ts'
import { topics } from '../../src/events/topics.ts'
import { openTestDatabase, type TestDatabase } from '../ground/database.ts'
import { openTestKafka, plainClient } from '../ground/log/kafka-adapter.ts'
import { alwaysAnswer, openLoopbackServer } from '../ground/loopback-server.ts'
import { openS3World, type S3World } from '../ground/objects/s3-world.ts'
import { runsHere } from '../ground/runs-here.ts'
import { refusal } from '../ground/scenarios/refusal.ts'
import { launchZaplog, makeDataDir } from '../ground/scenarios/zaplog-process.ts'

const START_MS = 300_000 // the first run of a machine fetches them
const ADMIN_API_KEY = randomBytes(24).toString('base64url')

describe.runIf(await runsHere('kafka', 'registry', 's3'))('beside real parts', () => {
  let database: TestDatabase
  let kafka: Kafka
  let registry: RegistryServer
  let s3: S3World
  let dataDir: ReturnType<typeof makeDataDir>
  beforeAll(async () => {
    ;[database, kafka, registry, s3] = await Promise.all([
      openTestDatabase('bad start'),
      openTestKafka({ listeners: 'sasl-ssl' }),
      openRegistry(),
      openS3World('media'),
    ])
    dataDir = makeDataDir()
  }, START_MS)
  afterAll(async () => {
    await Promise.all([database.close(), kafka.close(), registry.close(), s3.close()])
    dataDir.remove()
  })

  const env = (): Record<string, string> => ({
    LOG_LEVEL: 'error',
    ADMIN_API_KEY,
    ENCRYPTION_KEY: Buffer.alloc(32, 1).toString('base64'),
    DATABASE_URL: database.url,
    KAFKA_BROKERS: kafka.brokers,
    KAFKA_SSL: 'true',
    KAFKA_SSL_CA: kafka.certificate ?? '',
    KAFKA_SASL_MECHANISM: SASL_USER.mechanism,
    KAFKA_SASL_USERNAME: SASL_USER.username,
    KAFKA_SASL_PASSWORD: SASL_USER.password,
    SCHEMA_REGISTRY_URL: registry.url,
    S3_BUCKET: 'media',
    S3_ENDPOINT: s3.server.endpoint,
    S3_ACCESS_KEY_ID: s3.server.credentials.accessKeyId,
    S3_SECRET_ACCESS_KEY: s3.server.credentials.secretAccessKey,
  })

  type Refused = { set: Record<string, string>; at: string; names: readonly string[]; got: RegExp }
  const changed = (text: string, part: string | RegExp, to: string) => text.replace(part, to)
  const password = /:[^:@/]+@/

  /** In this order: the first needs a registry that is still empty. */
  const cases: readonly [string, () => Refused | Promise<Refused>][] = [
    [
      '[B5] a registry without our schemas, which may not be registered',
      () => ({
        set: { SCHEMA_AUTO_REGISTER: 'false' },
        at: registry.url,
        names: ['SCHEMA_AUTO_REGISTER'],
        got: /registering zaplog\.events\.\w+: it is not in the registry/,
      }),
    ],
    [
      '[H4] a password that Postgres does not take',
      () => ({
        set: { DATABASE_URL: changed(database.url, password, ':secret-but-wrong@') },
        at: new URL(database.url).host,
        names: ['DATABASE_URL'],
        got: /password authentication failed/,
      }),
    ],
    [
      '[H4] a database that is not there',
      () => ({
        set: { DATABASE_URL: changed(database.url, /[^/]+$/, 'nowhere') },
        at: `${new URL(database.url).host}/nowhere`,
        names: ['DATABASE_URL'],
        got: /database "nowhere" does not exist/,
      }),
    ],
    [
      '[H4] a database that a newer zaplog has written',
      async () => {
        const newer = await openTestDatabase('newer')
        onTestFinished(newer.close)
        await newer.database.query("insert into zaplog_migrations (name, run_on) values ('9999_future', now())")
        return {
          set: { DATABASE_URL: newer.url },
          at: new URL(newer.url).host,
          names: ['DATABASE_URL'],
          got: /a newer zaplog has written this database \(9999_future\)/,
        }
      },
    ],
    [
      '[G1] a password that Kafka does not take',
      () => ({
        set: { KAFKA_SASL_PASSWORD: 'secret-but-wrong' },
        at: kafka.brokers,
        names: ['KAFKA_SASL_MECHANISM', 'KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD'],
        got: /authentication failed/i,
      }),
    ],
    [
      '[G1] a Kafka whose certificate another authority signed',
      () => ({
        set: { KAFKA_SSL_CA: rootCertificates[0] ?? '' },
        at: kafka.brokers,
        names: ['KAFKA_SSL_CA', 'KAFKA_BROKERS'],
        got: /self-signed certificate/,
      }),
    ],
    [
      '[G1] a Kafka whose certificate is for another name',
      () => ({
        set: { KAFKA_BROKERS: changed(kafka.brokers, '127.0.0.1', 'localhost') },
        at: changed(kafka.brokers, '127.0.0.1', 'localhost'),
        names: ['KAFKA_SSL_CA', 'KAFKA_BROKERS'],
        got: /does not match certificate/,
      }),
    ],
    [
      '[B7] fewer brokers than copies',
      () => ({
        set: { TOPIC_REPLICATION: '3', TOPIC_PREFIX: 'copies.' },
        at: kafka.brokers,
        names: ['TOPIC_REPLICATION'],
        got: /creating topic copies\.\S+: INVALID_REPLICATION_FACTOR/,
      }),
    ],
    [
      '[B5] a registry that wants a password',
      async () => {
        const { url } = await openLoopbackServer(alwaysAnswer(401, '{"error_code":40101,"message":"who are you?"}'))
        const who = { SCHEMA_REGISTRY_USERNAME: 'zaplog', SCHEMA_REGISTRY_PASSWORD: 'secret-but-wrong' }
        return {
          set: { SCHEMA_REGISTRY_URL: url.replace('//', '//somebody:secret-but-wrong@'), ...who },
          at: url,
          names: ['SCHEMA_REGISTRY_USERNAME', 'SCHEMA_REGISTRY_PASSWORD'],
          got: /who are you\? \(status 401\)/,
        }
      },
    ],
    [
      '[B5] a server that is no registry',
      async () => {
        const { url } = await openLoopbackServer(alwaysAnswer(200, '<html>welcome</html>'))
        return { set: { SCHEMA_REGISTRY_URL: url }, at: url, names: ['SCHEMA_REGISTRY_URL'], got: /expected a registry’s answer/ }
      },
    ],
    [
      '[B5] a registry at another path',
      () => ({
        set: { SCHEMA_REGISTRY_URL: `${registry.url}/elsewhere` },
        at: `${registry.url}/elsewhere`,
        names: ['SCHEMA_REGISTRY_URL'],
        got: /status 404/,
      }),
    ],
    [
      '[C5] a secret that S3 does not take',
      () => ({
        set: { S3_SECRET_ACCESS_KEY: 'secret-but-wrong' },
        at: `${s3.server.endpoint}/media`,
        names: ['S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY', 'S3_BUCKET'],
        got: /SignatureDoesNotMatch: .* \(status 403\)/,
      }),
    ],
    [
      '[C5] a bucket that refuses us',
      async () => {
        const { accessKeyId, secretAccessKey } = await s3.server.addUser()
        return {
          set: { S3_ACCESS_KEY_ID: accessKeyId, S3_SECRET_ACCESS_KEY: secretAccessKey },
          at: `${s3.server.endpoint}/media`,
          names: ['s3:ListBucket', 'S3_BUCKET'],
          got: /AccessDenied: .* \(status 403\)/,
        }
      },
    ],
    [
      '[C5] a bucket that is not there',
      () => ({
        set: { S3_BUCKET: 'elsewhere' },
        at: `${s3.server.endpoint}/elsewhere`,
        names: ['S3_BUCKET'],
        got: /there is none \(status 404\)/,
      }),
    ],
    [
      '[B5] a registry where a subject has another schema',
      async () => {
        await register(registry, 'zaplog.events.MessageReceived', [{ name: 'somethingElse', type: 'long' }])
        return {
          set: {},
          at: registry.url,
          names: ['SCHEMA_REGISTRY_URL'],
          got: /registering zaplog\.events\.MessageReceived: .*\(status 409\)/,
        }
      },
    ],
  ]

  test.for(cases)('[H8] %s is refused in one sentence', async ([, prepare]) => {
    const { set, at, names, got } = await prepare()
    const { exitCode, said } = await refusal({ dataDir: dataDir.path, env: { ...env(), ...set } })
    expect(exitCode, said).toBe(exitCodes.configuration)
    expect(said.trim().split('\n'), said).toHaveLength(1)
    const [, told = '', answer = ''] = /zaplog cannot start: (.+) at .+: expected (.+), got: /.exec(said) ?? []
    expect(told, said).toMatch(/^(Postgres|Kafka|the schema registry|the bucket)$/)
    for (const name of names) expect(answer).toContain(name)
    expect(said).toContain(` at ${at}`)
    expect(said).toMatch(got)
    for (const secret of ['secret-but-wrong', SASL_USER.password, s3.server.credentials.secretAccessKey])
      expect(said).not.toContain(secret)
    expect(said).not.toMatch(password)
  })

  test('[B7] [H8] a topic with other partitions is refused, and the topics stay as they were', async () => {
    await createTopics(['other.events'], { numPartitions: 3 })
    const set = { DATABASE_URL: await anotherDatabase(), TOPIC_PREFIX: 'other.', TOPIC_PARTITIONS: '4' }
    const { exitCode, said } = await refusal({ dataDir: dataDir.path, env: { ...env(), ...set } })
    expect(exitCode, said).toBe(exitCodes.configuration)
    expect(said).toContain(`in Kafka at ${kafka.brokers}: TOPIC_PARTITIONS is 4, other.events was made with 3`)
  })

  test('[B7] topics made beforehand with other settings are taken as they are, and each difference is said and shown', async () => {
    const made = topics.map(({ name }) => `made.${name}`)
    await createTopics(made, { numPartitions: 4, configEntries: [{ name: 'retention.ms', value: '3600000' }] })
    const set = {
      DATABASE_URL: await anotherDatabase(),
      TOPIC_PREFIX: 'made.',
      TOPIC_PARTITIONS: '4',
      TOPIC_REPLICATION: '2',
      TOPIC_MIN_INSYNC: '2',
      LOG_LEVEL: 'warn',
    }
    writeFileSync(join(dataDir.path, 'admin-key'), ADMIN_API_KEY) // where the launcher looks for the key
    const launched = launchZaplog({ program: 'start', dataDir: dataDir.path, env: { ...env(), ...set } })
    onTestFinished(launched.kill)
    const zaplog = await launched.listening
    const ready = await zaplog.call('GET', '/health/ready')
    expect(ready).toMatchObject({ status: 200, body: { status: 'degraded' } })
    const shown = JSON.stringify(ready.body.checks)
    for (const topic of made) {
      expect(shown).toContain(`${topic}: retentionMs is 3600000, declared `)
      expect(shown).toContain(`${topic}: replication is 1, declared 2`)
      expect(shown).toContain(`${topic}: minInsync is 1, declared 2`)
    }
    const said = zaplog
      .errors()
      .split('\n')
      .filter(line => line.includes('log.topic-differs'))
    expect(said.map(line => JSON.parse(line))).toContainEqual(
      expect.objectContaining({ topic: 'made.events', setting: 'retentionMs', declared: 'forever', actual: '3600000' }),
    )
    expect(await zaplog.stop()).toBe(0)
  })

  /** One that belongs to no log yet. */
  async function anotherDatabase(): Promise<string> {
    const { url, close } = await openTestDatabase('other topics')
    onTestFinished(close)
    return url
  }

  type Topic = { numPartitions: number; configEntries?: { name: string; value: string }[] }
  async function createTopics(names: readonly string[], like: Topic) {
    const admin = plainClient(kafka, { ssl: { ca: [kafka.certificate ?? ''] }, sasl: SASL_USER }).admin()
    await admin.connect()
    await admin.createTopics({ topics: names.map(topic => ({ topic, replicationFactor: 1, ...like })), waitForLeaders: true })
    await admin.disconnect()
  }
})

/** Under the subject, instead of ours, until the test ends. */
async function register({ url }: RegistryServer, subject: string, fields: readonly object[]): Promise<void> {
  const schema = JSON.stringify({ type: 'record', name: subject.split('.').at(-1), namespace: 'zaplog.events', fields })
  const path = `${url}/subjects/${subject}`
  const forget = async () => void (await fetch(path, { method: 'DELETE' }))
  const headers = { 'content-type': 'application/vnd.schemaregistry.v1+json' }
  await forget()
  const answer = await fetch(`${path}/versions`, { method: 'POST', headers, body: JSON.stringify({ schema }) })
  onTestFinished(forget)
  expect(answer.status, await answer.text()).toBe(200)
}
