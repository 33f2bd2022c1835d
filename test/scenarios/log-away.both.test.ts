// Guarantee: while the log hangs or is dead nothing is acknowledged to WhatsApp; when it is back, everything is there, once and in order.
import { expect, test } from 'vitest'
import { openConversation } from '../ground/scenarios/conversation.ts'
import { expectReadModel } from '../ground/scenarios/expect-read-model.ts'
import { external, sideBySide } from '../ground/scenarios/setups.ts'
import { expectOnceInOrder, untilDelivered } from '../ground/scenarios/stage.ts'
import { expectNothingLostWithout } from '../ground/scenarios/twenty-seconds-away.ts'
import { until } from '../ground/until.ts'

const CHATS = 3
const MESSAGES = 60
const KILLS = 2
/** Sockets are closed sooner than by default: less to wait for. */
const env = { WHATSAPP_APPEND_TIMEOUT: '3s' }

sideBySide(setup => {
  test('[H4] [B2] [B3] the log, killed in the middle of a conversation, loses, doubles and reorders nothing', {
    timeout: 240_000,
  }, async () => {
    const stage = await setup.openStage({ ownLog: true, env })
    try {
      const { device, receiver, ground } = stage
      const talk = openConversation(stage, { chats: CHATS })
      for (let kill = 1; kill <= KILLS; kill++) {
        const arrivedBefore = receiver.accepted.length
        const writing = talk.write(MESSAGES)
        await until('some of it to arrive', () => receiver.accepted.length > arrivedBefore)
        await ground.log.kill()
        await writing
        const away = await talk.write(MESSAGES)
        if (setup === external) {
          // Nobody brings it back before we do.
          await until('the sockets to be closed', () => !device.isOnline())
          expect(device.pending()).toEqual(expect.arrayContaining(away.map(one => one.messageId)))
        }
        await ground.log.start()
        await untilDelivered(
          receiver,
          talk.sent.map(one => one.messageId),
        )
      }
      await until('WhatsApp to have every receipt', () => device.pending().length === 0)
      expectOnceInOrder(receiver, talk.sent)
      await expectReadModel(stage.zaplog(), talk.sent)
    } finally {
      await stage.close()
    }
  })

  // Where the log is in Postgres, this is the scenario of Postgres.
  if (setup === external)
    test('[B2] [B3] 20 s without Kafka acknowledge nothing and lose nothing of 200 messages', { timeout: 240_000 }, async () => {
      const stage = await setup.openStage({ ownLog: true })
      try {
        await expectNothingLostWithout(stage.ground.log, stage)
      } finally {
        await stage.close()
      }
    })
})
