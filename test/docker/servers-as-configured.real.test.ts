// Guarantee: Kafka runs with what docker-compose.yml tells its containers, and its health check sees it.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } from 'kafkajs'
import { describe, expect, test } from 'vitest'
import { runProgram } from '../../infra/services/fetch-artifact.ts'
import { fetchKafkaJars } from '../../infra/services/kafka-jars.ts'
import { freePort, startServerProcess } from '../../infra/services/server-process.ts'
import { topics } from '../../src/events/topics.ts'
import { openKafkaLog } from '../../src/log/kafka/kafka.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'
import { type ComposeService, environmentOf, serviceOf } from '../ground/docker/compose-file.ts'
import {
  directoryForEach,
  file,
  isHealthy,
  logger,
  never,
  onPorts,
  START_MS,
  secrets,
} from '../ground/docker/configured-servers.ts'
import { plainClient } from '../ground/log/kafka-adapter.ts'
import { runsHere } from '../ground/runs-here.ts'

const directory = directoryForEach()

describe.runIf(await runsHere('kafka'))('Kafka', () => {
  test(
    '[H4] [B2] starts from the container’s environment, takes zaplog’s topics and writes through to the disk',
    async () => {
      const service = serviceOf(file, 'kafka')
      const ports = { 9092: await freePort(), 9093: await freePort(), 19092: await freePort() }
      const kafka = await startAsContainer(service, ports)
      try {
        expect(await isHealthy(service, ports)).toBe(true)
        expect(await isHealthy(service, { ...ports, 19092: await freePort() })).toBe(false)
        await grantAccess(`127.0.0.1:${ports[19092]}`)
        const log = openKafkaLog({ ...zaplogs(ports[19092]), logger, metrics: createMetrics({ processMetrics: false }) })
        expect(await log.ensureTopics([TOPIC], never)).toEqual([])
        const value = Buffer.alloc(TOPIC.maxRecordBytes - 1024)
        const record = { key: 'shop', value, headers: {}, recordedAt: Date.now() }
        expect(await log.append({ topic: TOPIC.topic, records: [record] }, never)).toHaveLength(1)
        await log.close()
        expect(await settingsOf(`127.0.0.1:${ports[9092]}`)).toMatchObject({
          'auto.create.topics.enable': 'false',
          'log.flush.interval.messages': '1',
          'min.insync.replicas': '1',
          'unclean.leader.election.enable': 'false',
          'offsets.topic.replication.factor': '1',
        })
      } finally {
        await kafka.close()
      }
    },
    START_MS,
  )

  test(
    '[I2] [H4] lets zaplog use its topics, a reader the public ones alone, and nobody else in',
    async () => {
      const ports = { 9092: await freePort(), 9093: await freePort(), 19092: await freePort() }
      const kafka = await startAsContainer(serviceOf(file, 'kafka'), ports)
      const [inside, outside] = [`127.0.0.1:${ports[19092]}`, `127.0.0.1:${ports[9092]}`]
      const log = openKafkaLog({ ...zaplogs(ports[19092]), logger, metrics: createMetrics({ processMetrics: false }) })
      try {
        const declared = topics.map(({ name }) => ({ ...TOPIC, topic: `wa.${name}`, partitions: 1 }))
        await expect(log.ensureTopics(declared, never)).rejects.toThrow(/AUTHORIZATION/)
        await grantAccess(inside)
        await grantAccess(inside)
        expect(await log.ensureTopics(declared, never)).toEqual([])
        const record = { key: 'shop', value: Buffer.from('kept'), headers: {}, recordedAt: Date.now() }
        for (const { topic } of declared) expect(await log.append({ topic, records: [record] }, never)).toHaveLength(1)

        const isPublic = topics.filter(one => one.public).map(({ name }) => `wa.${name}`)
        expect(await accessList(outside)).toEqual(
          [
            'zaplog: all of topic wa.*',
            'zaplog: all of group zaplog.*',
            ...isPublic.flatMap(topic => [`reader: read of topic ${topic}`, `reader: describe of topic ${topic}`]),
            'reader: read of group tail-*',
          ].toSorted(),
        )
        const reader = { sasl: saslOf('reader', secrets.BROKER_PASSWORD_READER) }
        const read = await Promise.all(
          declared.map(async ({ topic }) => [topic, await readFirst({ broker: outside, topic, groupId: 'tail-1', ...reader })]),
        )
        expect(read).toEqual(
          declared.map(({ topic }) => [topic, isPublic.includes(topic) ? 'kept' : 'TOPIC_AUTHORIZATION_FAILED']),
        )
        const ofZaplogs = { broker: outside, topic: 'wa.events', groupId: 'zaplog.webhooks', ...reader }
        const zaplog = { sasl: saslOf('zaplog', secrets.BROKER_PASSWORD_ZAPLOG) }
        const guessed = { sasl: saslOf('zaplog', 'guessed') }
        expect({
          joinsZaplogs: await readFirst(ofZaplogs),
          writes: await sendAs(outside, reader),
          anonymous: [await sendAs(inside, {}), await sendAs(outside, {})],
          guessed: [await sendAs(inside, guessed), await sendAs(outside, guessed)],
          zaplog: await sendAs(outside, zaplog),
        }).toEqual({
          joinsZaplogs: 'KafkaJSGroupCoordinatorNotFound', // the library’s word for a group that it may not ask for
          writes: 'TOPIC_AUTHORIZATION_FAILED',
          anonymous: [CUT, CUT],
          guessed: ['SASL_AUTHENTICATION_FAILED', 'SASL_AUTHENTICATION_FAILED'],
          zaplog: 'sent',
        })
      } finally {
        await log.close()
        await kafka.close()
      }
    },
    START_MS,
  )

  /** What the one-shot container does, with the image's program put together from the same jars. */
  async function grantAccess(broker: string): Promise<void> {
    const { entrypoint = [], command = [], ...access } = serviceOf(file, 'access')
    const programs = join(directory(), 'programs')
    mkdirSync(programs, { recursive: true })
    const classPath = join(await fetchKafkaJars(), '*')
    const program = `#!/bin/sh\nexec java -XX:TieredStopAtLevel=1 -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -cp '${classPath}' org.apache.kafka.tools.AclCommand "$@"\n`
    writeFileSync(join(programs, 'kafka-acls.sh'), program, { mode: 0o700 })
    const [shell = '', ...args] = [...entrypoint, ...command]
    const env = { ...environmentOf(access), KAFKA: broker, PATH: `${programs}:${process.env.PATH}` }
    const said = await runProgram(shell, args, { env })
    expect(said).toContain('principal=User:reader')
    expect(said).not.toContain(secrets.BROKER_PASSWORD)
  }

  /** The class that the image runs first makes the settings file of the environment, and formats the log directory. */
  async function startAsContainer(service: ComposeService, ports: Readonly<Record<string, number>>) {
    const classPath = join(await fetchKafkaJars(), '*')
    const [none, final, data] = ['none', 'final', 'data'].map(name => join(directory(), name)) as [string, string, string]
    for (const path of [none, final]) mkdirSync(path)
    const inContainer = Object.entries(environmentOf(service)).map(([name, value]) => [name, here(onPorts(value, ports))])
    const env = { PATH: process.env.PATH ?? '', ...Object.fromEntries(inContainer), KAFKA_LOG_DIRS: data }
    const setup = ['setup', '-D', none, '-M', none, '-F', final]
    await runProgram('java', ['-cp', classPath, 'kafka.docker.KafkaDockerWrapper', ...setup], { env })
    return await startServerProcess({
      name: 'Kafka as in its container',
      command: 'java',
      args: ['-Xmx384m', '-cp', classPath, 'kafka.Kafka', join(final, 'server.properties')],
      isUp: () => isHealthy(service, ports),
      startWithinMs: 60_000,
    })
  }

  /** On this machine, on loopback. */
  const here = (text: string) => text.replaceAll('://:', '://127.0.0.1:').replaceAll(/(@|\/\/)kafka:/g, '$1127.0.0.1:')
})

const saslOf = (username: string, password = '') => ({ mechanism: 'plain' as const, username, password })

/** As its own settings say, on another port. */
function zaplogs(port: number) {
  const settings = environmentOf(serviceOf(file, 'zaplog'))
  expect(settings).toMatchObject({ KAFKA_SASL_MECHANISM: 'plain', KAFKA_BROKERS: 'kafka:19092' })
  const sasl = saslOf(settings.KAFKA_SASL_USERNAME ?? '', settings.KAFKA_SASL_PASSWORD)
  return { brokers: [`127.0.0.1:${port}`], clientId: 'zaplog-test', sasl }
}

/** The broker hangs up on who says no name; zaplog is let in at the same address. */
const CUT = 'KafkaJSNumberOfRetriesExceeded'

type As = { sasl?: ReturnType<typeof saslOf> }
const typeOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  return 'type' in error
    ? String(error.type)
    : error.name === 'KafkaJSSASLAuthenticationError'
      ? 'SASL_AUTHENTICATION_FAILED'
      : error.name
}

/** The value of the topic's first record, or the code of the refusal. */
async function readFirst({ broker, topic, groupId, sasl }: As & { broker: string; topic: string; groupId: string }) {
  const consumer = plainClient({ brokers: broker }, sasl === undefined ? {} : { sasl }).consumer({
    groupId: groupId.startsWith('tail-') ? `${groupId}-${topic}` : groupId,
    retry: { retries: 60, maxRetryTime: 1_000 }, // the first member of a cluster waits for its groups’ own topic
  })
  const read = Promise.withResolvers<string>()
  consumer.on('consumer.crash', ({ payload }) => read.resolve(typeOf(payload.error)))
  try {
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await consumer.run({ eachMessage: async ({ message }) => read.resolve(String(message.value)) })
    return await read.promise
  } catch (error) {
    return typeOf(error)
  } finally {
    await consumer.disconnect()
  }
}

async function sendAs(broker: string, { sasl }: As): Promise<string> {
  const producer = plainClient({ brokers: broker }, { retry: { retries: 0 }, ...(sasl !== undefined && { sasl }) }).producer()
  try {
    await producer.connect()
    await producer.send({ topic: 'wa.events', messages: [{ key: 'shop', value: 'forged' }] })
    return 'sent'
  } catch (error) {
    return typeOf(error)
  } finally {
    await producer.disconnect()
  }
}

const [events] = topics
const TOPIC = {
  topic: `wa.${events?.name}`,
  partitions: 24,
  replication: 1,
  minInsync: 1,
  retentionMs: 'forever',
  cleanup: 'delete',
  maxRecordBytes: 2 * 1024 * 1024,
} as const

/** Every right that somebody was given, in words; `*` after what many names begin with. */
async function accessList(broker: string): Promise<readonly string[]> {
  const admin = plainClient({ brokers: broker }, { sasl: saslOf('broker', secrets.BROKER_PASSWORD) }).admin()
  await admin.connect()
  const { resources } = await admin.describeAcls({
    resourceType: AclResourceTypes.ANY,
    resourcePatternType: ResourcePatternTypes.ANY,
    operation: AclOperationTypes.ANY,
    permissionType: AclPermissionTypes.ANY,
  })
  await admin.disconnect()
  const nameOf = (words: object, one: number) =>
    (Object.entries(words).find(([, value]) => value === one)?.[0] ?? `${one}`).toLowerCase()
  return resources
    .flatMap(({ resourceType, resourceName, resourcePatternType, acls }) =>
      acls.map(({ principal, host, operation, permissionType }) => {
        expect([host, permissionType]).toEqual(['*', AclPermissionTypes.ALLOW])
        const name = `${resourceName}${resourcePatternType === ResourcePatternTypes.PREFIXED ? '*' : ''}`
        return `${principal.replace('User:', '')}: ${nameOf(AclOperationTypes, operation)} of ${nameOf(AclResourceTypes, resourceType)} ${name}`
      }),
    )
    .toSorted()
}

async function settingsOf(broker: string): Promise<Record<string, string>> {
  const admin = plainClient({ brokers: broker }, { sasl: saslOf('broker', secrets.BROKER_PASSWORD) }).admin()
  await admin.connect()
  const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: [{ type: 4, name: '1' }] })
  await admin.disconnect()
  return Object.fromEntries(resources.flatMap(one => one.configEntries.map(entry => [entry.configName, entry.configValue])))
}
