// Guarantee: a database is never used with another log than its own: the start ends with a clear answer, and with its own log all goes on.
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Kafka } from '../../infra/services/kafka.ts'
import { openRegistry, type RegistryServer } from '../../infra/services/registry.ts'
import { exitCodes } from '../../src/cli/exit-codes.ts'
import { asAdmin, KAFKA_START_MS, openTestKafka } from '../ground/log/kafka-adapter.ts'
import { runsHere } from '../ground/runs-here.ts'
import { refusal } from '../ground/scenarios/refusal.ts'
import { launchZaplog, makeDataDir } from '../ground/scenarios/zaplog-process.ts'

type Env = Record<string, string>

/** The directory has been used once, by a zaplog with these settings. */
async function usedDirectory(env: Env): Promise<string> {
  const { path, remove } = makeDataDir()
  onTestFinished(remove)
  await startAndStop(path, env)
  return path
}

async function startAndStop(dataDir: string, env: Env): Promise<void> {
  const launched = launchZaplog({ program: 'start', dataDir, env })
  onTestFinished(launched.killEverything)
  await launched.listening
  expect(await launched.stop(), launched.errors()).toBe(0)
}

async function refused(dataDir: string, env: Env): Promise<string> {
  const { exitCode, said } = await refusal({ dataDir, env: { LOG_LEVEL: 'error', ...env } })
  expect(exitCode, said).toBe(exitCodes.configuration)
  expect(said.trim().split('\n'), said).toHaveLength(1)
  for (const name of ['KAFKA_BROKERS', 'TOPIC_PREFIX', 'DATA_DIR', 'DATABASE_URL']) expect(said).toContain(name)
  return said
}

test('[B7] [H8] a database does not start on topics of another prefix, and goes on with its own', async () => {
  const dataDir = await usedDirectory({})
  const said = await refused(dataDir, { TOPIC_PREFIX: 'other.' })
  expect(said).toContain('belongs to the log in Postgres whose topics begin with "wa."')
  expect(said).toContain('the settings name the log in Postgres whose topics begin with "other."')
  await startAndStop(dataDir, {})
})

describe.runIf(await runsHere('kafka', 'registry', 's3'))('beside Kafka', () => {
  let kafka: Kafka
  let another: Kafka
  let registry: RegistryServer
  beforeAll(async () => {
    ;[kafka, another, registry] = await Promise.all([openTestKafka(), openTestKafka(), openRegistry()])
  }, KAFKA_START_MS)
  afterAll(async () => {
    await Promise.all([kafka.close(), another.close(), registry.close()])
  })

  const on = ({ brokers }: Kafka): Env => ({ KAFKA_BROKERS: brokers, SCHEMA_REGISTRY_URL: registry.url })
  const clusterOf = async (of: Kafka) => (await asAdmin(of, admin => admin.describeCluster())).clusterId

  test('[B7] [H4] a database of the embedded log does not start on Kafka, and makes no topic there', async () => {
    const dataDir = await usedDirectory({})
    const said = await refused(dataDir, on(kafka))
    expect(said).toContain('belongs to the log in Postgres')
    expect(said).toContain(`the settings name the log in the Kafka cluster ${await clusterOf(kafka)}`)
    expect(await asAdmin(kafka, admin => admin.listTopics())).toEqual([])
    await startAndStop(dataDir, {})
  })

  test('[B7] [H4] a database of one Kafka starts neither on another nor on the embedded log, and goes on with its own', async () => {
    const dataDir = await usedDirectory(on(kafka))
    const its = `belongs to the log in the Kafka cluster ${await clusterOf(kafka)}`
    expect(await refused(dataDir, on(another))).toContain(its)
    expect(await refused(dataDir, {})).toContain(its)
    expect(await asAdmin(another, admin => admin.listTopics())).toEqual([])
    await startAndStop(dataDir, on(kafka))
  })
})
