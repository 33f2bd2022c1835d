// Guarantee: a backup restored into an empty place goes on, with keys that are older than what WhatsApp saw, and says what is missing of it.
import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { exitCodes } from '../../src/cli/exit-codes.ts'
import { asAdmin } from '../ground/log/kafka-adapter.ts'
import { openLoopbackServer } from '../ground/loopback-server.ts'
import { type Conversation, openConversation } from '../ground/scenarios/conversation.ts'
import { refusal } from '../ground/scenarios/refusal.ts'
import { external } from '../ground/scenarios/setups.ts'
import { INSTANCE, openStage, type Stage, untilDelivered } from '../ground/scenarios/stage.ts'
import { launchZaplog, makeDataDir, type ZaplogProcess } from '../ground/scenarios/zaplog-process.ts'
import { until } from '../ground/until.ts'

const TIMEOUT = { timeout: 240_000 }

test(
  '[H9] a copy of DATA_DIR goes on in an empty place; without its key it is refused, and changes nothing',
  TIMEOUT,
  async () => {
    const stage = await openStage({ program: 'start' })
    onTestFinished(stage.close)
    const talk = openConversation(stage, { chats: 2 })
    await talk.write(4)
    await reply(stage.zaplog(), talk)
    await delivered(stage, talk)
    expect(await stage.zaplog().stop()).toBe(0)
    const backup = makeDataDir()
    onTestFinished(backup.remove)
    execFileSync('cp', ['-a', `${stage.dataDir}/.`, backup.path]) // as README has it: owners and rights, too

    // What comes after the backup moves every ratchet on, in both directions.
    await stage.restart()
    await talk.write(4)
    await reply(stage.zaplog(), talk)
    await talk.write(4)
    await delivered(stage, talk)
    await stage.killEverything()
    rmSync(stage.dataDir, { recursive: true })

    const key = join(backup.path, 'encryption-key')
    const right = readFileSync(key)
    rmSync(key)
    const { exitCode, said } = await refusal({ dataDir: backup.path })
    expect(exitCode, said).toBe(exitCodes.configuration)
    expect(said).toContain('does not open with this ENCRYPTION_KEY')
    writeFileSync(key, right, { mode: 0o600 })

    const restored = await start(stage, backup.path)
    const before = talk.sent.length
    await talk.write(4)
    // What its keys are too old for is told as that, asked for again, and comes under its own id.
    const since = talk.sent.slice(before).map(one => one.messageId)
    await until('what was written since to be received', () => since.every(id => received(stage).includes(id)))
    expect((await restored.call('GET', `/v1/instances/${INSTANCE}`)).body.state).toBe('open')
  },
)

const received = ({ receiver }: Stage) =>
  receiver.accepted.flatMap(({ body }) => (body.type === 'message.received' ? [body.data.messageId] : []))

async function start(stage: Stage, dataDir: string): Promise<ZaplogProcess> {
  const { simulator } = stage
  const launched = launchZaplog({
    dataDir,
    program: 'start',
    env: { WHATSAPP_URL: simulator.url, WHATSAPP_CDN_URL: simulator.cdnUrl },
  })
  onTestFinished(launched.killEverything)
  return launched.listening
}

const delivered = ({ receiver }: Stage, talk: Conversation) =>
  untilDelivered(
    receiver,
    talk.sent.map(one => one.messageId),
  )

async function reply(zaplog: ZaplogProcess, { contacts: [contact] }: Conversation): Promise<void> {
  const body = { kind: 'text', chatId: contact?.lidJid, text: 'an answer' }
  const { body: made } = await zaplog.call('POST', `/v1/instances/${INSTANCE}/messages`, body)
  await until('it to be sent', async () => {
    const { body: seen } = await zaplog.call('GET', `/v1/instances/${INSTANCE}/commands/${made.commandId}`)
    return seen.state === 'completed'
  })
}

test(
  '[B2] [B7] [H9] a database whose registry, or whose log, was lost or is of an older backup is refused before anything is made there',
  TIMEOUT,
  async () => {
    const stage = await external.openStage({ program: 'start' })
    onTestFinished(stage.close)
    const talk = openConversation(stage, { chats: 4 })
    await talk.write(8)
    await delivered(stage, talk)
    expect(await stage.zaplog().stop()).toBe(0)
    const asked: string[] = []
    const empty = await openLoopbackServer((request, response) => {
      asked.push(`${request.method} ${request.url?.replace(/\d+$/, 'N')}`)
      response.writeHead(404, { 'content-type': 'application/json' }).end('{"error_code":40403,"message":"Schema not found"}')
    })
    const lost = await refusal({ dataDir: stage.dataDir, env: { ...stage.ground.env, SCHEMA_REGISTRY_URL: empty.url } })
    expect(lost.exitCode, lost.said).toBe(exitCodes.configuration)
    expect(lost.said).toMatch(/records were written with \S+ as schema \d+, and the registry has nothing under that id/)
    expect(asked).toEqual(['GET /schemas/ids/N'])

    const { KAFKA_BROKERS: brokers = '', TOPIC_PREFIX: prefix = '' } = stage.ground.env
    await asAdmin({ brokers }, async admin => {
      const topics = (await admin.listTopics()).filter(topic => topic.startsWith(prefix))
      await admin.deleteTopics({ topics })
    })
    const { exitCode, said } = await refusal({ dataDir: stage.dataDir, env: { ...stage.ground.env, LOG_LEVEL: 'error' } })
    expect(exitCode, said).toBe(exitCodes.configuration)
    expect(said).toContain('the log ends before what this database has read of it')
    expect(said).toMatch(/ends at 0, \S+ is at \d+/)
  },
)
