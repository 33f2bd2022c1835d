// From events in the log to a client's receiver, through the projection runner and the bridge: held, ordered, signed, once.
import { afterAll, describe, expect, it } from 'vitest'
import type { Event } from '../../src/events/event.ts'
import { topicOfEvent } from '../../src/events/topics.ts'
import { openProjection } from '../../src/projections/runner.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'
import { listDeliveries } from '../../src/webhooks/bridge/queries.ts'
import { webhookStream } from '../../src/webhooks/stream/webhook-stream.ts'
import { anEvent, somebodyElse } from '../ground/events.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { makeCheckpoints } from '../ground/projections/make-checkpoints.ts'
import { openReceiver } from '../ground/receiver.ts'
import { until } from '../ground/until.ts'
import { openBridge } from '../ground/webhooks/open-bridge.ts'
import { anImage, never, stored } from '../ground/webhooks/open-stream.ts'

const logger = collectLogLines()
const bridge = await openBridge('events to receiver', logger)
const receiver = await openReceiver()
const partitions = 4
await makeCheckpoints(bridge.database, webhookStream, partitions)
const openStream = () =>
  openProjection(
    { ...bridge, consumerGroup: name => `zaplog.${name}`, partitions, logger, metrics: createMetrics({ processMetrics: false }) },
    webhookStream,
  )
let stream = openStream()
const role = bridge.start()
afterAll(async () => {
  await stream.close()
  await role.close()
  await receiver.close()
  await bridge.close()
})

const append = async (...events: readonly Event[]) => {
  for (const event of events)
    await bridge.log.append({ topic: bridge.topic(topicOfEvent(event)), records: [bridge.codec.encode(event)] }, never)
}

describe('from the log to the receiver', () => {
  it('[E2] [E3] [E4] media is waited for, the chat keeps its order, others go on, and copies change nothing', async () => {
    const endpoint = await bridge.endpoint(receiver.url, { eventTypes: ['message.*'], holdMedia: 900 })
    receiver.trust(endpoint.secret)
    const [image, after] = [anImage({ raw: Buffer.from('raw') }), anEvent('message.received')]
    const elsewhere = anEvent('message.received', { chatId: somebodyElse.lid, chatPn: somebodyElse.pn })
    await append(image, after, elsewhere, image)
    await until('the other chat goes on', () => receiver.accepted.length === 1)
    // Another owner takes over what is held.
    await stream.close()
    stream = openStream()
    await append(stored(image, { thumbnailKey: 'k_thumb.jpg' }), after)
    await until('all arrived', () => receiver.accepted.length === 3)
    expect(receiver.accepted.map(one => one.body.data.eventId)).toEqual([elsewhere.eventId, image.eventId, after.eventId])
    expect(receiver.accepted[1]?.body.data.media).toEqual({
      status: 'stored',
      url: `https://zaplog.example/m/${image.eventId}/file`,
      mimetype: 'image/jpeg',
      sizeBytes: 1000,
      sha256: 'aa',
      thumbnailUrl: `https://zaplog.example/m/${image.eventId}/thumbnail`,
    })
    expect(receiver.refused).toEqual([])
    expect(receiver.attempts).toHaveLength(3)
    await bridge.untilStates('all on record', states => states.length === 3 && states.every(state => state === 'delivered'))
    expect((await listDeliveries(bridge.database, { eventId: image.eventId, limit: 10 })).data).toHaveLength(1)
  })

  it('[E2] a hold that ends by the clock goes out pending, through the runner’s timer', async () => {
    const image = anImage()
    await append(image)
    await bridge.untilStates('held', states => states.includes('held'))
    await bridge.database.query('update webhook_held set due_at = now()')
    await until('it arrived', () => receiver.accepted.length === 4)
    expect(receiver.accepted[3]?.body.data).toMatchObject({ eventId: image.eventId, media: { status: 'pending' } })
    const outcome = stored(image)
    await append(outcome)
    await until('the update arrived', () => receiver.accepted.length === 5)
    expect(receiver.accepted[4]).toMatchObject({
      body: { type: 'media.updated', data: { eventId: outcome.eventId, media: { status: 'stored' } } },
    })
  })
})
