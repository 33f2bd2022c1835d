// Guarantee: a chat stays in the order it was written in, across a reconnection and over a key store that answers unevenly; and in a replay that is
// killed in its middle.
import { expect, test } from 'vitest'
import { openConversation, type Sent } from '../ground/scenarios/conversation.ts'
import { expectReadModel } from '../ground/scenarios/expect-read-model.ts'
import { expectReplayOverAKill } from '../ground/scenarios/replay-over-a-kill.ts'
import { onEachSetup } from '../ground/scenarios/setups.ts'
import { expectOnceInOrder, type Stage, untilDelivered } from '../ground/scenarios/stage.ts'
import { until } from '../ground/until.ts'

/** Every read and write of Signal keys waits a random while: where one message overtakes another, it is here. */
const slow = { contains: 'auth_keys', maxDelayMs: 6, seed: 20260107 }
const OFFLINE = 20
const LIVE = 3
const BURSTS = 5
const REPLAYED = 12
/** Who takes it over waits until the lease of the dead one has run out. */
const TAKEN_OVER_WITHIN_MS = 180_000

onEachSetup(setup => {
  test('[B2] [B4] 20 messages that waited at WhatsApp come before the 3 that follow them live', async () => {
    const stage = await setup.openStage({ slow })
    try {
      const { device } = stage
      const talk = openConversation(stage, { chats: 1 })
      await talk.write(1)
      await until('the first to be settled', () => device.pending().length === 0)
      device.drop()
      await until('the companion to be away', () => !device.isOnline())
      await talk.write(OFFLINE)
      expect(device.pending()).toHaveLength(OFFLINE)
      await until('the companion to be back', () => device.isOnline())
      await talk.write(LIVE)
      expect(device.pending().length, 'the live ones must meet offline ones that are still on their way').toBeGreaterThan(LIVE)
      await expectAll(stage, talk.sent)
    } finally {
      await stage.close()
    }
  })

  test('[B2] [B4] bursts of 20 from contacts never seen before arrive in order', async () => {
    const stage = await setup.openStage({ slow })
    try {
      const sent: Sent[] = []
      for (let burst = 0; burst < BURSTS; burst++) {
        const talk = openConversation(stage, { chats: 1, first: 20 + burst })
        sent.push(...(await talk.write(OFFLINE)))
      }
      await expectAll(stage, sent)
    } finally {
      await stage.close()
    }
  })

  test('[G1] [B4] what came is replayed in its order over a kill -9, each record once, and its topics are deleted', {
    timeout: TAKEN_OVER_WITHIN_MS,
  }, async () => {
    const stage = await setup.openStage()
    try {
      const { sent, write } = openConversation(stage, { chats: 2 })
      await write(REPLAYED)
      const delivered = () =>
        untilDelivered(
          stage.receiver,
          sent.map(one => one.messageId),
        )
      await delivered()
      await expectReplayOverAKill(stage, async () => {
        await write(LIVE)
        await delivered()
      })
    } finally {
      await stage.close()
    }
  })
})

async function expectAll(stage: Stage, sent: readonly Sent[]): Promise<void> {
  await untilDelivered(
    stage.receiver,
    sent.map(one => one.messageId),
  )
  await until('WhatsApp to have every receipt', () => stage.device.pending().length === 0)
  expectOnceInOrder(stage.receiver, sent)
  await expectReadModel(stage.zaplog(), sent)
}
