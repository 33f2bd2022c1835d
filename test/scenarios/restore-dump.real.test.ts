// Guarantee: what pg_dump kept of a running zaplog goes on in an empty database beside the Kafka that went on meanwhile: whatever was asked for before
// or after is done once.
import { join } from 'node:path'
import pg from 'pg'
import { describe, expect, onTestFinished, test } from 'vitest'
import { dumpDatabase, restoreDatabase } from '../../infra/services/postgres-tools.ts'
import { runsHere } from '../ground/runs-here.ts'
import { unpaced } from '../ground/scenarios/command-layouts.ts'
import { openConversation } from '../ground/scenarios/conversation.ts'
import { external } from '../ground/scenarios/setups.ts'
import { INSTANCE, PHONE, type Stage, untilDelivered } from '../ground/scenarios/stage.ts'
import { launchZaplog, makeDataDir, type ZaplogProcess } from '../ground/scenarios/zaplog-process.ts'
import { until } from '../ground/until.ts'

const partsHere = await runsHere('kafka', 'registry', 's3', 'postgres-tools')

describe.runIf(partsHere)('a dump of a running zaplog', () => {
  test('[H9] [F1] goes on in an empty database behind its log, and does nothing twice', { timeout: 240_000 }, async () => {
    const stage = await external.openStage({ program: 'start', env: unpaced })
    onTestFinished(stage.close)
    const { device, simulator } = stage
    const talk = openConversation(stage, { chats: 2 })
    const [contact] = talk.contacts
    const asking = (zaplog: ZaplogProcess) => ({
      text: (says: string) => ask(zaplog, 'messages', { kind: 'text', chatId: contact?.lidJid, text: says }),
      group: (subject: string) => ask(zaplog, 'groups', { subject, participants: [contact?.pn] }),
    })
    const before = asking(stage.zaplog())
    await talk.write(4)
    const done = [await before.text('done before'), await before.group('Done before')]
    await untilCompleted(stage.zaplog(), done)

    await goAway(stage)
    const waiting = [await before.text('waiting then'), await before.group('Waiting then')]
    const kept = makeDataDir()
    onTestFinished(kept.remove)
    await dumpDatabase(stage.ground.env.DATABASE_URL ?? '', join(kept.path, 'zaplog.dump'))

    device.refuseLogin(null)
    const after = [await before.text('asked for after'), await before.group('Asked for after')]
    await talk.write(4)
    await untilCompleted(stage.zaplog(), [...waiting, ...after])
    await untilDelivered(stage.receiver, idsOf(talk.sent))
    await goAway(stage)
    const left = await before.text('never tried')
    await stage.kill()

    const restored = await start(stage, { dataDir: kept.path, dump: join(kept.path, 'zaplog.dump') })
    device.refuseLogin(null)
    const said = [...done, ...waiting, ...after, left]
    await untilCompleted(restored, said)
    const now = await asking(restored).text('asked for now')
    await untilCompleted(restored, [now])
    await talk.write(2)
    await untilDelivered(stage.receiver, idsOf(talk.sent))

    const messages = [...said, now].flatMap(({ messageId }) => messageId ?? [])
    expect(device.shown().map(one => one.messageId)).toEqual(messages)
    expect(device.conflicts()).toEqual([])
    expect(
      device
        .stanzasSent()
        .filter(one => messages.includes(one.messageId))
        .map(one => one.count),
    ).toEqual(messages.map(() => 1))
    expect(simulator.groupsOf(PHONE).map(group => group.subject)).toEqual(['Done before', 'Waiting then', 'Asked for after'])
  })
})

type Asked = { commandId: string; messageId: string | null }

async function ask(zaplog: ZaplogProcess, what: string, body: object): Promise<Asked> {
  const { status, body: made } = await zaplog.call('POST', `/v1/instances/${INSTANCE}/${what}`, body)
  expect(status, JSON.stringify(made)).toBe(202)
  return { commandId: String(made.commandId), messageId: typeof made.messageId === 'string' ? made.messageId : null }
}

const untilCompleted = async (zaplog: ZaplogProcess, asked: readonly Asked[]): Promise<void> => {
  for (const { commandId } of asked)
    await until('it to be completed', async () => {
      const { body } = await zaplog.call('GET', `/v1/instances/${INSTANCE}/commands/${commandId}`)
      return body.state === 'completed'
    })
}

/** Until it is let in again. */
async function goAway({ device }: Stage): Promise<void> {
  device.refuseLogin(503)
  device.drop()
  await until('the account to be away', () => !device.isOnline())
}

const idsOf = (sent: readonly { messageId: string }[]) => sent.map(one => one.messageId)

/** In an empty database of the same server. */
async function start({ ground, simulator }: Stage, { dataDir, dump }: { dataDir: string; dump: string }): Promise<ZaplogProcess> {
  const url = new URL(ground.env.DATABASE_URL ?? '')
  const client = new pg.Client({ connectionString: url.href })
  await client.connect()
  await client.query('create database restored')
  await client.end()
  url.pathname = '/restored'
  await restoreDatabase(dump, url.href)
  const env = { ...ground.env, ...unpaced, DATABASE_URL: url.href }
  const launched = launchZaplog({
    dataDir,
    program: 'start',
    env: { ...env, WHATSAPP_URL: simulator.url, WHATSAPP_CDN_URL: simulator.cdnUrl },
  })
  onTestFinished(launched.kill)
  return launched.listening
}
