// Kafka as others run it: brokers that ask for a client certificate, and brokers that want tokens of an OAuth server. All of the log works on
// both, and what is wrong with the certificate, the token or its endpoint is said with the settings to look at.
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Kafka } from '../../infra/services/kafka.ts'
import { OAUTH_SESSION_MS } from '../../infra/services/kafka-settings.ts'
import { openKafkaLog } from '../../src/log/kafka/kafka.ts'
import type { Security } from '../../src/log/kafka/security.ts'
import type { EventLog, LogError } from '../../src/log/log.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'
import { aRecord, collect, textOf } from '../contracts/log-ground.ts'
import { makeCertificate } from '../ground/certificates.ts'
import { KAFKA_START_MS, kafkaTestSettings, openTestKafka } from '../ground/log/kafka-adapter.ts'
import { openTokenEndpoint } from '../ground/log/token-endpoint.ts'
import { declareTopic } from '../ground/log.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { runsHere } from '../ground/runs-here.ts'
import { until } from '../ground/until.ts'

const never = new AbortController().signal
const logger = collectLogLines()

function openLog(kafka: Kafka, security: Security): EventLog {
  const log = openKafkaLog({
    brokers: [kafka.brokers],
    clientId: 'zaplog-test',
    logger,
    metrics: createMetrics({ processMetrics: false }),
    settings: { ...kafkaTestSettings, requestTimeoutMs: 2_000 },
    ...security,
  })
  onTestFinished(log.close)
  return log
}

async function everythingWorks(log: EventLog, topic: string) {
  expect(await log.ensureTopics([declareTopic(topic)], never)).toEqual([])
  const handled: string[] = []
  const stopping = new AbortController()
  const consumption = log.consumeBatches(
    {
      consumerGroup: `group of ${topic}`,
      topics: [topic],
      maxBatchRecords: 10,
      maxBatchBytes: 1_000,
      positions: async assigned => assigned.map(at => ({ ...at, nextOffset: 0n })),
      handle: async ({ records }) => {
        handled.push(...records.map(textOf))
        return { kind: 'applied' }
      },
    },
    stopping.signal,
  )
  await log.append({ topic, records: [aRecord('one', 'a')] }, never)
  await until('it is handled', () => handled.includes('a'))
  expect((await collect(log.read(topic, { from: 'first', until: 'end' }, never))).map(textOf)).toEqual(['a'])
  stopping.abort()
  await consumption.done
}

const refusalOf = (log: EventLog): Promise<LogError> =>
  log.ensureTopics([declareTopic('refused')], never).then(
    () => expect.unreachable('the broker let it in'),
    error => error,
  )

describe.runIf(await runsHere('kafka', 'openssl'))('Kafka that asks for a client certificate', () => {
  let kafka: Kafka
  let ours: { certificate: string; key: string }
  beforeAll(async () => {
    ours = await makeCertificate('zaplog', 'of the key')
    kafka = await openTestKafka({ listeners: 'mutual-tls', clientAuthority: ours.certificate })
  }, KAFKA_START_MS)
  afterAll(() => kafka.close())

  const withClient = (of: { certificate: string; key: string; keyPassword?: string } | null): Security => ({
    ssl: { ca: kafka.certificate ?? '', ...(of !== null && { client: of }) },
  })

  test('[G1] it creates, appends, reads and consumes with a certificate whose key is encrypted', async () => {
    await everythingWorks(openLog(kafka, withClient({ ...ours, keyPassword: 'of the key' })), 'certified')
  })

  test('[G1] a certificate that the broker’s authority did not sign is refused, and the settings are named', async () => {
    const error = await refusalOf(openLog(kafka, withClient(await makeCertificate('somebody'))))
    expect(error).toMatchObject({ code: 'misconfigured', settings: ['KAFKA_SSL_CERT', 'KAFKA_SSL_KEY'] })
  })

  test('[G1] so is whoever has none', async () => {
    const error = await refusalOf(openLog(kafka, withClient(null)))
    expect(error).toMatchObject({ code: 'misconfigured', settings: ['KAFKA_SSL_CERT', 'KAFKA_SSL_KEY'] })
  })
})

describe.runIf(await runsHere('kafka'))('Kafka that wants tokens', () => {
  let kafka: Kafka
  beforeAll(async () => {
    kafka = await openTestKafka({ listeners: 'oauthbearer' })
  }, KAFKA_START_MS)
  afterAll(() => kafka.close())

  const openEndpoint = async () => {
    const endpoint = await openTokenEndpoint()
    return { ...endpoint, security: { sasl: { mechanism: 'oauthbearer' as const, ...endpoint.client } } }
  }

  test('[G1] it creates, appends, reads and consumes, over many connections with one token', async () => {
    const { security, asked } = await openEndpoint()
    await everythingWorks(openLog(kafka, security), 'with-token')
    expect(asked).toHaveLength(1)
  })

  test('[G1] an expired token is refused: it is denied, and what to look at is named; the token is said nowhere', async () => {
    const { security, giving } = await openEndpoint()
    giving.livesForS = -60
    const error = await refusalOf(openLog(kafka, security))
    expect(error).toMatchObject({
      code: 'denied',
      retryable: false,
      settings: ['KAFKA_OAUTH_TOKEN_URL', 'KAFKA_OAUTH_CLIENT_ID', 'KAFKA_OAUTH_SCOPE'],
      message: expect.stringContaining('SASL OAUTHBEARER authentication'),
    })
    expect(JSON.stringify([error.message, logger.lines])).not.toMatch(/eyJ|only-for tests|b25seS1mb3I/)
  })

  test('[G1] while the endpoint is away it is said and waited for, and appends go on when it is back', async () => {
    const { security, giving } = await openEndpoint()
    giving.status = 503
    const log = openLog(kafka, security)
    const error = await refusalOf(log)
    expect(error).toMatchObject({ code: 'unavailable', settings: ['KAFKA_OAUTH_TOKEN_URL'] })
    giving.status = 200
    await log.ensureTopics([declareTopic('away')], never)
    await log.append({ topic: 'away', records: [aRecord('one', 'a')] }, never)
  })

  test('[G1] connections outlive the time after which brokers want them to say again who they are', async () => {
    const { security } = await openEndpoint()
    const log = openLog(kafka, security)
    await log.ensureTopics([declareTopic('long')], never)
    const before = logger.lines.length
    const endsAt = Date.now() + OAUTH_SESSION_MS + 3_000
    let nth = 0
    await until('the first session is over', async () => {
      nth += 1
      await log.append({ topic: 'long', records: [aRecord('one', String(nth))] }, never)
      return Date.now() > endsAt
    })
    expect(await collect(log.read('long', { from: 'first', until: 'end' }, never))).toHaveLength(nth)
    expect(logger.lines.slice(before).filter(({ level }) => level === 'warn')).toEqual([])
  }, 60_000)
})
