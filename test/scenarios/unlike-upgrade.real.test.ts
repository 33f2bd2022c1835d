// Guarantee: a version whose migrations an older one cannot live with changes nothing while that works, says who is in its way, and goes on once it
// is gone; and what was away meanwhile is refused when it comes back.
import { randomBytes } from 'node:crypto'
import { expect, onTestFinished, test } from 'vitest'
import { openSimulator } from '../../simulator/simulator.ts'
import { openTestDatabase } from '../ground/database.ts'
import { openReceiver } from '../ground/receiver.ts'
import { openConversation } from '../ground/scenarios/conversation.ts'
import { expectOnceInOrder, INSTANCE, pair, subscribe, untilDelivered } from '../ground/scenarios/stage.ts'
import { type Launched, launchZaplog, makeDataDir } from '../ground/scenarios/zaplog-process.ts'
import { until } from '../ground/until.ts'
import { makeNextVersion } from '../ground/versions/next-version.ts'

const LEAVES_NOBODY = `-- beside: none
create table moods (message_id text primary key);
`

test('[H9] a later version waits for the older one, names it, and fences it', { timeout: 240_000 }, async () => {
  const server = await openTestDatabase('unlike')
  onTestFinished(server.close)
  const next = await makeNextVersion(LEAVES_NOBODY)
  onTestFinished(next.remove)
  const simulator = await openSimulator()
  onTestFinished(simulator.close)
  const receiver = await openReceiver()
  onTestFinished(receiver.close)
  const env = {
    ...{ DATABASE_URL: server.url, WHATSAPP_URL: simulator.url, WHATSAPP_CDN_URL: simulator.cdnUrl },
    ...{ ADMIN_API_KEY: randomBytes(24).toString('base64url'), ENCRYPTION_KEY: randomBytes(32).toString('base64') },
  }
  const launch = (root?: string): Launched => {
    const { path: dataDir, remove } = makeDataDir()
    const launched = launchZaplog({ dataDir, env, program: 'start', ...(root !== undefined && { root }) })
    onTestFinished(async () => {
      await launched.kill()
      remove()
    })
    return launched
  }

  const old = await launch().listening
  await subscribe(old, receiver)
  const device = await pair(old, simulator)
  const talk = openConversation({ simulator, device }, { chats: 1 })
  const goesOn = async () => {
    await talk.write(3)
    await untilDelivered(
      receiver,
      talk.sent.map(({ messageId }) => messageId),
    )
  }
  await goesOn()

  const newer = launch(next.root)
  const words = /cannot run beside 9999_next, and they do: a zaplog at \S+ \(.*zaplog producers.*\), which knows migrations up to/
  await until('it to say who is in its way', () => words.test(newer.errors()))
  await goesOn()
  const applied = "select from zaplog_migrations where name = '9999_next'"
  expect(await server.database.query(applied)).toEqual([])

  process.kill(old.pid, 'SIGSTOP') // a machine that hangs, whose connections Postgres gives up
  await server.database.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name ~ '^zaplog ?(?!migrate)'",
  )
  const now = await newer.listening
  expect(await server.database.query(applied)).toHaveLength(1)
  process.kill(old.pid, 'SIGCONT')
  await until('the old one not to be live', async () => (await old.call('GET', '/health/live')).status === 503)
  expect(JSON.stringify((await old.call('GET', '/health/ready')).body)).toContain('for processes that know migration 9999')
  expect((await old.call('PATCH', `/v1/instances/${INSTANCE}`, { name: 'From the past' })).status).toBeGreaterThanOrEqual(500)

  const again = launch()
  await again.ended
  expect(again.exitCode()).toBe(78)
  expect(again.errors()).toContain('a newer zaplog has written this database (9999_next)')
  expect((await now.call('GET', `/v1/instances/${INSTANCE}`)).body).toMatchObject({ name: 'Shop' })
  expectOnceInOrder(receiver, talk.sent)
})
