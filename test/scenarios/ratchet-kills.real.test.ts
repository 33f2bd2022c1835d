// Guarantee: ratchets are behind the log when zaplog dies, or loses its account to another zaplog, and nothing is lost, doubled, reordered or
// undecryptable for that.
import { expect, test } from 'vitest'
import { text } from '../../simulator/accounts/content.ts'
import { openSession } from '../../src/database/session.ts'
import { never } from '../../src/runtime/or-abort.ts'
import { type Conversation, openConversation } from '../ground/scenarios/conversation.ts'
import type { CrashPoint } from '../ground/scenarios/crash-plan.ts'
import { expectReadModel } from '../ground/scenarios/expect-read-model.ts'
import { databaseUrlOf } from '../ground/scenarios/its-postgres.ts'
import { embedded, onEachSetup } from '../ground/scenarios/setups.ts'
import { expectOnceInOrder, type Stage, untilDelivered } from '../ground/scenarios/stage.ts'
import { until } from '../ground/until.ts'

const CHATS = 3
const MESSAGES_A_TIME = 12

const keyWrites = 'insert into auth_keys'
const heldWrites: CrashPoint = { at: 'statement', when: 'held', contains: keyWrites }

const deaths: readonly { when: string; point: CrashPoint }[] = [
  { when: 'an append has begun', point: { at: 'append', when: 'before', topic: 'events', eventType: 'message.received' } },
  { when: 'an append is durable', point: { at: 'append', when: 'after', topic: 'events', eventType: 'message.received' } },
  { when: 'steps are about to be written', point: { at: 'statement', when: 'before', contains: keyWrites } },
  { when: 'steps have been written', point: { at: 'statement', when: 'committed', contains: keyWrites } },
]

onEachSetup(
  setup => {
    test.for(deaths)('[B2] [B3] [B8] kill -9 in a burst when $when, five times over, loses no message and no key', { timeout: 180_000 }, async ({
      point,
    }) => {
      const stage = await setup.openStage({ plan: { point, nth: 2 } })
      try {
        const talk = openTalk(stage)
        await talk.write(CHATS)
        await untilSettled(stage)
        for (let death = 1; death <= 5; death++) {
          stage.zaplog().arm()
          await talk.write(MESSAGES_A_TIME)
          await stage.zaplog().ended
          await (death < 5 ? stage.restart({ point, nth: 2 }) : stage.restart())
        }
        await expectAllWell(stage, talk)
      } finally {
        await stage.close()
      }
    })

    test('[B2] [B8] what WhatsApp was told of is in the log, and its sender is understood, though none of its steps was written', async () => {
      const stage = await setup.openStage({ plan: { point: heldWrites } })
      try {
        const talk = openTalk(stage)
        await talk.write(CHATS)
        await untilSettled(stage)
        for (const contact of talk.contacts) stage.device.establishSession(contact)
        stage.zaplog().arm()
        await talk.write(MESSAGES_A_TIME)
        await untilSettled(stage)
        const stranger = stage.simulator.contact({ pn: '5511900000077', name: 'New' })
        talk.note(await say(stage, stranger, 'for the first time'))
        await untilSettled(stage)
        await stage.kill()
        await talk.write(MESSAGES_A_TIME)
        talk.note(await say(stage, stranger, 'again'))
        await stage.restart()
        await expectAllWell(stage, talk)
      } finally {
        await stage.close()
      }
    })
  },
  [embedded],
)

const openTalk = (stage: Stage) => openConversation(stage, { chats: CHATS })

async function say({ device }: Stage, contact: Conversation['contacts'][number], body: string) {
  return { chat: contact.lidJid, messageId: await device.send(contact, text(body)), text: body }
}

const untilSettled = ({ device }: Stage) => until('WhatsApp to have every receipt', () => device.pending().length === 0)

/** Everybody writes once more: a key that was lost would tell only now. */
async function expectAllWell(stage: Stage, talk: Conversation): Promise<void> {
  await talk.write(CHATS)
  const ids = talk.sent.map(one => one.messageId)
  await untilDelivered(stage.receiver, ids)
  await untilSettled(stage)
  expectOnceInOrder(stage.receiver, talk.sent)
  expect(stage.receiver.accepted.filter(one => one.body.type === 'message.undecryptable')).toEqual([])
  await expectReadModel(stage.zaplog(), talk.sent)
}
