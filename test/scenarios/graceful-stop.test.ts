// Guarantee: SIGTERM in the middle of a conversation ends in time with exit code 0; what follows is as if it had never been stopped.
import { expect, test } from 'vitest'
import { until } from '../until.ts'
import { openConversation } from './conversation.ts'
import { expectReadModel } from './expect-read-model.ts'
import { postmasterOf } from './its-postgres.ts'
import { onEachLane } from './lanes.ts'
import { expectOnceInOrder, untilDelivered } from './stage.ts'
import { launchZaplog, makeDataDir } from './zaplog-process.ts'

const CHATS = 5
const MESSAGES = 200
/** Long enough for every lane to have an attempt on its way when the signal comes. */
const ANSWER_MS = 40
const STOP_WITHIN_MS = 25_000

onEachLane(lane => {
  test('[H6] SIGTERM in the middle of 200 messages loses nothing and repeats nothing', async ({ annotate }) => {
    const stage = await lane.openStage({ program: 'start', respond: () => ({ delayMs: ANSWER_MS }) })
    try {
      const { device, receiver } = stage
      const talk = openConversation(stage, { chats: CHATS })
      const writing = talk.write(MESSAGES)
      await until('a quarter to be delivered', () => receiver.accepted.length >= MESSAGES / 4)
      const stoppedAt = Date.now()
      expect(await stage.zaplog().stop(), stage.zaplog().errors()).toBe(0)
      const stopMs = Date.now() - stoppedAt
      expect(stopMs).toBeLessThan(STOP_WITHIN_MS)
      await writing
      const deliveredBefore = receiver.accepted.length
      expect(deliveredBefore, 'the stop must come in the middle').toBeLessThan(MESSAGES)

      await stage.restart()
      await untilDelivered(
        receiver,
        talk.sent.map(one => one.messageId),
      )
      await until('WhatsApp to have every receipt', () => device.pending().length === 0)
      expectOnceInOrder(receiver, talk.sent)
      await expectReadModel(stage.zaplog(), talk.sent)
      expect(receiver.attempts.filter(one => one.copy > 1)).toEqual([])
      // Whatever had entered the log was acknowledged before the end: none was taken in, then delivered to us again.
      const messages = device.settled().filter(one => one.tag === 'message')
      expect(messages.map(one => one.how).filter(how => !how.startsWith('receipt'))).toEqual([])
      expect(messages).toHaveLength(MESSAGES)
      await annotate(`stopped within ${stopMs} ms, after ${deliveredBefore} of ${MESSAGES} were delivered`)
    } finally {
      await stage.close()
    }
  })
})

test('[H6] SIGTERM on the way up is obeyed too, and leaves no Postgres behind', async () => {
  const dataDir = makeDataDir()
  const launched = launchZaplog({ dataDir: dataDir.path, program: 'start' })
  try {
    await until('Postgres to be on its way up', () => postmasterOf(dataDir.path) !== null)
    expect(await launched.stop(), launched.errors()).toBe(0)
    expect(postmasterOf(dataDir.path)).toBe(null)
  } finally {
    await launched.killEverything()
    dataDir.remove()
  }
})
