import fc from 'fast-check'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import type { Event } from '../../src/events/event.ts'
import { deleteEndpoint, patchEndpoint } from '../../src/webhooks/endpoints.ts'
import { aGroup, anEvent, somebody, somebodyElse } from '../events.ts'
import { anImage, expired, failed, never, openStream, stored } from './open-stream.ts'

const stream = await openStream('webhook stream')
afterAll(() => stream.close())
beforeEach(async () => {
  stream.released.length = 0
  await stream.database.query('delete from webhook_media')
  await stream.database.query(
    'truncate webhook_endpoints, webhook_endpoint_versions, webhook_secrets, webhook_lanes, webhook_held, webhook_media_early, webhook_deliveries cascade',
  )
})
const ids = (events: readonly Event[]) => events.map(event => event.eventId)
const releasedIds = () => stream.all().map(one => one.id)

describe('matching', () => {
  it('[E1] an endpoint gets its instances, types and chats, and each delivery names the version that matched', async () => {
    const endpoint = await stream.endpoint({
      instanceIds: ['shop'],
      eventTypes: ['message.*'],
      chats: { exclude: ['5511900000002'] },
    })
    const text = anEvent('message.received')
    await stream.feed(
      text,
      anEvent('message.received', { instanceId: 'office' }),
      anEvent('instance.state-changed'),
      anEvent('message.received', { chatId: somebodyElse.lid, chatPn: somebodyElse.pn }),
    )
    expect(stream.released).toMatchObject([
      { deliveryId: `${text.eventId}_${endpoint.id}`, endpointVersion: 1, webhookType: text.type },
    ])

    await patchEndpoint(stream.deps, endpoint.id, { chats: { exclude: null, include: ['5511900000002'] } }, never)
    const [other] = await stream.feed(
      anEvent('message.received', { chatId: somebodyElse.lid, chatPn: somebodyElse.pn }),
      anEvent('message.received'),
    )
    expect(stream.released.at(-1)).toMatchObject({ endpointVersion: 2 })
    expect(other?.data).toMatchObject({ chatId: somebodyElse.lid })
    expect(stream.released).toHaveLength(2)
  })

  it('[E1] a filter by phone number matches a chat known by its LID, once they were seen together', async () => {
    await stream.endpoint({ eventTypes: ['message.*'], chats: { include: ['5511900000001'] } })
    expect(await stream.feed(anEvent('message.received', { chatId: somebody.lid, chatPn: null }))).toEqual([])
    await stream.feed(anEvent('contact.updated'))
    expect(await stream.feed(anEvent('message.received', { chatId: somebody.lid, chatPn: null }))).toHaveLength(1)
  })

  it('[E1] omitted types are all but noise: no media.*, no unknown', async () => {
    await stream.endpoint({ holdMedia: 0 })
    const message = anImage()
    await stream.feed(anEvent('unknown'), anEvent('instance.paired'), message)
    await stream.feed(stored(message))
    expect(stream.all().map(one => one.type)).toEqual(['instance.paired', 'message.received', 'media.updated'])
  })

  it('[E6] a disabled endpoint goes on matching, a deleted one does not', async () => {
    const disabled = await stream.endpoint({ enabled: false })
    const deleted = await stream.endpoint()
    await deleteEndpoint(stream.deps, deleted.id)
    await stream.feed(anEvent('message.received'))
    expect(stream.released.map(one => one.endpointId)).toEqual([disabled.id])
  })
})

describe('lanes', () => {
  it('[E3] one lane per endpoint, instance and chat; groups by their JID, the rest in lane instance', async () => {
    const endpoint = await stream.endpoint({ eventTypes: ['*'] })
    await stream.feed(
      anEvent('message.received'),
      anEvent('message.received', { chatId: aGroup, chatPn: null, isGroup: true }),
      anEvent('contact.updated'),
      anEvent('instance.state-changed'),
    )
    expect(stream.released.map(one => one.lane)).toEqual(
      [somebody.lid, aGroup, somebody.lid, 'instance'].map(lane => `${endpoint.id}/shop/${lane}`),
    )
  })

  it('[E3] a chat stays in its lane when its LID becomes known, and an address never changes its lane', async () => {
    await stream.endpoint({ eventTypes: ['*'] })
    await stream.feed(anEvent('message.received', { chatId: somebody.pn, chatPn: somebody.pn }))
    await stream.feed(anEvent('message.received', { chatId: somebodyElse.lid, chatPn: null }))
    await stream.feed(anEvent('contact.updated'), anEvent('message.received'))
    await stream.feed(anEvent('message.received', { chatId: somebodyElse.pn, chatPn: somebodyElse.pn }))
    // Both of its addresses have lanes by now: each event goes by its own chatId.
    await stream.feed(anEvent('message.received', { chatId: somebodyElse.lid, chatPn: somebodyElse.pn }))
    expect(stream.all().map(one => one.lane)).toEqual([
      `shop/${somebody.pn}`,
      `shop/${somebodyElse.lid}`,
      `shop/${somebody.pn}`,
      `shop/${somebody.pn}`,
      `shop/${somebodyElse.pn}`,
      `shop/${somebodyElse.lid}`,
    ])
  })
})

describe('media', () => {
  it('[E2] a message is held until its media is stored, and its chat with it; other chats are not', async () => {
    await stream.endpoint()
    const [before, image, after] = [anEvent('message.received'), anImage(), anEvent('message.received')]
    const elsewhere = anEvent('message.received', { chatId: somebodyElse.lid, chatPn: somebodyElse.pn })
    await stream.feed(before, image, after, elsewhere)
    expect(releasedIds()).toEqual(ids([before, elsewhere]))
    await stream.feed(
      stored(image, { sizeBytes: 999, sha256: 'real', thumbnailKey: 'k_thumb.jpg', mimetype: 'image/png', width: 10 }),
    )
    expect(releasedIds()).toEqual(ids([before, elsewhere, image, after]))
    expect(stream.all()[2]?.data.media).toEqual({
      status: 'stored',
      mimetype: 'image/png',
      sizeBytes: 999,
      sha256: 'real',
      width: 10,
    })
    expect(stream.released[2]).toMatchObject({ mediaEventId: image.eventId, hasThumbnail: true })
    expect(await stream.feed(anEvent('message.received'))).toHaveLength(1)
  })

  it('[E2] a failure releases it with the reason, a policy as skipped', async () => {
    await stream.endpoint()
    const [gone, filtered] = [anImage(), anImage()]
    await stream.feed(gone, filtered)
    await stream.feed(failed(filtered, { stage: 'policy', reason: 'filtered-too-short' }))
    await stream.feed(failed(gone, { reason: 'gone' }))
    expect(stream.all().map(one => one.data.media)).toMatchObject([
      { status: 'failed', reason: 'gone' },
      { status: 'skipped', reason: 'filtered-too-short' },
    ])
  })

  it('[E2] past its deadline it goes out as pending, and media.updated follows', async () => {
    await stream.endpoint({ holdMedia: 60 })
    const [image, after] = [anImage(), anEvent('message.received')]
    await stream.feed(image, after)
    await stream.age(59)
    expect(await stream.tick()).toEqual([])
    await stream.age(1)
    expect(await stream.tick()).toMatchObject([{ id: image.eventId, status: 'pending' }, { id: after.eventId }])
    expect(await stream.tick()).toEqual([])
    const outcome = stored(image)
    const [update] = await stream.feed(outcome)
    expect(update).toMatchObject({ id: outcome.eventId, type: 'media.updated', status: 'stored', lane: `shop/${somebody.lid}` })
    expect(update?.data).toMatchObject({ eventId: outcome.eventId, messageId: image.messageId, chatId: somebody.lid })
  })

  it('[E2] until-settled waits as long as it takes', async () => {
    await stream.endpoint({ holdMedia: 'until-settled' })
    const image = anImage()
    await stream.feed(image)
    await stream.age(900_000)
    expect(await stream.tick()).toEqual([])
    expect(await stream.feed(failed(image))).toMatchObject([{ status: 'failed' }])
  })

  it('[E2] holdMedia 0 does not hold', async () => {
    await stream.endpoint({ holdMedia: 0 })
    const [image, after] = [anImage(), anEvent('message.received')]
    expect(await stream.feed(image, after)).toMatchObject([{ id: image.eventId, status: 'pending' }, { id: after.eventId }])
  })

  it('[E2] with mediaHoldsChat false later messages overtake at once, and the held one comes alone', async () => {
    await stream.endpoint({ mediaHoldsChat: false })
    const [image, after, second] = [anImage(), anEvent('message.received'), anImage()]
    await stream.feed(image, after, second)
    expect(releasedIds()).toEqual([after.eventId])
    await stream.feed(stored(second))
    await stream.feed(stored(image))
    expect(releasedIds()).toEqual(ids([after, second, image]))
    expect(stream.all()[2]?.sequence).toBe(image.sequence)
  })

  it('[E2] media.updated tells only what is greater: failed, stored, expired, then a later round', async () => {
    await stream.endpoint({ holdMedia: 0 })
    const image = anImage()
    await stream.feed(image)
    const outcomes = [
      failed(image),
      failed(image, { stage: 'store' }),
      stored(image),
      failed(image),
      expired(image),
      stored(image),
      failed(image, { round: 2 }),
      expired(image),
      stored(image, { round: 2 }),
    ]
    for (const outcome of outcomes) await stream.feed(outcome)
    expect(stream.all().map(one => one.status)).toEqual(['pending', 'failed', 'stored', 'expired', 'failed', 'stored'])
  })

  it('[E2] an outcome that comes before its message is kept, and the message goes out with it', async () => {
    await stream.endpoint()
    const [image, after] = [anImage(), anEvent('message.received')]
    expect(await stream.feed(stored(image))).toEqual([])
    expect(await stream.feed(image, after)).toMatchObject([{ id: image.eventId, status: 'stored' }, { id: after.eventId }])
  })

  it('[E2] what comes while a message waits behind another is in its first delivery', async () => {
    await stream.endpoint()
    const [first, second] = [anImage(), anImage()]
    await stream.feed(first, second)
    await stream.feed(failed(second))
    await stream.feed(stored(second))
    await stream.feed(stored(first))
    expect(stream.all().map(one => [one.id, one.status])).toEqual([
      [first.eventId, 'stored'],
      [second.eventId, 'stored'],
    ])
  })

  it('[E2] media.updated keeps its turn behind a held message of its chat', async () => {
    await stream.endpoint({ holdMedia: 60 })
    const [told, held] = [anImage(), anImage()]
    await stream.feed(told)
    await stream.age(60)
    await stream.tick()
    await stream.feed(held)
    const outcome = stored(told)
    expect(await stream.feed(outcome)).toEqual([])
    expect(await stream.feed(stored(held))).toMatchObject([{ id: held.eventId }, { id: outcome.eventId, type: 'media.updated' }])
  })

  it('[E4] a media event goes to an endpoint once: as media.updated where that is due, else as itself', async () => {
    await stream.endpoint({ eventTypes: ['*'] })
    const [held, told] = [anImage(), anImage({ chatId: somebodyElse.lid, chatPn: somebodyElse.pn })]
    await stream.feed(held, told)
    await stream.feed(stored(held))
    await stream.database.query('update webhook_held set due_at = now()')
    await stream.tick()
    await stream.feed(stored(told))
    expect(stream.all().map(one => [one.type, one.status])).toEqual([
      ['message.received', 'stored'],
      ['media.stored', null],
      ['message.received', 'pending'],
      ['media.updated', 'stored'],
    ])
    expect(new Set(stream.released.map(one => one.deliveryId)).size).toBe(4)
  })

  it('[E4] a copy that slips through the runner is released again at most under its webhook-id, and holds nothing', async () => {
    await stream.endpoint()
    const image = anImage()
    await stream.feed(image)
    await stream.feed(image)
    await stream.feed(stored(image))
    expect(await stream.feed(image)).toEqual([])
    expect(releasedIds()).toEqual([image.eventId])
    expect(await stream.feed(anEvent('message.received'))).toHaveLength(1)
  })

  it('[E2] an outcome whose message never comes is delivered to those who ask for it, after 30 days', async () => {
    await stream.endpoint({ eventTypes: ['media.*'] })
    const lost = stored(anImage())
    await stream.feed(lost)
    expect(await stream.tick()).toEqual([])
    await stream.database.query(`update webhook_media_early set read_at = read_at - interval '31 days'`)
    expect(await stream.tick()).toMatchObject([{ id: lost.eventId, type: 'media.stored' }])
  })

  it('[E4] deliveries are rows from the moment they match', async () => {
    await stream.endpoint()
    const [image, after] = [anImage(), anEvent('message.received')]
    await stream.feed(image, after)
    const states = () => stream.database.query('select state from webhook_deliveries order by state')
    expect(await states()).toEqual([{ state: 'held' }, { state: 'held' }])
    await stream.feed(stored(image))
    expect(await states()).toEqual([{ state: 'pending' }, { state: 'pending' }])
  })
})

describe('interleavings', () => {
  it('[E2] [E3] every interleaving of the topics gives the same first deliveries in the same order per lane', async () => {
    const other = { chatId: somebodyElse.lid, chatPn: somebodyElse.pn }
    const unmapped = { chatId: somebodyElse.pn, chatPn: somebodyElse.pn }
    const images = [anImage(), anImage(unmapped), anImage(), anImage(other)]
    const [first, second, third, fourth] = images
    if (!first || !second || !third || !fourth) throw new Error('expected four')
    const topics: readonly (readonly Event[])[] = [
      [
        first,
        anEvent('message.received'),
        second,
        third,
        anEvent('message.received', unmapped),
        fourth,
        anEvent('message.received', other),
      ],
      [stored(fourth), stored(first), stored(second, { round: 2 })],
      [failed(third), failed(second)],
    ]
    const total = topics.flat().length
    const run = async (choices: readonly number[]) => {
      await stream.database.query('delete from webhook_media')
      await stream.database.query('truncate webhook_lanes, webhook_held, webhook_media_early, webhook_deliveries')
      stream.released.length = 0
      const left = topics.map(topic => [...topic])
      for (let step = 0; step < total; step++) {
        const open = left.filter(topic => topic.length > 0)
        const topic = open[(choices[step] ?? 0) % open.length]
        const size = 1 + (((choices[step] ?? 0) >> 4) % 3)
        const batch = topic?.splice(0, size) ?? []
        if (batch.length > 0) await stream.feed(...batch)
      }
      const messages = stream.all().filter(delivery => delivery.type === 'message.received')
      const perLane = Object.groupBy(messages, one => one.lane)
      const order = Object.fromEntries(Object.entries(perLane).map(([lane, ofLane]) => [lane, ofLane?.map(one => one.id)]))
      const last = Object.fromEntries(
        stream.all().flatMap(one => (one.status === null ? [] : [[one.data.messageId, one.status]])),
      )
      return { order, last }
    }
    await stream.endpoint({ holdMedia: 'until-settled' })
    const expected = await run([])
    expect(Object.values(expected.order).flat().sort()).toEqual(ids(topics[0] ?? []).sort())
    expect(expected.last[second.messageId ?? '']).toBe('stored')
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(255), { minLength: total, maxLength: total }), async choices => {
        expect(await run(choices)).toEqual(expected)
      }),
      { numRuns: 40 },
    )
  })
})
