// Messages of history as rows and answers: one of each message, the best copy that there is, in whichever order they come.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Event } from '../../src/events/event.ts'
import { getMessage, listChats, listMedia, mediaOf } from '../../src/projections/read-model/queries.ts'
import { readModel, readModelTables } from '../../src/projections/read-model/read-model.ts'
import { aGroup, anEvent, somebody, somebodyElse } from '../ground/events.ts'
import { openProjectionDsl, type ProjectionDsl } from '../ground/projection-dsl.ts'
import { all, at, instanceId, iso, live, M, ordersOf, past, projectInTurn, theOne } from '../ground/projections/history-told.ts'

let dsl: ProjectionDsl
beforeAll(async () => {
  dsl = await openProjectionDsl('history', readModel, { tables: readModelTables })
})
afterAll(() => dsl.close())

const unread = anEvent('message.undecryptable', M)
const absent = anEvent('message.history', { ...M, eventId: 'a'.repeat(32), kind: 'unknown', text: null, undecryptable: 'absent' })

describe('one message', () => {
  it('[D1] [B6] of history answers as others do, and says that it is of history', async () => {
    await dsl.projected(past, anEvent('message.received', { messageId: 'N', occurredAt: at(2) }))
    expect(await all(dsl)).toMatchObject([
      { messageId: 'N', history: false },
      { eventId: past.eventId, text: 'as the phone has it', history: true, chatId: somebody.lid, media: null },
    ])
  })

  it('[D1] [B6] is one row: what was received, before what the phone told, before what could not be read, whichever comes first', async () => {
    const best: readonly (readonly [readonly Event[], Event])[] = [
      [[live, past], live],
      [[past, unread], past],
      [[past, absent], past],
      [[unread, absent], unread],
      [[live, past, unread, absent], live],
    ]
    for (const [copies, first] of best)
      for (const order of ordersOf(copies)) {
        await projectInTurn(dsl, ...order)
        expect(await theOne(dsl), order.map(one => one.type).join()).toMatchObject({ eventId: first.eventId })
      }
    for (const [copies, first] of best) {
      await dsl.projected(...copies)
      expect(await theOne(dsl)).toMatchObject({ eventId: first.eventId })
    }
  })

  it('[D1] [B6] in another chat, or of somebody else, is another one, whatever its id', async () => {
    const elsewhere = { chatId: somebodyElse.lid, chatPn: somebodyElse.pn, senderId: somebodyElse.lid, senderPn: somebodyElse.pn }
    const inGroup = { chatId: aGroup, chatPn: null, isGroup: true }
    const byOther = { ...inGroup, senderId: somebodyElse.lid, senderPn: somebodyElse.pn }
    await dsl.projected(
      live,
      anEvent('message.history', { ...M, ...elsewhere }),
      anEvent('message.received', { ...M, ...inGroup }),
      anEvent('message.history', { ...M, ...byOther }),
    )
    expect(await all(dsl)).toHaveLength(4)
  })

  it('[D1] [B4] is found to be one once the two addresses of its chat are known to be one', async () => {
    const byPhone = { chatId: somebody.pn, chatPn: null, senderId: somebody.pn, senderPn: null }
    const byLid = { chatPn: null, senderPn: null }
    const pair = anEvent('contact.updated', { origin: 'history' })
    for (const order of ordersOf<Event>([{ ...live, ...byLid }, { ...past, ...byPhone }, pair])) {
      await projectInTurn(dsl, ...order)
      expect(await theOne(dsl)).toMatchObject({ eventId: live.eventId })
    }
  })

  it('[D1] [B4] [B6] told twice, by number and by LID, is the one that was told first, once both are known to be one', async () => {
    const byPhone = { chatId: somebody.pn, chatPn: null, senderId: somebody.pn, senderPn: null }
    const byLid = { chatPn: null, senderPn: null }
    const first = anEvent('message.history', { ...M, ...byLid, epoch: 1, sequence: 5, ordinal: 3 })
    const pair = anEvent('contact.updated', { origin: 'history' })
    for (const place of [{ ordinal: 4 }, { sequence: 6 }, { epoch: 2, sequence: 1, ordinal: 0 }]) {
      const second = anEvent('message.history', { ...M, ...byPhone, epoch: 1, sequence: 5, ordinal: 3, ...place })
      for (const order of ordersOf<Event>([first, second, pair])) {
        await projectInTurn(dsl, ...order)
        expect(await theOne(dsl)).toMatchObject({ eventId: first.eventId })
        await dsl.projected(...order)
        expect(await theOne(dsl)).toMatchObject({ eventId: first.eventId })
      }
    }
  })

  it('[D1] [B6] a file of history is listed as skipped, for no reason of its own, until the live copy takes its place', async () => {
    const file = { kind: 'image', media: { mimetype: 'image/png', sizeBytes: 7, fileName: 'a.png' } }
    await projectInTurn(dsl, anEvent('message.history', { ...M, ...file, eventId: past.eventId }))
    const skipped = { status: 'skipped', reason: null, mimetype: 'image/png', sizeBytes: 7, fileName: 'a.png' }
    expect(await theOne(dsl)).toMatchObject({ media: skipped })
    const { data } = await listMedia(dsl.test.database, { instanceId, status: 'skipped' })
    expect(data).toMatchObject([{ eventId: past.eventId, ...skipped }])
    expect(await mediaOf(dsl.test.database, past.eventId)).toMatchObject({ status: 'skipped', key: null })
    await projectInTurn(dsl, anEvent('message.history', { ...M, ...file, eventId: past.eventId }), { ...live, ...file })
    const listed = await listMedia(dsl.test.database, { instanceId })
    expect(listed.data.map(one => [one.eventId, one.status])).toEqual([[live.eventId, 'pending']])
  })
})

it('[D1] [B6] a chat of history alone is listed with its last message', async () => {
  await dsl.projected(past, anEvent('message.history', { messageId: 'L', occurredAt: at(5), text: 'the last one' }))
  expect((await listChats(dsl.test.database, { instanceId })).data).toMatchObject([
    { chatId: somebody.lid, lastMessageAt: iso(5), lastMessage: { text: 'the last one' } },
  ])
  expect(await getMessage(dsl.test.database, { instanceId, messageId: 'M', chatId: somebody.pn })).toMatchObject({
    history: true,
  })
})
