// Kafka over TLS with SCRAM: all of the log works where the broker demands both, and what it denies is said, not retried for ever.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Kafka } from '../../infra/services/kafka.ts'
import { SASL_USER } from '../../infra/services/kafka-settings.ts'
import type { KafkaAddress } from '../../src/log/kafka/client.ts'
import { openKafkaLog } from '../../src/log/kafka/kafka.ts'
import type { EventLog } from '../../src/log/log.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'
import { aRecord, collect, textOf } from '../contracts/log-ground.ts'
import { KAFKA_START_MS, kafkaTestSettings, openTestKafka, plainClient } from '../ground/log/kafka-adapter.ts'
import { declareTopic } from '../ground/log.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { runsHere } from '../ground/runs-here.ts'
import { until } from '../ground/until.ts'

const never = new AbortController().signal

describe.runIf(await runsHere('kafka'))('Kafka over TLS with SCRAM', () => {
  const logger = collectLogLines(['log.partition-halted'])
  let kafka: Kafka
  beforeAll(async () => {
    kafka = await openTestKafka({ listeners: 'sasl-ssl' })
  }, KAFKA_START_MS)
  afterAll(() => kafka.close())

  const secure = (): Partial<KafkaAddress> => ({ ssl: { ca: kafka.certificate ?? '' }, sasl: SASL_USER })
  const openLog = (address: Partial<KafkaAddress>) =>
    openKafkaLog({
      brokers: [kafka.brokers],
      clientId: 'zaplog-test',
      logger,
      metrics: createMetrics({ processMetrics: false }),
      settings: { ...kafkaTestSettings, requestTimeoutMs: 2_000 },
      ...address,
    })

  test('[G1] it creates, appends, reads and consumes', async () => {
    const log = openLog(secure())
    expect(await log.ensureTopics([declareTopic('secured')], never)).toEqual([])
    await log.append({ topic: 'secured', records: [aRecord('one', 'a')] }, never)
    const handled: string[] = []
    consume(log, ['secured'], handled)
    await until('it is handled', () => handled.length === 1)
    expect((await collect(log.read('secured', { from: 'first', until: 'end' }, never))).map(textOf)).toEqual(['a'])
    await log.close()
  })

  test('[G1] a wrong password is denied at once', async () => {
    const log = openLog({ ...secure(), sasl: { ...SASL_USER, password: 'wrong' } })
    const append = log.append({ topic: 'secured', records: [aRecord('one', 'a')] }, never)
    await expect(append).rejects.toMatchObject({ code: 'denied', retryable: false })
    await log.close()
  })

  test('[G1] a broker whose certificate is not trusted is not spoken to; it is said, and waited for', async () => {
    const log = openLog({ ...secure(), ssl: true })
    const giveUp = new AbortController()
    const append = log.append({ topic: 'secured', records: [aRecord('one', 'a')] }, giveUp.signal)
    await until('it is said', () =>
      logger.lines.some(({ event, fields }) => event === 'log.append-retried' && /certificate/.test(String(fields.error))),
    )
    giveUp.abort()
    await expect(append).rejects.toMatchObject({ code: 'aborted' })
    await log.close()
  })

  test('[G1] a topic that an ACL keeps from us is denied, to writers and readers', async () => {
    const log = openLog(secure())
    await log.ensureTopics([declareTopic('theirs')], never)
    await allowOnly(kafka, { topic: 'theirs', user: 'somebody-else' })
    await until('it is denied', () =>
      log.append({ topic: 'theirs', records: [aRecord('one', 'a')] }, never).then(
        () => false,
        error => error.code === 'denied',
      ),
    )
    const reading = collect(log.read('theirs', { from: 'first', until: 'end' }, never))
    await expect(reading).rejects.toMatchObject({ code: 'denied', message: expect.stringContaining('theirs') })
    await log.append({ topic: 'secured', records: [aRecord('one', 'b')] }, never)
    await log.close()
  })

  test('[G1] what is denied while it is consumed halts, and the other topics go on', async () => {
    const log = openLog(secure())
    await log.ensureTopics([declareTopic('lost', { partitions: 1 }), declareTopic('kept', { partitions: 1 })], never)
    const handled: string[] = []
    const { status } = consume(log, ['lost', 'kept'], handled)
    await log.append({ topic: 'lost', records: [aRecord('one', 'a')] }, never)
    await until('it is handled', () => handled.length === 1)
    await allowOnly(kafka, { topic: 'lost', user: 'somebody-else' })
    const halted = await until('it halts', () => status().find(({ state }) => state === 'halted'))
    expect(halted).toMatchObject({ topic: 'lost', nextOffset: 1n, reason: expect.stringContaining('denied') })
    await log.append({ topic: 'kept', records: [aRecord('one', 'b')] }, never)
    await until('the other goes on', () => handled.includes('b'))
    await log.close()
  })
})

const consume = (log: EventLog, topics: readonly string[], handled: string[]) =>
  log.consumeBatches(
    {
      consumerGroup: `group of ${topics}`,
      topics,
      maxBatchRecords: 10,
      maxBatchBytes: 1_000,
      positions: async assigned => assigned.map(at => ({ ...at, nextOffset: 0n })),
      handle: async ({ records }) => {
        handled.push(...records.map(textOf))
        return { kind: 'applied' }
      },
    },
    never,
  )

async function allowOnly(kafka: Kafka, { topic, user }: { topic: string; user: string }) {
  const admin = plainClient(kafka, { ssl: { ca: [kafka.certificate ?? ''] }, sasl: SASL_USER }).admin()
  await admin.connect()
  const acl = { resourceType: 2, resourceName: topic, resourcePatternType: 3, principal: `User:${user}`, host: '*' }
  await admin.createAcls({ acl: [{ ...acl, operation: 2, permissionType: 3 }] })
  await admin.disconnect()
}
