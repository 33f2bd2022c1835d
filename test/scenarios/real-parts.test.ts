// Guarantee: on Kafka, a registry server, an external Postgres and S3 the same zaplog loses, doubles and reorders nothing when it, or Kafka, is killed.
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestDatabase } from '../database.ts'
import { until } from '../until.ts'
import { openConversation } from './conversation.ts'
import { expectReadModel } from './expect-read-model.ts'
import { openRealParts, type RealParts, realPartsRunHere } from './real-parts.ts'
import { expectOnceInOrder, openStage, untilDelivered } from './stage.ts'

const START_MS = 300_000 // the first run of a machine fetches them

describe.runIf(await realPartsRunHere())('on Kafka, a registry and S3', () => {
  let parts: RealParts
  beforeAll(async () => {
    parts = await openRealParts()
  }, START_MS)
  afterAll(() => parts.close())

  test('[H4] [B2] [B3] [E4] kill -9 of zaplog in the middle of a conversation changes nothing', async () => {
    const { stage, close } = await openStageOn(parts, 'killed')
    try {
      const conversation = openConversation(stage, { chats: 3 })
      await conversation.write(30)
      await until('some of it to arrive', () => stage.receiver.accepted.length >= 6)
      await stage.zaplog().kill()
      await conversation.write(15)
      await stage.restart()
      await conversation.write(15)
      await untilDelivered(
        stage.receiver,
        conversation.sent.map(one => one.messageId),
      )
      await until('WhatsApp to have every receipt', () => stage.device.pending().length === 0)
      expectOnceInOrder(stage.receiver, conversation.sent)
      await expectReadModel(stage.zaplog(), conversation.sent)
    } finally {
      await close()
    }
  }, 120_000)

  test('[H4] [B2] while Kafka is killed nothing is acknowledged, and afterwards everything is there once, in order', async () => {
    const { stage, close } = await openStageOn(parts, 'away')
    try {
      const conversation = openConversation(stage, { chats: 3 })
      await conversation.write(12)
      await untilDelivered(
        stage.receiver,
        conversation.sent.map(one => one.messageId),
      )
      await until('WhatsApp to have every receipt', () => stage.device.pending().length === 0)

      await parts.kafka.kill()
      const away = await conversation.write(30)
      await until('the sockets to be closed', () => !stage.device.isOnline())
      expect(stage.device.pending()).toEqual(away.map(one => one.messageId))

      await parts.kafka.restart()
      await untilDelivered(
        stage.receiver,
        conversation.sent.map(one => one.messageId),
        90_000,
      )
      expectOnceInOrder(stage.receiver, conversation.sent)
      await expectReadModel(stage.zaplog(), conversation.sent)
    } finally {
      await close()
    }
  }, 180_000)
})

/** Topics, groups and a database of its own. */
async function openStageOn(parts: RealParts, name: string) {
  const database = await openTestDatabase(name, { empty: true })
  const stage = await openStage({
    env: {
      ...parts.env,
      TOPIC_PREFIX: `${name}.`,
      GROUP_PREFIX: `${name}.`,
      DATABASE_URL: database.url,
      ADMIN_API_KEY: randomBytes(24).toString('base64url'),
      ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    },
  })
  return {
    stage,
    close: async () => {
      await stage.close()
      await database.close()
    },
  }
}
