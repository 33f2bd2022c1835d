// Who gets which event, in which lane, whatever the interleaving of the topics.
import fc from 'fast-check'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import type { Event } from '../../src/events/event.ts'
import { listDeliveries } from '../../src/webhooks/bridge/queries.ts'
import { deleteEndpoint, patchEndpoint } from '../../src/webhooks/endpoints/endpoints.ts'
import { aGroup, anEvent, somebody, somebodyElse } from '../ground/events.ts'
import { anImage, failed, never, openStream, stored } from '../ground/webhooks/open-stream.ts'

const stream = await openStream('webhook stream')
afterAll(() => stream.close())
beforeEach(() => stream.clear())
const ids = (events: readonly Event[]) => events.map(event => event.eventId)

it('[E3] [D4] deliveries that one step released are listed newest first, in the order of their events', async () => {
  await stream.endpoint()
  const messages = Array.from({ length: 30 }, () => anEvent('message.received'))
  await stream.feed(...messages)
  const { data } = await listDeliveries(stream.database, { limit: 50 })
  expect(data.map(one => one.eventId)).toEqual(ids(messages).toReversed())
})

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
    await deleteEndpoint(stream.deps, deleted.id, never)
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

  it('[E3] a chat whose lane was its phone number keeps it once its events name the LID beside it', async () => {
    await stream.endpoint()
    await stream.feed(anEvent('message.received', { chatId: somebody.pn, chatPn: somebody.pn }))
    await stream.feed(anEvent('message.received', { chatId: somebody.lid, chatPn: somebody.pn }))
    await stream.feed(anEvent('message.received', { chatId: somebody.lid, chatPn: null }))
    expect(new Set(stream.all().map(one => one.lane))).toEqual(new Set([`shop/${somebody.pn}`]))
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

  it('[E3] [B4] two LIDs have two lanes, also where both were told with one number', async () => {
    await stream.endpoint({ eventTypes: ['message.received'], chats: { exclude: [somebody.lid] } })
    await stream.endpoint({ eventTypes: ['message.received'], chats: { include: [somebody.pn] } })
    await stream.feed(anEvent('message.received'))
    await stream.feed(anEvent('message.received', { chatId: somebodyElse.lid, chatPn: somebody.pn }))
    expect(stream.all().map(one => one.lane)).toEqual([
      `shop/${somebody.lid}`,
      `shop/${somebodyElse.lid}`,
      `shop/${somebodyElse.lid}`,
    ])
  })

  it('[E3] [B6] history has lanes of its own, one for each chat, and never stands before what happens there', async () => {
    await stream.endpoint({ eventTypes: ['*'], snapshots: true })
    const inGroup = { chatId: aGroup, chatPn: null, isGroup: true }
    await stream.feed(anEvent('message.history'), anEvent('message.history', { chatId: somebody.pn, chatPn: null }))
    await stream.feed(anEvent('message.history', inGroup), anEvent('history.progressed'))
    await stream.feed(anEvent('contact.updated', { origin: 'history' }), anEvent('message.received'))
    expect(stream.all().map(one => one.lane)).toEqual([
      ...[`shop/history/${somebody.lid}`, `shop/history/${somebody.lid}`, `shop/history/${aGroup}`, 'shop/history/instance'],
      ...[`shop/history/${somebody.lid}`, `shop/${somebody.lid}`],
    ])
  })

  it('[E1] [B6] history is filtered by the chats that it is of', async () => {
    await stream.endpoint({ eventTypes: ['message.history'], chats: { exclude: [somebody.pn] } })
    const other = anEvent('message.history', { chatId: somebodyElse.lid, chatPn: null })
    const excluded = [anEvent('message.history'), anEvent('message.history', { chatPn: null })]
    expect(ids(await stream.feed(...excluded, other).then(() => [other]))).toEqual(stream.all().map(one => one.id))
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
      [
        anEvent('message.history', unmapped),
        anEvent('message.history', other),
        anEvent('contact.updated', {
          ...other,
          contactId: other.chatId,
          contactLid: null,
          contactPn: other.chatPn,
          origin: 'history',
        }),
        anEvent('message.history', { kind: 'image', media: { mimetype: 'image/png' } }),
      ],
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
      const messages = stream.all().filter(delivery => delivery.type !== 'media.updated')
      const perLane = Object.groupBy(messages, one => one.lane)
      const order = Object.fromEntries(Object.entries(perLane).map(([lane, ofLane]) => [lane, ofLane?.map(one => one.id)]))
      const last = Object.fromEntries(
        stream.all().flatMap(one => (one.status === null ? [] : [[one.data.messageId, one.status]])),
      )
      return { order, last }
    }
    await stream.endpoint({ holdMedia: 'until-settled', eventTypes: ['message.*', 'contact.*'], snapshots: true })
    const expected = await run([])
    expect(Object.values(expected.order).flat().sort()).toEqual(ids([...(topics[0] ?? []), ...(topics[3] ?? [])]).sort())
    expect(expected.last[second.messageId ?? '']).toBe('stored')
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(255), { minLength: total, maxLength: total }), async choices => {
        expect(await run(choices)).toEqual(expected)
      }),
      { numRuns: 40 },
    )
  })
})
