// What the read model answers: pages that do not move, full text, every field of a message, media and where its bytes are.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { messageColumns } from '../../src/projections/read-model/message-columns.ts'
import { getMessage, listChats, listMedia, listMessages, mediaOf, QueryError } from '../../src/projections/read-model/queries.ts'
import { readModel, readModelTables } from '../../src/projections/read-model/read-model.ts'
import { aGroup, anEvent, somebody, somebodyElse, testStartAt, us } from '../ground/events.ts'
import { openProjectionDsl, type ProjectionDsl } from '../ground/projection-dsl.ts'

let dsl: ProjectionDsl
beforeAll(async () => {
  dsl = await openProjectionDsl('read model queries', readModel, { tables: readModelTables })
})
afterAll(() => dsl.close())

const instanceId = 'shop'

const at = (second: number) => testStartAt + second * 1000

describe('pages', () => {
  it('[D4] pages are newest first, complete, and what is inserted meanwhile moves nothing', async () => {
    const events = Array.from({ length: 25 }, (_, index) =>
      anEvent('message.received', { occurredAt: at(Math.floor(index / 3)) }),
    )
    const world = await dsl.projected(...events)
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const page: Awaited<ReturnType<typeof listMessages>> = await listMessages(dsl.test.database, {
        instanceId,
        limit: 7,
        cursor,
      })
      seen.push(...page.data.map(one => one.eventId))
      cursor = page.nextCursor
      await world.append([anEvent('message.received', { occurredAt: at(100) })])
      await world.projectAll()
    } while (cursor !== null)
    expect(seen).toHaveLength(25)
    expect(new Set(seen)).toEqual(new Set(events.map(event => event.eventId)))
    const times = seen.map(id => events.find(event => event.eventId === id)?.occurredAt ?? 0)
    expect(times).toEqual(times.toSorted((one, other) => other - one))
  })

  it('[D4] after is inclusive, before is exclusive, and the limit is kept within 1 and 200', async () => {
    await dsl.projected(
      ...Array.from({ length: 4 }, (_, index) => anEvent('message.received', { text: String(index), occurredAt: at(index) })),
    )
    const texts = async (request: object) =>
      (await listMessages(dsl.test.database, { instanceId, ...request })).data.map(one => one.text)
    expect(await texts({ after: at(1), before: at(3) })).toEqual(['2', '1'])
    expect(await texts({ limit: 0 })).toEqual(['3'])
    expect(await texts({ limit: 5000 })).toHaveLength(4)
    expect((await listMessages(dsl.test.database, { instanceId, limit: 4 })).nextCursor).toBeNull()
  })

  it.each(['x', '', 'W10', Buffer.from('["a","b"]').toString('base64url')])(
    '[D4] %j is no cursor, and it is said',
    async cursor => {
      await expect(listMessages(dsl.test.database, { instanceId, cursor })).rejects.toThrow(QueryError)
      await expect(listChats(dsl.test.database, { instanceId, cursor })).rejects.toThrow('expected a nextCursor')
    },
  )
})

describe('messages', () => {
  it('[D4] full text finds the current text, of this instance and chat only, and never fails on what people type', async () => {
    const message = anEvent('message.received', { text: 'Bom dia, o pedido 4711 chegou' })
    const edited = anEvent('message.received', { text: 'pedido velho' })
    const elsewhere = anEvent('message.received', { instanceId: 'store', text: 'pedido 4711' })
    await dsl.projected(
      message,
      edited,
      elsewhere,
      anEvent('message.edited', { targetMessageId: edited.messageId ?? '', text: 'outra coisa' }),
    )
    const found = async (q: string) => (await listMessages(dsl.test.database, { instanceId, q })).data.map(one => one.text)
    expect(await found('PEDIDO 4711')).toEqual(['Bom dia, o pedido 4711 chegou'])
    expect(await found('pedido')).toHaveLength(1)
    expect(await found('"outra coisa"')).toEqual(['outra coisa'])
    for (const odd of ["'", '&|!():*', '\\', 'a\0b', '', '"']) await found(odd)
    expect((await listMessages(dsl.test.database, { instanceId, q: 'pedido', chatId: aGroup })).data).toEqual([])
  })

  it('[D4] of two messages with one id the oldest answers, and the chat tells them apart', async () => {
    const other = { chatId: somebodyElse.lid, chatPn: somebodyElse.pn, senderId: somebodyElse.lid, senderPn: somebodyElse.pn }
    await dsl.projected(
      anEvent('message.received', { messageId: 'SAME', text: 'mine', occurredAt: at(1) }),
      anEvent('message.received', { ...other, messageId: 'SAME', text: 'later', occurredAt: at(2) }),
    )
    expect(await getMessage(dsl.test.database, { instanceId, messageId: 'SAME' })).toMatchObject({ text: 'mine' })
    expect(await getMessage(dsl.test.database, { instanceId, messageId: 'SAME', chatId: somebodyElse.pn })).toMatchObject({
      text: 'later',
    })
    expect(await getMessage(dsl.test.database, { instanceId, messageId: 'NONE' })).toBeNull()
  })

  it('[D4] a message answers with every field that a message has, and with null where there is none', async () => {
    const message = anEvent('message.sent', { messageId: 'M', text: 'oi', mentions: [us.lid], occurredAt: at(1) })
    await dsl.projected(message)
    expect(await getMessage(dsl.test.database, { instanceId, messageId: 'M' })).toEqual({
      ...Object.fromEntries(Object.keys(messageColumns).map(name => [name, null])),
      eventId: message.eventId,
      instanceId,
      chatId: somebody.lid,
      chatPn: somebody.pn,
      senderId: us.lid,
      senderPn: us.pn,
      messageId: 'M',
      fromMe: true,
      sequence: message.sequence,
      kind: 'text',
      isGroup: false,
      history: false,
      text: 'oi',
      mentions: [us.lid],
      occurredAt: new Date(at(1)).toISOString(),
      reactions: [],
      status: null,
      receipts: [],
      ...{ starred: false, pinned: false, pinnedUntil: null, deletedAt: null },
      ...{ votes: null, results: null, answers: null },
      media: null,
      changedByEvent: message.eventId,
    })
  })
})

describe('media', () => {
  const media = { mimetype: 'image/jpeg', sizeBytes: 1000 }

  it('[D4] files are listed from the moment they are known, by chat, kind, status and reason', async () => {
    const waiting = anEvent('message.received', { kind: 'image', media })
    const stored = anEvent('message.received', { kind: 'image', media })
    const failed = anEvent('message.received', { kind: 'video', media: { mimetype: 'video/mp4' } })
    await dsl.projected(
      anEvent('message.received'),
      waiting,
      stored,
      failed,
      anEvent('media.stored', { sourceEventId: stored.eventId }),
      anEvent('media.failed', { sourceEventId: failed.eventId, kind: 'video', reason: 'gone' }),
    )
    const ids = async (request: object) =>
      (await listMedia(dsl.test.database, { instanceId, ...request })).data.map(one => one.eventId)
    expect(await ids({})).toEqual([failed.eventId, stored.eventId, waiting.eventId])
    expect(await ids({ kind: 'image' })).toEqual([stored.eventId, waiting.eventId])
    expect(await ids({ status: 'pending' })).toEqual([waiting.eventId])
    expect(await ids({ reason: 'gone', chatId: somebody.pn })).toEqual([failed.eventId])
    expect(await ids({ chatId: aGroup })).toEqual([])
  })

  it('[C7] where the bytes are is known by the message event, whichever topic was read first', async () => {
    const message = anEvent('message.received', { kind: 'image', media })
    const stored = anEvent('media.stored', {
      sourceEventId: message.eventId,
      key: 'shop/a.jpg',
      thumbnailKey: 'shop/a.jpg_thumb.jpg',
    })
    const world = await dsl.projected(stored)
    const where = {
      eventId: message.eventId,
      instanceId,
      status: 'stored',
      key: 'shop/a.jpg',
      thumbnailKey: 'shop/a.jpg_thumb.jpg',
      kind: 'image',
    }
    expect(await mediaOf(dsl.test.database, message.eventId)).toMatchObject(where)
    await world.append([message])
    await world.projectAll()
    expect(await mediaOf(dsl.test.database, message.eventId)).toMatchObject(where)
    await dsl.projected(message)
    expect(await mediaOf(dsl.test.database, message.eventId)).toMatchObject({
      status: 'pending',
      key: null,
      mimetype: 'image/jpeg',
    })
    await dsl.projected(anEvent('message.received'))
    expect(await mediaOf(dsl.test.database, message.eventId)).toBeNull()
  })
})
