// Guarantee: a zaplog whose log moved from Postgres to Kafka, by a `zaplog migrate` that was killed again and again, goes on as if it had always
// been there: nothing is delivered twice, nothing is lost, and every position that was given out means what it meant.
import { randomBytes } from 'node:crypto'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openSimulator } from '../../simulator/simulator.ts'
import type { LogRecord } from '../../src/log/log.ts'
import { openPostgresLog } from '../../src/log/postgres/postgres.ts'
import { createLogger } from '../../src/runtime/logger.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'
import { askDesk } from '../ground/ask-desk.ts'
import { openTestDatabase, type TestDatabase } from '../ground/database.ts'
import { type Line, runMigrate } from '../ground/move/migrate-process.ts'
import { openReceiver } from '../ground/receiver.ts'
import { runsHere } from '../ground/runs-here.ts'
import { openConversation } from '../ground/scenarios/conversation.ts'
import { expectReadModel, listMessages } from '../ground/scenarios/expect-read-model.ts'
import { openItsKafkaLog } from '../ground/scenarios/its-kafka-log.ts'
import { expectOnceInOrder, INSTANCE, pair, subscribe, untilDelivered } from '../ground/scenarios/stage.ts'
import { launchZaplog, makeDataDir, scenarioEnv, type ZaplogProcess } from '../ground/scenarios/zaplog-process.ts'
import { until } from '../ground/until.ts'

const never = new AbortController().signal
const RECORDS = 100_000
const PARTITIONS = 4
const TRIMMED = 5_000
/** Nobody consumes it. */
const BULK = 'webhook-attempts'

describe.runIf(await runsHere('kafka', 'registry', 's3'))('zaplog migrate', () => {
  test('[G3] 100,000 records move to Kafka over four kills, and all goes on from its place', { timeout: 600_000 }, async () => {
    const { brokers, registryUrl } = JSON.parse(await askDesk('parts')) as { brokers: string; registryUrl: string }
    const server = await openTestDatabase('migrate')
    const dataDir = makeDataDir()
    const elsewhere = makeDataDir()
    const simulator = await openSimulator()
    let isRefusing = false
    const receiver = await openReceiver({ respond: () => (isRefusing ? { status: 500 } : {}) })
    const prefixes = { topic: `migrate-${process.pid}.`, group: `migrate-${process.pid}.` }
    const embedded = {
      ...{ DATABASE_URL: server.url, TOPIC_PREFIX: prefixes.topic, GROUP_PREFIX: prefixes.group },
      ...{ WHATSAPP_URL: simulator.url, WHATSAPP_CDN_URL: simulator.cdnUrl },
      ...{ ADMIN_API_KEY: randomBytes(24).toString('base64url'), ENCRYPTION_KEY: randomBytes(32).toString('base64') },
    }
    const onKafka = { ...embedded, KAFKA_BROKERS: brokers, SCHEMA_REGISTRY_URL: registryUrl }
    const start = async (env: Record<string, string>): Promise<ZaplogProcess> => {
      const launched = launchZaplog({ dataDir: dataDir.path, env, program: 'start' })
      onTestFinished(launched.kill)
      return await launched.listening
    }
    onTestFinished(async () => {
      await receiver.close()
      await simulator.close()
      dataDir.remove()
      elsewhere.remove()
      await server.close()
    })
    const migrate = (args: readonly string[], killAt?: (line: Line) => boolean) =>
      runMigrate(args, { ...scenarioEnv(elsewhere.path), ...onKafka }, killAt)

    // Some are delivered, some are owed to an endpoint that is down, and some come while zaplog is stopped.
    const zaplog = await start(embedded)
    await subscribe(zaplog, receiver)
    const device = await pair(zaplog, simulator)
    const talk = openConversation({ simulator, device }, { chats: 3 })
    await talk.write(30)
    await untilDelivered(
      receiver,
      talk.sent.map(({ messageId }) => messageId),
    )
    isRefusing = true
    await talk.write(9)
    await until('their events to be rows', async () => (await listMessages(zaplog)).length >= 39)
    await until('a refused attempt', () => receiver.attempts.length > 30)
    const before = await listMessages(zaplog)
    const [seen] = before
    const placed = await zaplog.call('GET', `/v1/events/${seen?.eventId}`)
    const changed = await fetch(new URL(`/v1/instances/${INSTANCE}`, zaplog.url), {
      method: 'PATCH',
      headers: { authorization: `Bearer ${zaplog.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'Moved' }),
    })
    const position = changed.headers.get('zaplog-position')
    expect(position, String(changed.status)).not.toBeNull()
    const early = await migrate(['--to-kafka'])
    expect(early.said).toContain('a zaplog works with this database')
    expect(early.exitCode).toBe(75)
    expect(await zaplog.stop(), zaplog.errors()).toBe(0)
    await fillBulk(server, `${prefixes.topic}${BULK}`)
    await talk.write(6)
    const inPostgres = await everyRecord(server, prefixes.topic)
    expect(inPostgres.length).toBeGreaterThan(RECORDS)

    const dry = await migrate(['--to-kafka', '--dry-run'])
    expect(dry.exitCode, dry.said).toBe(0)
    const copied = (atLeast: number) => (line: Line) => line.step === 'copy' && (line.done ?? 0) >= atLeast
    for (const killAt of [copied(1), copied(30_000), copied(70_000), (line: Line) => line.step === 'verify'])
      expect((await migrate(['--to-kafka'], killAt)).exitCode).toBe(null)
    const last = await migrate(['--to-kafka'])
    expect(last.exitCode, last.said).toBe(0)
    expect(last.lines.at(-1)).toMatchObject({ event: 'moved', verified: inPostgres.length, expired: 0 })

    const its = await openItsKafkaLog({ brokers, registryUrl, prefixes })
    onTestFinished(its.close)
    const inKafka: LogRecord[] = []
    for (const topic of new Set(inPostgres.map(one => one.topic)))
      for await (const record of its.log.read(topic, { from: 'first', until: 'end' }, never)) inKafka.push(record)
    expect(digest(inKafka)).toEqual(digest(inPostgres))

    isRefusing = false
    const moved = await start(onKafka)
    await untilDelivered(
      receiver,
      talk.sent.map(({ messageId }) => messageId),
    )
    expectOnceInOrder(receiver, talk.sent)
    expect(receiver.attempts.filter(one => one.copy > 1 && one.attempt === 1)).toEqual([])
    await expectReadModel(moved, talk.sent)
    expect((await moved.call('GET', `/v1/events/${seen?.eventId}`)).body).toEqual(placed.body)
    expect((await moved.call('GET', `/v1/instances?waitFor=${position}`)).status).toBe(200)
    const sequences = (await its.events('events')).filter(one => one.instanceId === INSTANCE && one.epoch > 0)
    expect(new Set(sequences.map(one => `${one.epoch}/${one.sequence}`)).size).toBe(sequences.length)
    const deleted = await migrate(['--delete-old'])
    expect(deleted.exitCode, 'while zaplog runs').toBe(75)
    expect(await moved.stop(), moved.errors()).toBe(0)
    expect((await migrate(['--delete-old'])).exitCode, 'without --yes').toBe(2)
    expect((await migrate(['--delete-old', '--yes'])).lines).toEqual([{ event: 'deleted', records: inPostgres.length }])
  })
})

/** Small ones in every partition, of one of which retention took the first. */
async function fillBulk({ database }: TestDatabase, topic: string): Promise<void> {
  for (let partition = 0; partition < PARTITIONS; partition++)
    await database.query(
      `select log_append(array[$1], array[$2::integer], array[count(*)::integer], array_agg('key-' || n order by n),
              array_agg(convert_to('value ' || n, 'UTF8') order by n), array_agg(jsonb_build_object('n', n::text) order by n),
              array_agg(now() order by n), array_agg(20 order by n))
         from generate_series(1, $3::integer) n`,
      [topic, partition, RECORDS / PARTITIONS + (partition === 3 ? TRIMMED : 0)],
    )
  await database.query(
    `select log_trim($1, 3, $2::integer, $2::integer) from log_partitions where topic = $1 and partition = 3`,
    [topic, TRIMMED],
  )
}

async function everyRecord({ database }: TestDatabase, prefix: string): Promise<readonly LogRecord[]> {
  const log = openPostgresLog({
    database,
    logger: createLogger({ level: 'silent' }),
    metrics: createMetrics({ processMetrics: false }),
    settings: { trimEveryMs: 3_600_000 },
  })
  try {
    const topics = await database.query<{ topic: string }>('select topic from log_topics order by topic')
    expect(topics.every(({ topic }) => topic.startsWith(prefix))).toBe(true)
    const found: LogRecord[] = []
    for (const { topic } of topics)
      for await (const record of log.read(topic, { from: 'first', until: 'end' }, never)) found.push(record)
    return found
  } finally {
    await log.close()
  }
}

/** Of each partition one text of all records, but for the ids of their schemas, which each registry gives for itself. */
function digest(records: readonly LogRecord[]): Readonly<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const { topic, partition, offset, key, value, headers, recordedAt } of records) {
    const bytes = value === null ? null : Buffer.from(value)
    const body = bytes?.[0] === 0 ? bytes.subarray(5) : bytes
    const text = [offset, key, body?.toString('base64'), JSON.stringify(Object.entries(headers).toSorted()), recordedAt].join(' ')
    const of = `${topic}/${partition}`
    found[of] = `${found[of] ?? ''}${text}\n`
  }
  return found
}
