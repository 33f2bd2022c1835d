// A message with media waits for its file, goes out once, and what the file becomes later follows.
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import type { Event } from '../../src/events/event.ts'
import { getDelivery } from '../../src/webhooks/bridge/queries.ts'
import { webhookStream } from '../../src/webhooks/stream/webhook-stream.ts'
import { anEvent, somebody, somebodyElse } from '../ground/events.ts'
import { anImage, expired, failed, openStream, stored } from '../ground/webhooks/open-stream.ts'

const stream = await openStream('webhook stream media')
afterAll(() => stream.close())
beforeEach(() => stream.clear())
const ids = (events: readonly Event[]) => events.map(event => event.eventId)
const releasedIds = () => stream.all().map(one => one.id)

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

  it('[E2] [E7] its delivery says from when to when it was held; one that was not says so', async () => {
    const { id } = await stream.endpoint({ holdMedia: 60 })
    const [text, image] = [anEvent('message.received'), anImage()]
    await stream.feed(text, image)
    const told = async (event: Event) =>
      (await getDelivery(stream.database, `${event.eventId}_${id}`))?.timeline.map(({ what, at, until }) => [what, at, until])
    const [[, textAt] = []] = (await told(text)) ?? []
    expect(await told(text)).toEqual([
      ['matched', textAt, null],
      ['released', textAt, null],
    ])
    const [[, matchedAt] = []] = (await told(image)) ?? []
    expect(await told(image)).toEqual([
      ['matched', matchedAt, null],
      ['held', expect.any(String), expect.any(String)],
    ])
    await stream.feed(stored(image))
    const [, held, released] = (await told(image)) ?? []
    expect([held, released]).toEqual([
      ['held', matchedAt, released?.[1]],
      ['released', expect.any(String), null],
    ])
  })

  it('[E2] a failure releases it with the reason, a policy as skipped', async () => {
    await stream.endpoint()
    const [gone, filtered, limited] = [anImage(), anImage(), anImage()]
    await stream.feed(gone, filtered, limited)
    await stream.feed(failed(filtered, { stage: 'policy', reason: 'filtered-too-short' }))
    await stream.feed(failed(limited, { stage: 'policy', reason: 'rate-limited' }))
    await stream.feed(failed(gone, { reason: 'gone' }))
    expect(stream.all().map(one => one.data.media)).toMatchObject([
      { status: 'failed', reason: 'gone' },
      { status: 'skipped', reason: 'filtered-too-short' },
      { status: 'failed', reason: 'rate-limited' },
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

  it('[E2] what is held for more than 30 days is kept, and keeps nobody busy', async () => {
    await stream.endpoint({ holdMedia: 'until-settled' })
    const message = anImage()
    await stream.feed(message)
    await stream.database.query(`update webhook_media set read_at = read_at - interval '31 days'`)
    expect(await webhookStream.due?.(stream.database, Date.now())).toEqual([])
    await stream.feed(stored(message))
    expect(stream.all()).toMatchObject([{ id: message.eventId, status: 'stored' }])
    expect(await webhookStream.due?.(stream.database, Date.now())).toEqual([0])
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

  it('[E2] what is behind two files of its chat goes when both are there, whichever comes first', async () => {
    for (const firstComesFirst of [true, false]) {
      await stream.clear()
      await stream.endpoint()
      const [first, between, second, after] = [anImage(), anEvent('message.received'), anImage(), anEvent('message.received')]
      await stream.feed(first, between, second, after)
      await stream.feed(stored(firstComesFirst ? first : second))
      expect(releasedIds()).toEqual(firstComesFirst ? ids([first, between]) : [])
      await stream.feed(stored(firstComesFirst ? second : first))
      expect(releasedIds()).toEqual(ids([first, between, second, after]))
    }
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

  it('[E1] [E2] an outcome is filtered by the addresses by which its message was, also by a number that is in another chat’s lane', async () => {
    await stream.endpoint({ eventTypes: ['message.received', 'media.stored'], chats: { include: [somebody.pn] } })
    await stream.feed(anEvent('message.received'))
    const image = anImage({ chatId: somebodyElse.lid, chatPn: somebody.pn })
    await stream.feed(image)
    expect(await stream.feed(stored(image))).toMatchObject([{ id: image.eventId }, { type: 'media.stored' }])
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
