// Guarantee: roles shared out over processes are one zaplog: what one writes the next goes on with, and each of them may be killed, stopped
// and started by itself while the others work.
import { describe, expect, test } from 'vitest'
import { image } from '../../simulator/media/media.ts'
import { sampleJpeg } from '../../simulator/media/sample-media.ts'
import { type Conversation, openConversation } from '../ground/scenarios/conversation.ts'
import { expectReadModel } from '../ground/scenarios/expect-read-model.ts'
import type { Ground } from '../ground/scenarios/ground.ts'
import { openRolesApart, type RolesApart, type Share, shares } from '../ground/scenarios/roles-apart.ts'
import { external, openSharedGround, sideBySide } from '../ground/scenarios/setups.ts'
import { expectOnceInOrder, untilDelivered } from '../ground/scenarios/stage.ts'
import { until } from '../ground/until.ts'

const CHATS = 3
const MESSAGES_A_TIME = 6

/** Kafka is one way to have a log that several processes reach; a Postgres of one's own is the other. */
const logs: readonly { log: string; env(ground: Ground): Record<string, string> }[] = [
  { log: 'Kafka', env: ({ env }) => env },
  {
    log: 'Postgres',
    env: ({ env: { KAFKA_BROKERS: _, SCHEMA_REGISTRY_URL: __, ...rest } }) => rest,
  },
]

sideBySide(() => {
  describe.each(logs)('with the log in $log', ({ env }) => {
    test('[H5] [D2] [E3] [H6] three processes with parts of the roles are one zaplog; one killed, then each stopped, lose and reorder nothing', {
      timeout: 360_000,
    }, async () => {
      const ground = await openSharedGround({ ownLog: false, prepareStore: null })
      const apart = await openRolesApart(ground, env(ground))
      try {
        const talk = openConversation(apart, { chats: CHATS })
        await talk.write(MESSAGES_A_TIME)
        await expectAllDelivered(apart, talk)
        await expectPicture(apart, talk)

        await goOnWithout(apart, talk, { share: 'processors,projections', end: apart.kill })
        expectOnceInOrder(apart.receiver, talk.sent)
        const repeatedBefore = repeated(apart)

        for (const share of shares) await goOnWithout(apart, talk, { share, end: share => expectStop(apart, share) })
        expect(repeated(apart), 'a stop repeats nothing').toBe(repeatedBefore)
        expectOnceInOrder(apart.receiver, talk.sent)
        expect(apart.receiver.accepted.filter(one => one.body.type === 'message.undecryptable')).toEqual([])
        await expectReadModel(apart.front(), talk.sent)
      } finally {
        await apart.close()
      }
    })
  })
}, [external])

/** What its contacts write while one process is gone is there once it is back. */
async function goOnWithout(
  apart: RolesApart,
  talk: Conversation,
  { share, end }: { share: Share; end(share: Share): Promise<void> },
): Promise<void> {
  await Promise.all([talk.write(MESSAGES_A_TIME), end(share)])
  await talk.write(MESSAGES_A_TIME)
  const missing = talk.sent.length - apart.receiver.accepted.length
  expect(missing, `what came since waits for ${share}`).toBeGreaterThanOrEqual(MESSAGES_A_TIME)
  await apart.start(share)
  await expectAllDelivered(apart, talk)
}

async function expectStop(apart: RolesApart, share: Share): Promise<void> {
  const { exitCode, said } = await apart.stop(share)
  expect(exitCode, said).toBe(0)
  expect(said, share).not.toContain('"level":50')
}

async function expectAllDelivered({ receiver, device }: RolesApart, { sent }: Conversation): Promise<void> {
  await untilDelivered(
    receiver,
    sent.map(one => one.messageId),
  )
  await until('WhatsApp to have every receipt', () => device.pending().length === 0)
}

/** Fetched and stored in one process, linked and served by another. */
async function expectPicture({ simulator, device, receiver }: RolesApart, talk: Conversation): Promise<void> {
  const bytes = await sampleJpeg()
  const [contact] = talk.contacts
  if (contact === undefined) throw new Error('nobody to send a picture')
  const messageId = await device.send(contact, image(simulator.cdn, { bytes, caption: 'look' }))
  talk.note({ chat: contact.lidJid, messageId, text: 'look' })
  const { body } = await until('the picture', () => receiver.accepted.find(one => one.body.data.messageId === messageId))
  expect(body.data.media).toMatchObject({ status: 'stored', mimetype: 'image/jpeg' })
  const file = await fetch((body.data.media as { url: string }).url)
  expect(file.status).toBe(200)
  expect(Buffer.from(await file.arrayBuffer()).equals(bytes)).toBe(true)
}

const repeated = ({ receiver }: RolesApart) => receiver.attempts.filter(one => one.copy > 1).length
