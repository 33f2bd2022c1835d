// Guarantee: twenty kill -9 at random instants of a conversation, of zaplog alone, with its Postgres, or with its log too, lose, double
// and reorder nothing.
import { expect, test } from 'vitest'
import { openConversation } from '../ground/scenarios/conversation.ts'
import { expectReadModel } from '../ground/scenarios/expect-read-model.ts'
import { seeded } from '../ground/scenarios/seeded.ts'
import { sideBySide } from '../ground/scenarios/setups.ts'
import { expectOnceInOrder, type Stage, untilDelivered } from '../ground/scenarios/stage.ts'
import { until } from '../ground/until.ts'

const KILLS = 12
const CHATS = 5
/** So many wait at WhatsApp when zaplog starts, and as many come while it works. */
const MESSAGES_A_TIME = 8
const SEED = 20260104
/** Every second life is counted from its first instant: a start takes about as long, and recovery has to survive death too. */
const LIFE_FROM_START_MS = 2_000
const LIFE_AT_WORK_MS = 1_200

sideBySide(setup => {
  test('[B2] [B3] [D2] [E4] 12 kill -9 at random instants lose, double and reorder nothing', { timeout: 400_000 }, async ({
    annotate,
  }) => {
    const random = seeded(SEED)
    const stage = await setup.openStage({ ownLog: true, shortSessions: true })
    try {
      const talk = openConversation(stage, { chats: CHATS })
      await stage.zaplog().kill()
      for (let kill = 1; kill <= KILLS; kill++) {
        const life = stage.launch()
        if (kill % 2 === 0) await life.listening
        await talk.write(MESSAGES_A_TIME)
        await Promise.all([
          talk.write(MESSAGES_A_TIME),
          instant(random() * (kill % 2 === 0 ? LIFE_AT_WORK_MS : LIFE_FROM_START_MS)),
        ])
        await die(stage, kill)
      }

      await stage.restart()
      await talk.write(MESSAGES_A_TIME)
      await untilDelivered(
        stage.receiver,
        talk.sent.map(one => one.messageId),
      )
      await until('WhatsApp to have every receipt', () => stage.device.pending().length === 0)
      expectOnceInOrder(stage.receiver, talk.sent)
      expect(stage.receiver.accepted.filter(one => one.body.type === 'message.undecryptable')).toEqual([])
      await expectReadModel(stage.zaplog(), talk.sent)

      const repeated = stage.receiver.attempts.filter(one => one.copy > 1).length
      await annotate(`${talk.sent.length} messages, ${KILLS} kills, ${repeated} repeated attempts`)
    } finally {
      await stage.close()
    }
  })
})

/** Half of the kills take Postgres along; every fifth the log, which dies first, in the middle of whatever zaplog asks of it. */
async function die(stage: Stage, kill: number): Promise<void> {
  const takesLog = kill % 5 === 0
  if (takesLog) await stage.ground.log.kill()
  await (kill % 4 < 2 ? stage.killEverything() : stage.kill())
  if (takesLog) await stage.ground.log.start()
}

/** When death comes: the one thing here that is meant to depend on the clock. */
const instant = (afterMs: number) => new Promise(resolve => setTimeout(resolve, afterMs))
