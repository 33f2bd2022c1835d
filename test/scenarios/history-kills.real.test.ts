// Guarantee: twelve kill -9 at random instants while 5,000 messages of a phone's history are worked off leave no gap in it, and no webhook
// twice; the account goes on receiving meanwhile.
import { expect, test } from 'vitest'
import { openConversation } from '../ground/scenarios/conversation.ts'
import { listMessages } from '../ground/scenarios/expect-read-model.ts'
import {
  deliveredHistory,
  expectEachOnce,
  historyEvents,
  idsOf,
  readHistory,
  statusIdsOf,
  untilDone,
} from '../ground/scenarios/history-seen.ts'
import { seeded } from '../ground/scenarios/seeded.ts'
import { sideBySide } from '../ground/scenarios/setups.ts'
import { untilDelivered } from '../ground/scenarios/stage.ts'
import { until } from '../ground/until.ts'

const KILLS = 4
const MESSAGES = 3_000
const CHUNKS = 5
const STATUSES = 3
const PARTS = CHUNKS + 3
const LIVE_A_TIME = 3
const SEED = 20261129
/** Every second life is counted from its first instant, as a start has to survive death too. */
const LIFE_FROM_START_MS = 2_500
const LIFE_AT_WORK_MS = 1_000
/** Worked off, and its webhooks, on two cores. */
const ALL_WITHIN_MS = 240_000

sideBySide(setup => {
  test('[B6] [B2] [B3] [E4] four kill -9 lose and double nothing of a history, and the account goes on receiving', {
    timeout: 600_000,
  }, async ({ annotate }) => {
    const random = seeded(SEED)
    const endpoint = { eventTypes: ['message.received', 'message.history'] }
    const stage = await setup.openStage({ settings: { historySync: true }, endpoint, shortSessions: true })
    try {
      const talk = openConversation(stage, { chats: 3 })
      const shared = await stage.device.shareHistory({ messages: MESSAGES, chunks: CHUNKS, overlap: 50, statuses: STATUSES })
      for (let kill = 1; kill <= KILLS; kill++) {
        await talk.write(LIVE_A_TIME)
        await instant(random() * (kill % 2 === 0 ? LIFE_AT_WORK_MS : LIFE_FROM_START_MS))
        await (kill % 4 === 0 ? stage.killEverything() : stage.kill())
        const life = stage.launch()
        if (kill % 2 === 1) await life.listening
      }
      await stage.kill()
      await stage.restart()

      await talk.write(LIVE_A_TIME)
      await untilDone(stage, PARTS, ALL_WITHIN_MS)
      const ids = [...idsOf(shared), ...statusIdsOf(shared, STATUSES)]
      const copies = expectEachOnce(await historyEvents(stage), ids)
      await until('WhatsApp to have every receipt', () => stage.device.pending().length === 0)
      const liveIds = talk.sent.map(one => one.messageId)
      await untilDelivered(stage.receiver, [...ids, ...liveIds], ALL_WITHIN_MS)
      expect(deliveredHistory(stage.receiver).toSorted()).toEqual(ids.toSorted())
      expect(stage.receiver.refused).toEqual([])
      const all = [...ids, ...liveIds].toSorted()
      // Webhooks may be ahead of the rows.
      await until('as many rows', async () => (await listMessages(stage.zaplog())).length >= all.length, ALL_WITHIN_MS)
      expect((await listMessages(stage.zaplog())).map(row => row.messageId).toSorted()).toEqual(all)
      expect((await readHistory(stage)).parts.filter(part => part.reason !== null)).toEqual([])
      await annotate(`${copies} copies of ${MESSAGES} messages after ${KILLS} kills`)
    } finally {
      await stage.close()
    }
  })
})

/** When death comes: the one thing here that is meant to depend on the clock. */
const instant = (afterMs: number) => new Promise(resolve => setTimeout(resolve, afterMs))
