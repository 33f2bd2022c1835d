// Guarantee: readiness of a zaplog that has nothing to do says which part is away, where it is and what came back, and is ok again after it.
import { expect, type TestContext, test } from 'vitest'
import { type ExternalParts, openExternalParts } from '../ground/scenarios/external-parts.ts'
import { freezePostgres, postmasterOf } from '../ground/scenarios/its-postgres.ts'
import { embedded, external, onEachSetup } from '../ground/scenarios/setups.ts'
import { launchZaplog, makeDataDir, type ZaplogProcess } from '../ground/scenarios/zaplog-process.ts'
import { until } from '../ground/until.ts'

/** What failed often is tried again after half a minute at most. */
const WELL_WITHIN_MS = 60_000

/** Of each, with starts of its parts beside others. */
const timeout = 240_000

type Check = { name: string; state: string; detail: string }

type Own = Pick<TestContext, 'onTestFinished'>

/** No instance is paired, nobody asks for anything, and what a first start does once is done. */
async function openIdle({ onTestFinished }: Own, env: Record<string, string>): Promise<ZaplogProcess> {
  const { path: dataDir, remove } = makeDataDir()
  const launched = launchZaplog({ program: 'start', dataDir, env })
  onTestFinished(async () => {
    await launched.killEverything()
    remove()
  })
  const zaplog = await launched.listening
  const areIndexesMade = async () => (await readiness(zaplog)).checks.every(({ name }) => name !== 'indexes')
  await until('the indexes to be made', areIndexesMade, WELL_WITHIN_MS)
  await untilOk(zaplog)
  return zaplog
}

const readiness = async (zaplog: ZaplogProcess) => {
  const { status, body } = await zaplog.call('GET', '/health/ready')
  return { code: status, status: body.status, checks: body.checks as readonly Check[] }
}

/** Fails with the checks that are not ok. */
async function untilOk(zaplog: ZaplogProcess): Promise<void> {
  let wrong: readonly Check[] = []
  const isOk = async () => {
    const { status, checks } = await readiness(zaplog)
    wrong = checks.filter(check => check.state !== 'ok')
    return status === 'ok'
  }
  await until('readiness to be ok', isOk, WELL_WITHIN_MS).catch(cause => {
    throw new Error(`not ok: ${JSON.stringify(wrong)}`, { cause })
  })
}

const projectionOf = async (zaplog: ZaplogProcess) =>
  (await readiness(zaplog)).checks.find(({ name }) => name === 'projection read-model')?.detail

async function untilDegraded(zaplog: ZaplogProcess, name: string, detail: RegExp): Promise<void> {
  const said = await until(`readiness to say that ${name} is away: ${detail}`, async () => {
    const said = await readiness(zaplog)
    return said.checks.some(check => check.name === name && check.state === 'degraded' && detail.test(check.detail)) && said
  })
  expect(said).toMatchObject({ code: 200, status: 'degraded' })
  expect((await zaplog.call('GET', '/health/live')).status).toBe(200)
}

onEachSetup(() => {
  // Side by side, each on parts of its own: they mostly wait.
  async function openParts({ onTestFinished }: Own, name: string): Promise<ExternalParts> {
    const parts = await openExternalParts(name)
    onTestFinished(parts.close)
    return parts
  }

  test.concurrent('[H3] [B7] Kafka, killed while no instance is paired, is degraded with its address until it is back', {
    timeout,
  }, async context => {
    const { kafka, env } = await openParts(context, 'idle without kafka')
    const zaplog = await openIdle(context, env)
    await until('the projection to have partitions', async () => /^[1-9]\d* partitions$/.test((await projectionOf(zaplog)) ?? ''))
    const away = new RegExp(`^${kafka.brokers} is away: .*ECONNREFUSED`)
    await kafka.kill()
    await untilDegraded(zaplog, 'kafka', away)
    await untilDegraded(zaplog, 'consumer groups', /group zaplog\..*ECONNREFUSED.*; so it is with \d groups/)
    // Whoever has none does not need Kafka any more: until here its lag cannot be measured, which is said too.
    await until('the projection to have given up its partitions', async () => (await projectionOf(zaplog)) === '0 partitions')
    await untilDegraded(zaplog, 'kafka', away)
    await kafka.restart()
    await untilOk(zaplog)
    expect(zaplog.errors().split('part.away').length - 1).toBe(1)
  })

  test.concurrent('[H3] [B7] [C5] parts that only hang are degraded: Kafka, Postgres and the object store', {
    timeout,
  }, async context => {
    const { behind, env } = await openParts(context, 'idle beside hanging parts')
    const { kafka, postgres, s3 } = behind
    const zaplog = await openIdle(context, { ...env, ...kafka.env, ...postgres.env, ...s3.env })
    for (const [name, { proxy }] of Object.entries({ kafka, postgres, s3 })) {
      proxy.hold()
      await untilDegraded(zaplog, name, new RegExp(`^[^ ]*127.0.0.1:${proxy.port}[^ ]* does not answer, for \\d+ s so far$`))
      proxy.resume()
      await untilOk(zaplog)
    }
  })

  test.concurrent('[H3] [C5] Postgres and the object store, gone while nothing needs them, are degraded until they are back', {
    timeout,
  }, async context => {
    const { behind, s3, env } = await openParts(context, 'idle without parts')
    const { proxy } = behind.postgres
    const zaplog = await openIdle(context, { ...env, ...behind.postgres.env })
    proxy.down()
    await untilDegraded(zaplog, 'postgres', new RegExp(`^127.0.0.1:${proxy.port}/\\S+ is away: .`))
    proxy.resume()
    await untilOk(zaplog)
    await s3.server.kill()
    await untilDegraded(zaplog, 's3', new RegExp(`^${s3.server.endpoint}/media is away: .*ECONNREFUSED`))
    await s3.server.start()
    await untilOk(zaplog)
  })
}, [external])

onEachSetup(() => {
  test.concurrent('[H3] an embedded Postgres that hangs is degraded until it goes on', {
    timeout,
  }, async context => {
    const zaplog = await openIdle(context, {})
    const { thaw } = await freezePostgres(zaplog.dataDir)
    try {
      await untilDegraded(zaplog, 'postgres', /^the embedded Postgres does not answer, for \d+ s so far$/)
    } finally {
      thaw()
    }
    await untilOk(zaplog)
  })

  test.concurrent('[H3] [H4] an embedded Postgres that somebody tells to shut down is degraded, with why, until it is there again', {
    timeout,
  }, async context => {
    const zaplog = await openIdle(context, {})
    const before = postmasterOf(zaplog.dataDir) ?? 0
    process.kill(before, 'SIGTERM') // a smart shutdown, which our connections hold up
    await untilDegraded(zaplog, 'embedded postgres', /^the server is shutting down, told by somebody else; it is started again$/)
    await untilOk(zaplog)
    expect(postmasterOf(zaplog.dataDir)).not.toBe(before)
    expect((await zaplog.call('GET', '/v1/instances')).status).toBe(200)
  })
}, [embedded])
