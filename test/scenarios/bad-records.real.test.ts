// Guarantee: a record that does not decode stops its own key and nothing else, is named where operators look, and is kept; one too large is kept whole elsewhere.
import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { text } from '../../simulator/accounts/content.ts'
import type { Event } from '../../src/events/event.ts'
import type { ObjectStore } from '../../src/objects/objects.ts'
import { openConversation } from '../ground/scenarios/conversation.ts'
import { expectReadModel } from '../ground/scenarios/expect-read-model.ts'
import type { ItsLog } from '../ground/scenarios/its-log.ts'
import { onEachSetup } from '../ground/scenarios/setups.ts'
import { expectOnceInOrder, untilDelivered } from '../ground/scenarios/stage.ts'
import { until } from '../ground/until.ts'

const never = new AbortController().signal
/** Every instance in one partition: whatever stops there would stop everybody. */
const env = { TOPIC_PARTITIONS: '1' }

onEachSetup(setup => {
  test('[B8] [D2] a record that does not decode leaves out its own key, is named in /health/ready, and neighbours go on', async () => {
    const stage = await setup.openStage({ env })
    const its = await stage.ground.openLog()
    try {
      const talk = openConversation(stage, { chats: 2 })
      await talk.write(4)
      const offset = await appendGarbage(its, 'ghost')
      await talk.write(6)
      const settled = async () => {
        await untilDelivered(
          stage.receiver,
          talk.sent.map(one => one.messageId),
        )
        expectOnceInOrder(stage.receiver, talk.sent)
        await expectReadModel(stage.zaplog(), talk.sent)
        await expectSaid(stage.zaplog().call, { key: 'ghost', offset })
      }
      await settled()
      const letter = await until('the record among the dead letters', async () =>
        (await its.records('dead-letters')).find(({ headers }) => headers['x-origin-offset'] === String(offset)),
      )
      expect(letter.key).toBe('ghost')
      expect(Buffer.from(letter.value ?? []).toString()).toBe('no Confluent frame')
      expect(letter.headers['x-origin-topic']).toBe(its.topic('events'))
      // Both come upon it, and the letter tells of one.
      expect(['download-media', 'history'].map(its.consumerGroup)).toContain(letter.headers['x-processor'])
      expect(letter.headers['x-error-message']).not.toBe('')

      // A restart does not help, and does no harm.
      expect(await stage.zaplog().stop()).toBe(0)
      await stage.restart()
      await talk.write(4)
      await settled()
    } finally {
      await its.close()
      await stage.close()
    }
  })

  test('[B5] a message too large for a record is told without what does not fit, and its bytes are kept whole', async () => {
    const stage = await setup.openStage({ endpoint: { eventTypes: ['message.*', 'unknown'] } })
    const its = await stage.ground.openLog()
    try {
      const { device, receiver, simulator } = stage
      const ana = simulator.contact({ pn: '5511900000011' })
      const long = 'long '.repeat(200 * 1024)
      const longer = 'longer '.repeat(400 * 1024)
      const ids = [
        await device.send(ana, text('before')),
        await device.send(ana, text(long)),
        await device.send(ana, text(longer)),
        await device.send(ana, text('after')),
      ]
      await untilDelivered(receiver, ids)
      expect(receiver.accepted.map(one => one.body.data.messageId)).toEqual(ids)
      expect(receiver.accepted.map(one => one.body.type)).toEqual([
        'message.received',
        'message.received',
        'unknown',
        'message.received',
      ])
      expect(receiver.accepted[1]?.body.data).toMatchObject({ kind: 'text', omitted: ['text'] })
      const [events, objects] = [await its.events('events'), await stage.ground.openObjects()]
      await expectKept(
        objects,
        events.find(event => event.messageId === ids[1]),
        long,
      )
      await expectKept(
        objects,
        events.find(event => event.messageId === ids[2]),
        longer,
      )
      await until('WhatsApp to have every receipt', () => device.pending().length === 0)
    } finally {
      await its.close()
      await stage.close()
    }
  })
})

/** Answers its offset. */
async function appendGarbage({ log, topic }: ItsLog, key: string): Promise<bigint> {
  const record = { key, value: Buffer.from('no Confluent frame'), headers: {}, recordedAt: Date.now() }
  const [position] = await log.append({ topic: topic('events'), records: [record] }, never)
  if (position === undefined) throw new Error('no position')
  return position.nextOffset - 1n
}

type Check = { name: string; state: string; detail: string }
type Call = (method: string, path: string) => Promise<{ status: number; body: Record<string, unknown> }>

/** Degraded, not failed: a restart would not help. */
async function expectSaid(call: Call, { key, offset }: { key: string; offset: bigint }): Promise<void> {
  const check = await until('the read model to say what it leaves out', async () => {
    const { status, body } = await call('GET', '/health/ready')
    const found = (body.checks as Check[]).find(one => one.name === 'projection read-model')
    return status === 200 && body.status === 'degraded' && found?.state === 'degraded' && found
  })
  expect(check.detail).toContain(key)
  expect(check.detail).toContain(`events offset ${offset}`)
  expect(await call('GET', '/health/live')).toMatchObject({ status: 200 })
}

async function expectKept(objects: ObjectStore, event: Event | undefined, body: string): Promise<void> {
  const { rawObject } = event ?? {}
  if (rawObject === null || rawObject === undefined) throw new Error(`expected the bytes of ${event?.type} in the object store`)
  const found = await objects.get({ key: rawObject.key }, never)
  if (found === null) throw new Error(`no object ${rawObject.key}`)
  const bytes = Buffer.concat(await Array.fromAsync(found.body))
  expect(bytes.length).toBe(rawObject.sizeBytes)
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(rawObject.sha256)
  expect(bytes.includes(body)).toBe(true)
}
