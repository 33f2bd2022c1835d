// Guarantee: what WhatsApp delivers again, to a running zaplog or to one started anew, changes nothing: no second webhook, no second row.
import { expect, test } from 'vitest'
import { openConversation } from '../ground/scenarios/conversation.ts'
import { expectReadModel } from '../ground/scenarios/expect-read-model.ts'
import { onEachSetup } from '../ground/scenarios/setups.ts'
import { expectOnceInOrder, type Stage, untilDelivered } from '../ground/scenarios/stage.ts'
import { until } from '../ground/until.ts'

const CHATS = 5
const MESSAGES = 200

onEachSetup(setup => {
  test('[B3] [E4] 200 messages redelivered while live and after a restart are one webhook and one row each', async () => {
    const stage = await setup.openStage()
    try {
      const { device, receiver } = stage
      const talk = openConversation(stage, { chats: CHATS })
      await talk.write(MESSAGES / 2)
      // The first half again while much of it is still on its way in.
      const first = talk.sent.map(one => one.messageId)
      expect(device.redeliver(first)).toBe(MESSAGES / 2)
      await talk.write(MESSAGES / 2)
      const ids = talk.sent.map(one => one.messageId)
      await untilDelivered(receiver, ids)
      await untilSettled(stage)

      expect(device.redeliver(ids)).toBeGreaterThanOrEqual(MESSAGES)
      await untilSettled(stage)

      expect(await stage.zaplog().stop()).toBe(0)
      expect(device.redeliver(ids)).toBeGreaterThanOrEqual(MESSAGES)
      await stage.restart()
      await untilSettled(stage)

      // What comes after all those copies has no copy behind it that could still arrive.
      const last = await talk.write(CHATS)
      await untilDelivered(
        receiver,
        last.map(one => one.messageId),
      )
      expectOnceInOrder(receiver, talk.sent)
      expect(receiver.attempts.filter(one => one.copy > 1)).toEqual([])
      expect(receiver.attempts.map(one => one.body.type).filter(type => type !== 'message.received')).toEqual([])
      await expectReadModel(stage.zaplog(), talk.sent)
    } finally {
      await stage.close()
    }
  })
})

const untilSettled = ({ device }: Stage) => until('WhatsApp to be told of every copy', () => device.pending().length === 0)
