// Guarantee: a receiver that fails now and then gets everything, once in effect and in order, and dead receivers beside it delay nobody.
import { expect, test } from 'vitest'
import { openReceiver } from '../ground/receiver.ts'
import { openConversation } from '../ground/scenarios/conversation.ts'
import { expectReadModel } from '../ground/scenarios/expect-read-model.ts'
import { seeded } from '../ground/scenarios/seeded.ts'
import { onEachSetup } from '../ground/scenarios/setups.ts'
import { expectOnceInOrder, untilDelivered } from '../ground/scenarios/stage.ts'

const CHATS = 10
const MESSAGES = 300
const FAILING = 0.1
const SEED = 20260106
/** A silent receiver is given up after this. */
const env = { WEBHOOK_RETRY_DELAYS: '20ms,50ms,100ms,200ms,400ms,800ms', WEBHOOK_TIMEOUT: '30s' }

onEachSetup(setup => {
  test('[E3] [E4] [E5] 300 messages to a receiver that fails at random, beside two dead ones', async ({ annotate }) => {
    const random = seeded(SEED)
    const failed = { attempts: 0 }
    const beside = { attempts: 0 }
    const silent = await openReceiver({ respond: () => ({ stall: true }) })
    const respond = () => {
      if (silent.attempts.length > 0 && silent.cutConnections() === 0) beside.attempts++
      if (random() >= FAILING) return {}
      failed.attempts++
      return { status: 500 }
    }
    const gone = await openReceiver()
    await gone.close()
    const stage = await setup.openStage({ env, respond })
    try {
      const { receiver } = stage
      for (const url of [silent.url, gone.url])
        expect(await stage.zaplog().call('POST', '/v1/endpoints', { url, eventTypes: ['message.*'] })).toMatchObject({
          status: 201,
        })
      const talk = openConversation(stage, { chats: CHATS })
      await talk.write(MESSAGES)
      await untilDelivered(
        receiver,
        talk.sent.map(one => one.messageId),
      )
      // While the silent one was not given up a single time: whoever waits for it gets one of each chat, or what fits beside it, and no more.
      expect(beside.attempts).toBeGreaterThan(MESSAGES / 2)

      expectOnceInOrder(receiver, talk.sent)
      expect(failed.attempts).toBeGreaterThan(0)
      expect(receiver.attempts.length).toBe(MESSAGES + failed.attempts)
      expect(receiver.attempts.filter(one => one.skipped > 0)).toEqual([])
      await expectReadModel(stage.zaplog(), talk.sent)
      await annotate(`${MESSAGES} messages, ${failed.attempts} repeated attempts`)
    } finally {
      await stage.close()
      await silent.close()
    }
  })
})
