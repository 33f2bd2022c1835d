// Guarantee: a start that cannot go well ends with a clear answer and the right exit code, and changes nothing of what is there.
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { exitCodes } from '../../src/cli/exit-codes.ts'
import { openConversation } from '../ground/scenarios/conversation.ts'
import { expectReadModel } from '../ground/scenarios/expect-read-model.ts'
import { killPostgres } from '../ground/scenarios/its-postgres.ts'
import { refusal } from '../ground/scenarios/refusal.ts'
import { expectOnceInOrder, openStage, untilDelivered } from '../ground/scenarios/stage.ts'
import { type Launched, type LaunchOptions, launchZaplog, makeDataDir } from '../ground/scenarios/zaplog-process.ts'
import { occupy } from '../ground/services/services-process.ts'

const NOBODY = 65_534
const otherKey = Buffer.alloc(32, 7).toString('base64')

let dataDir: ReturnType<typeof makeDataDir>
let launched: Launched[]
beforeEach(() => {
  dataDir = makeDataDir()
  launched = []
})
afterEach(async () => {
  for (const one of launched) await one.kill()
  await killPostgres(dataDir.path)
  dataDir.remove()
})

function launch(options: LaunchOptions): Launched {
  const started = launchZaplog({ program: 'start', ...options })
  launched.push(started)
  return started
}

test('[H8] several mistakes in the configuration are told together, before anything is made', async () => {
  const env = {
    PORT: '70000',
    LOG_LEVEL: 'loud',
    ENCRYPTION_KEY: 'secret',
    WHATSAPP_URL: 'ws://example.com/ws',
    WEBHOOK_TIMEUOT: '1s',
    DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
  }
  const { exitCode, said } = await refusal({ dataDir: dataDir.path, env })
  expect(exitCode, said).toBe(exitCodes.configuration)
  const told = said.trim().split('\n')
  expect(told.map(line => line.split(':')[0]).toSorted()).toEqual(
    [...Object.keys(env).filter(name => name !== 'DATABASE_URL'), 'ADMIN_API_KEY'].toSorted(),
  )
  expect(said).toContain('70000')
  expect(said).not.toContain('secret\n')
  expect(readdirSync(dataDir.path)).toEqual([])
})

test('[A4] [I2] a wrong ENCRYPTION_KEY is refused and erases nothing: with the right one everything goes on', async () => {
  const stage = await openStage({ program: 'start' })
  try {
    const talk = openConversation(stage, { chats: 2 })
    await talk.write(2)
    await untilDelivered(
      stage.receiver,
      talk.sent.map(one => one.messageId),
    )
    expect(await stage.zaplog().stop()).toBe(0)
    // Whatever the roles: an empty value is all of them.
    for (const roles of ['producers', 'webhooks', '']) {
      const { exitCode, said } = await refusal({ dataDir: stage.dataDir, env: { ENCRYPTION_KEY: otherKey, ROLES: roles } })
      expect(exitCode, said).toBe(exitCodes.configuration)
      expect(said).toContain('does not open with this ENCRYPTION_KEY')
      expect(said).toContain('nothing was changed')
    }
    await stage.restart()
    await talk.write(4)
    await untilDelivered(
      stage.receiver,
      talk.sent.map(one => one.messageId),
    )
    expectOnceInOrder(stage.receiver, talk.sent)
    await expectReadModel(stage.zaplog(), talk.sent)
  } finally {
    await stage.close()
  }
})

test('[H8] a second zaplog on the same DATA_DIR is refused with the process that has it, which goes on', async () => {
  const first = await launch({ dataDir: dataDir.path }).listening
  const { exitCode, said } = await refusal({ dataDir: dataDir.path })
  expect(exitCode, said).toBe(exitCodes.tryLater)
  expect(said).toContain(`process ${first.pid} has it open`)
  expect(await first.call('GET', '/health/ready')).toMatchObject({ status: 200 })
  expect(await first.stop()).toBe(0)
})

test('[H8] a taken PORT and a HOST that is not this machine are answered in one sentence, before anything is made', async () => {
  const taken = await occupy(0)
  const port = await refusal({ dataDir: dataDir.path, env: { PORT: String(taken.port) } })
  await taken.close()
  expect(port.said).toBe(`zaplog cannot start: port ${taken.port} of 127.0.0.1 is taken; PORT chooses another, 0 a free one\n`)
  expect(port.exitCode).toBe(exitCodes.tryLater)
  const host = await refusal({ dataDir: dataDir.path, env: { HOST: '192.0.2.1' } })
  expect(host.said).toMatch(/^zaplog cannot start: 192\.0\.2\.1 is not an address of this machine .*HOST chooses another.*\n$/)
  expect(host.exitCode).toBe(exitCodes.configuration)
  expect(readdirSync(dataDir.path)).toEqual([])
})

test('[B7] [H8] another TOPIC_PARTITIONS than the log was made with is refused', async () => {
  const first = await launch({ dataDir: dataDir.path, env: { TOPIC_PARTITIONS: '2' } }).listening
  expect(await first.stop()).toBe(0)
  const { exitCode, said } = await refusal({ dataDir: dataDir.path, env: { TOPIC_PARTITIONS: '3' } })
  expect(exitCode, said).toBe(exitCodes.configuration)
  expect(said).toMatch(/TOPIC_PARTITIONS is 3, .* was made with 2/)
  const again = await launch({ dataDir: dataDir.path, env: { TOPIC_PARTITIONS: '2' } }).listening
  expect(await again.stop()).toBe(0)
})

test('[H8] a DATA_DIR that is in the way is named with what to do about it', async () => {
  writeFileSync(join(dataDir.path, 'file'), '')
  const inTheWay = await refusal({ dataDir: join(dataDir.path, 'file', 'data') })
  expect(inTheWay.said).toContain(join(dataDir.path, 'file', 'data'))
  expect(inTheWay.said).toContain('choose another DATA_DIR')
  expect(inTheWay.exitCode).toBe(exitCodes.configuration)
})

const refused = whoIsRefused()
test.skipIf(refused.uid === null)(
  `[H8] a DATA_DIR that is not ours is named with what to do about it (as ${refused.who})`,
  async () => {
    mkdirSync(join(dataDir.path, 'closed'), { mode: 0o500 })
    chmodSync(join(dataDir.path, 'closed'), 0o500)
    const as = refused.uid === null ? {} : { uid: refused.uid }
    const closed = await refusal({ dataDir: join(dataDir.path, 'closed', 'data'), ...as })
    expect(closed.said).toContain(join(dataDir.path, 'closed', 'data'))
    expect(closed.said).toContain('give this user the directory')
    expect(closed.exitCode).toBe(exitCodes.configuration)
  },
)

/** Root is refused nothing: it lends the test another user, who can run this program only where it lies open. */
function whoIsRefused(): { who: string; uid: number | null } {
  if (process.getuid?.() !== 0) return { who: 'ourselves', uid: process.getuid?.() ?? null }
  const { status } = spawnSync(process.execPath, ['-e', `require('fs').readdirSync(${JSON.stringify(import.meta.dirname)})`], {
    uid: NOBODY,
    cwd: '/',
  })
  return status === 0
    ? { who: 'nobody', uid: NOBODY }
    : { who: 'no one: we are root, and nobody else can reach this program', uid: null }
}
