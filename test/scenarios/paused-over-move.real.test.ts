// Guarantee: a zaplog that was paused while its log moved to Kafka, and goes on afterwards, changes nothing that follows from the log, and says that
// it has to be stopped; the one that took its place never notices.
import { randomBytes } from 'node:crypto'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openSimulator } from '../../simulator/simulator.ts'
import { askDesk } from '../ground/ask-desk.ts'
import { openTestDatabase } from '../ground/database.ts'
import { runMigrate } from '../ground/move/migrate-process.ts'
import { openReceiver } from '../ground/receiver.ts'
import { runsHere } from '../ground/runs-here.ts'
import { openConversation } from '../ground/scenarios/conversation.ts'
import { expectReadModel } from '../ground/scenarios/expect-read-model.ts'
import { openItsKafkaLog } from '../ground/scenarios/its-kafka-log.ts'
import { expectOnceInOrder, INSTANCE, pair, subscribe, untilDelivered } from '../ground/scenarios/stage.ts'
import { launchZaplog, makeDataDir, scenarioEnv, type ZaplogProcess } from '../ground/scenarios/zaplog-process.ts'
import { until } from '../ground/until.ts'

describe.runIf(await runsHere('kafka', 'registry', 's3'))('a zaplog that comes back', () => {
  test('[G3] from before the move is refused, owes nothing and is not live', { timeout: 240_000 }, async () => {
    const { brokers, registryUrl } = JSON.parse(await askDesk('parts')) as { brokers: string; registryUrl: string }
    const server = await openTestDatabase('comes back')
    const simulator = await openSimulator()
    const receiver = await openReceiver()
    const prefix = `paused-${process.pid}.`
    const embedded = {
      ...{ DATABASE_URL: server.url, TOPIC_PREFIX: prefix, GROUP_PREFIX: prefix },
      ...{ WHATSAPP_URL: simulator.url, WHATSAPP_CDN_URL: simulator.cdnUrl },
      ...{ ADMIN_API_KEY: randomBytes(24).toString('base64url'), ENCRYPTION_KEY: randomBytes(32).toString('base64') },
    }
    const onKafka = { ...embedded, KAFKA_BROKERS: brokers, SCHEMA_REGISTRY_URL: registryUrl }
    const dirs = [makeDataDir(), makeDataDir(), makeDataDir()] as const
    const start = async (dataDir: string, env: Record<string, string>): Promise<ZaplogProcess> => {
      const launched = launchZaplog({ dataDir, env, program: 'start' })
      onTestFinished(launched.kill)
      return await launched.listening
    }
    onTestFinished(async () => {
      await receiver.close()
      await simulator.close()
      for (const dir of dirs) dir.remove()
      await server.close()
    })
    const migrate = () => runMigrate(['--to-kafka'], { ...scenarioEnv(dirs[2].path), ...onKafka })

    const old = await start(dirs[0].path, embedded)
    await subscribe(old, receiver)
    const device = await pair(old, simulator)
    const talk = openConversation({ simulator, device }, { chats: 2 })
    await talk.write(6)
    await untilDelivered(
      receiver,
      talk.sent.map(({ messageId }) => messageId),
    )

    process.kill(old.pid, 'SIGSTOP')
    const seen = await migrate()
    expect(seen.said).toContain('a zaplog works with this database')
    expect(seen.exitCode, 'its connections are still there').toBe(75)
    await server.database.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name like 'zaplog%'",
    )
    const moved = await migrate()
    expect(moved.exitCode, moved.said).toBe(0)
    const now = await start(dirs[1].path, onKafka)

    process.kill(old.pid, 'SIGCONT')
    await until('it to say that it has to be stopped', async () =>
      JSON.stringify((await old.call('GET', '/health/ready')).body).includes('start it with the settings of today'),
    )
    expect((await old.call('GET', '/health/live')).status).toBe(503)
    const renamed = await old.call('PATCH', `/v1/instances/${INSTANCE}`, { name: 'From the past' })
    expect(renamed.status).toBeGreaterThanOrEqual(500)
    const left = async (table: string) =>
      (await server.database.query<{ n: number }>(`select count(*)::integer as n from ${table}`))[0]?.n
    expect(await left('log_partitions')).toBe(0)

    await talk.write(6)
    await untilDelivered(
      receiver,
      talk.sent.map(({ messageId }) => messageId),
    )
    expectOnceInOrder(receiver, talk.sent)
    await expectReadModel(now, talk.sent)
    expect((await now.call('GET', `/v1/instances/${INSTANCE}`)).body).toMatchObject({ name: 'Shop' })
    const its = await openItsKafkaLog({ brokers, registryUrl, prefixes: { topic: prefix, group: prefix } })
    onTestFinished(its.close)
    const received = (await its.events('events')).filter(({ type }) => type === 'message.received')
    expect(received.map(({ messageId }) => messageId).toSorted()).toEqual(talk.sent.map(({ messageId }) => messageId).toSorted())

    expect(await now.stop(), now.errors()).toBe(0)
    await until('it to be refused the account', () => old.errors().includes('ZL002') && old.errors().includes('epoch'))
  })
})
