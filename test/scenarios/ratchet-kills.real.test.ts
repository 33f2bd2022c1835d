// Guarantee: ratchets are behind the log when zaplog dies, or loses its account to another zaplog, and nothing is lost, doubled, reordered or
// undecryptable for that.
import { randomBytes } from 'node:crypto'
import { expect, type TestContext, test } from 'vitest'
import type { Contact } from '../../simulator/accounts/accounts.ts'
import { text } from '../../simulator/accounts/content.ts'
import type { SendOptions } from '../../simulator/accounts/send-message.ts'
import { openSession } from '../../src/database/session.ts'
import { never } from '../../src/runtime/or-abort.ts'
import { type Conversation, openConversation } from '../ground/scenarios/conversation.ts'
import type { CrashPoint } from '../ground/scenarios/crash-plan.ts'
import { expectReadModel } from '../ground/scenarios/expect-read-model.ts'
import { databaseUrlOf } from '../ground/scenarios/its-postgres.ts'
import { freezeProcesses } from '../ground/scenarios/processes.ts'
import { embedded } from '../ground/scenarios/setups.ts'
import { expectOnceInOrder, INSTANCE, type Stage, type StageOptions, untilDelivered } from '../ground/scenarios/stage.ts'
import { launchZaplog, makeDataDir } from '../ground/scenarios/zaplog-process.ts'
import { until } from '../ground/until.ts'

const CHATS = 3
const MESSAGES_A_TIME = 12
const DEATHS = 2

const keyWrites = 'insert into auth_keys'
const heldWrites: CrashPoint = { at: 'statement', when: 'held', contains: keyWrites }

const deaths: readonly { when: string; point: CrashPoint }[] = [
  { when: 'an append has begun', point: { at: 'append', when: 'before', topic: 'events', eventType: 'message.received' } },
  { when: 'an append is durable', point: { at: 'append', when: 'after', topic: 'events', eventType: 'message.received' } },
  { when: 'steps are about to be written', point: { at: 'statement', when: 'before', contains: keyWrites } },
  { when: 'steps have been written', point: { at: 'statement', when: 'committed', contains: keyWrites } },
]

// Side by side, each on a stage of its own: they mostly wait.
test.concurrent.for(deaths)(
  '[B2] [B3] [B8] kill -9 in a burst when $when, again and again, loses no message and no key',
  {
    timeout: 360_000,
  },
  async ({ point }, context) => {
    const { stage, talk } = await openTalk(context, { plan: { point, nth: 2 } })
    for (let death = 1; death <= DEATHS; death++) {
      stage.zaplog().arm()
      await talk.write(MESSAGES_A_TIME)
      await stage.zaplog().ended
      await (death < DEATHS ? stage.restart({ point, nth: 2 }) : stage.restart())
    }
    await expectAllWell(stage, talk)
  },
)

test.concurrent('[B2] [B8] what WhatsApp was told of is in the log, and who wrote it is understood, though none of its steps was written', {
  timeout: 360_000,
}, async context => {
  const { stage, talk } = await openTalk(context, { plan: { point: heldWrites } })
  const stranger = stage.simulator.contact({ pn: '5511900000077', name: 'New' })
  stage.zaplog().arm()
  await talk.write(MESSAGES_A_TIME)
  await untilSettled(stage)
  // Whose identity nobody knew: that is durable before the receipt.
  const first = await say(stage, stranger, 'for the first time')
  talk.note(first)
  await untilDelivered(stage.receiver, [first.messageId])
  expect(stage.device.pending()).toEqual([first.messageId])
  await stage.kill()
  await talk.write(MESSAGES_A_TIME)
  talk.note(await say(stage, stranger, 'again'))
  await stage.restart()
  await expectAllWell(stage, talk)
})

test.concurrent('[B2] [B8] kill -9 with steps, another identity and another address of a sender unwritten loses no message and no key', {
  timeout: 360_000,
}, async context => {
  const { stage, talk } = await openTalk(context, { plan: { point: heldWrites } })
  const { simulator, receiver } = stage
  const [reinstalled] = talk.contacts
  if (reinstalled === undefined) throw new Error('nobody to install anew')
  const moved = simulator.contact({ pn: '5511900000078', name: 'Moved' })
  const fromNumber: SendOptions = { pnAddressed: true, attrs: { sender_lid: moved.lidJid } }
  stage.zaplog().arm()
  await talk.write(MESSAGES_A_TIME)
  await untilSettled(stage)
  simulator.reinstall(reinstalled)
  const waiting = [await say(stage, reinstalled, 'on a new phone'), await say(stage, moved, 'from my number', fromNumber)]
  for (const one of waiting) talk.note(one)
  await untilDelivered(receiver, [waiting[0]?.messageId ?? ''])
  expect(stage.device.pending()).toEqual(waiting.map(({ messageId }) => messageId))
  await stage.kill()
  await stage.restart()
  for (const contact of [reinstalled, moved]) talk.note(await say(stage, contact, 'and again'))
  await expectAllWell(stage, talk)
})

test.concurrent('[B2] [B8] kill -9 while Postgres is at a write of steps, which it finishes afterwards, loses no message and no key', {
  timeout: 360_000,
}, async context => {
  const { stage, talk } = await openTalk(context)
  const [holder, watcher] = await Promise.all(['holder', 'watcher'].map(name => openIts(context, stage, name)))
  if (holder === undefined || watcher === undefined) throw new Error('no sessions')
  const waitingWrites = async () =>
    (await watcher.query(`select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%${keyWrites}%'`)).length
  await holder.query('begin')
  // An owner's row that is held is passed over and tried again; a step's own row is waited for.
  await holder.query(`select 1 from auth_keys where instance_id = '${INSTANCE}' and type = 'session' for update`)
  await talk.write(MESSAGES_A_TIME)
  await until('a write of steps to wait in Postgres', async () => (await waitingWrites()) > 0)
  await untilSettled(stage)
  await stage.kill()
  await holder.query('rollback')
  await until('Postgres to be done with it', async () => (await waitingWrites()) === 0)
  await stage.restart()
  await expectAllWell(stage, talk)
})

test.concurrent('[A3] [B2] [B8] a zaplog that lost its account while its steps were unwritten leaves none of them to the next, which dies with its own', {
  timeout: 360_000,
}, async context => {
  const plan = { point: heldWrites }
  const env = { ENCRYPTION_KEY: randomBytes(32).toString('base64') }
  const { stage, talk } = await openTalk(context, { plan, env })
  const admin = await openIts(context, stage, 'admin')
  stage.zaplog().arm()
  const written = async () => (await admin.query('select 1 from appended_parts')).length
  await talk.write(MESSAGES_A_TIME)
  await untilSettled(stage)
  const frozen = await freezeProcesses('zaplog', [stage.zaplog().pid])
  expect(await written(), 'steps were unwritten').toBeLessThan(talk.sent.length)
  await admin.query(`select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and classid = ${0x7a61706c}`)

  const { path: dataDir, remove } = makeDataDir()
  const whatsapp = { WHATSAPP_URL: stage.simulator.url, WHATSAPP_CDN_URL: stage.simulator.cdnUrl }
  const next = launchZaplog({
    dataDir,
    plan,
    env: {
      ...env,
      ...whatsapp,
      DATABASE_URL: databaseUrlOf(stage.dataDir),
      ROLES: 'producers',
      ADMIN_API_KEY: randomBytes(24).toString('base64url'),
    },
  })
  context.onTestFinished(async () => {
    await next.kill()
    remove()
  })
  const nextZaplog = await next.listening
  await until('the next one to be logged in', stage.device.isOnline)
  await talk.write(MESSAGES_A_TIME)
  await untilSettled(stage)
  nextZaplog.arm()
  await talk.write(MESSAGES_A_TIME)
  await untilSettled(stage)
  frozen.thaw()
  await next.kill()
  await stage.kill()
  await stage.restart()
  await expectAllWell(stage, talk)
})

type Own = Pick<TestContext, 'onTestFinished'>

/** Everybody has written, and was understood. */
async function openTalk(context: Own, options: StageOptions = {}): Promise<{ stage: Stage; talk: Conversation }> {
  const stage = await embedded.openStage(options)
  context.onTestFinished(stage.close)
  const talk = openConversation(stage, { chats: CHATS })
  await talk.write(CHATS)
  await untilSettled(stage)
  for (const contact of talk.contacts) stage.device.establishSession(contact)
  return { stage, talk }
}

async function openIts({ onTestFinished }: Own, { dataDir }: Stage, name: string) {
  const session = await openSession({ url: databaseUrlOf(dataDir), applicationName: name, statementTimeoutMs: 60_000 }, never)
  onTestFinished(session.close)
  return session
}

async function say({ device }: Stage, contact: Contact, body: string, options: SendOptions = {}) {
  return { chat: contact.lidJid, messageId: await device.send(contact, text(body), options), text: body }
}

const untilSettled = ({ device }: Stage) => until('WhatsApp to have every receipt', () => device.pending().length === 0)

/** Everybody writes once more: a key that was lost would tell only now. */
async function expectAllWell(stage: Stage, talk: Conversation): Promise<void> {
  await talk.write(CHATS)
  await untilDelivered(
    stage.receiver,
    talk.sent.map(one => one.messageId),
  )
  await untilSettled(stage)
  expectOnceInOrder(stage.receiver, talk.sent)
  expect(stage.receiver.accepted.filter(one => one.body.type === 'message.undecryptable')).toEqual([])
  await expectReadModel(stage.zaplog(), talk.sent)
}
