// What the read model answers: pages that do not move, one chat under every address, full text, media and where its bytes are.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Event } from '../../src/events/event.ts'
import { messageColumns } from '../../src/projections/read-model/message-columns.ts'
import {
  getMessage,
  listChats,
  listContacts,
  listMedia,
  listMessages,
  mediaOf,
  QueryError,
} from '../../src/projections/read-model/queries.ts'
import { readModel, readModelTables } from '../../src/projections/read-model/read-model.ts'
import { aGroup, anEvent, somebody, somebodyElse, testStartAt, us } from '../ground/events.ts'
import { openProjectionDsl, type ProjectionDsl } from '../ground/projection-dsl.ts'

const instanceId = 'shop'
let dsl: ProjectionDsl
beforeAll(async () => {
  dsl = await openProjectionDsl('read model queries', readModel, { tables: readModelTables })
})
afterAll(() => dsl.close())

const projected = async (...events: readonly Event[]) => {
  const world = await dsl.freshWorld()
  await world.append(events)
  await world.projectAll()
  return world
}
/** A chat of which the phone says nothing. */
const untouched = {
  ...{ archived: false, muted: false, pinned: false, unread: false, locked: false },
  ...{ mutedUntil: null, expiresInSeconds: null, deletedAt: null },
}
const at = (second: number) => testStartAt + second * 1000

describe('pages', () => {
  it('[D4] pages are newest first, complete, and what is inserted meanwhile moves nothing', async () => {
    const events = Array.from({ length: 25 }, (_, index) =>
      anEvent('message.received', { occurredAt: at(Math.floor(index / 3)) }),
    )
    const world = await projected(...events)
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
    await projected(
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

describe('addresses', () => {
  it('[B4] [D1] a chat known by phone first and by LID later is one chat under every address', async () => {
    const byPhone = { chatId: somebody.pn, chatPn: somebody.pn, senderId: somebody.pn, senderPn: somebody.pn }
    const byLid = { chatId: somebody.lid, chatPn: null, senderId: somebody.lid, senderPn: null }
    const early = anEvent('message.received', { ...byPhone, text: 'early', occurredAt: at(1) })
    const late = anEvent('message.received', { ...byLid, text: 'late', occurredAt: at(2) })
    const reaction = anEvent('message.reacted', { ...byLid, targetMessageId: early.messageId ?? '', emoji: '👍' })
    const world = await projected(early, late, reaction)
    expect((await listChats(dsl.test.database, { instanceId })).data.map(one => one.chatId)).toEqual([somebody.lid, somebody.pn])
    await world.append([anEvent('contact.updated', { name: 'Ana', pushName: 'ana' })])
    await world.projectAll()
    for (const chatId of [somebody.lid, somebody.pn]) {
      const { data } = await listMessages(dsl.test.database, { instanceId, chatId })
      expect(data.map(one => [one.text, one.chatId, one.chatPn, one.senderId])).toEqual([
        ['late', somebody.lid, somebody.pn, somebody.lid],
        ['early', somebody.lid, somebody.pn, somebody.lid],
      ])
      expect(data[1]?.reactions).toEqual([{ senderId: somebody.lid, emoji: '👍' }])
    }
    const chats = await listChats(dsl.test.database, { instanceId })
    expect(chats.data).toEqual([
      {
        instanceId,
        chatId: somebody.lid,
        chatPn: somebody.pn,
        isGroup: false,
        name: 'Ana',
        labels: [],
        lastMessageAt: new Date(at(2)).toISOString(),
        ...untouched,
        lastMessage: {
          eventId: late.eventId,
          messageId: late.messageId,
          kind: 'text',
          text: 'late',
          fromMe: false,
          revoked: false,
        },
      },
    ])
    expect((await listContacts(dsl.test.database, { instanceId })).data).toMatchObject([
      { contactId: somebody.lid, contactPn: somebody.pn, contactLid: somebody.lid, name: 'Ana', pushName: 'ana' },
    ])
  })

  it('[B4] [D1] a number that a later word gives to another LID moves alone: each LID keeps its chat', async () => {
    const other = somebodyElse.lid
    const chatOf = (lid: string, second: number, text: string) =>
      anEvent('message.received', { chatId: lid, chatPn: null, senderId: lid, senderPn: null, text, occurredAt: at(second) })
    const contact = (lid: string, second: number, origin: 'change' | 'history' = 'change') =>
      anEvent('contact.updated', {
        ...{ contactId: lid, contactLid: lid, contactPn: somebody.pn, pushName: lid, occurredAt: at(second), origin },
        recordedAt: at(second),
      })
    const byNumber = { chatId: somebody.pn, chatPn: null, senderId: somebody.pn, senderPn: null }
    const told = [
      chatOf(somebody.lid, 1, 'first'),
      chatOf(other, 2, 'second'),
      anEvent('message.received', { ...byNumber, text: 'by number', occurredAt: at(3) }),
      anEvent('message.reacted', { ...byNumber, targetMessageId: 'M2', emoji: '👍' }),
      contact(somebody.lid, 4),
      contact(other, 5),
    ]
    // As it was told, the other way round, with the first told again, and with the phone's history telling of both later.
    for (const events of [
      told,
      told.toReversed(),
      [...told, contact(somebody.lid, 6)],
      [...told, contact(somebody.lid, 7, 'history')],
    ]) {
      await projected(...events)
      const textsOf = async (chatId: string) =>
        (await listMessages(dsl.test.database, { instanceId, chatId })).data.map(one => [one.text, one.chatId, one.chatPn])
      expect(await textsOf(somebody.lid)).toEqual([['first', somebody.lid, null]])
      const moved = [
        ['by number', other, somebody.pn],
        ['second', other, somebody.pn],
      ]
      expect(await textsOf(other)).toEqual(moved)
      expect(await textsOf(somebody.pn)).toEqual(moved)
      expect((await listChats(dsl.test.database, { instanceId })).data.map(one => [one.chatId, one.chatPn, one.name])).toEqual([
        [other, somebody.pn, other],
        [somebody.lid, null, somebody.lid],
      ])
      expect(
        await getMessage(dsl.test.database, { instanceId, messageId: told[0]?.messageId ?? '', chatId: somebody.pn }),
      ).toBeNull()
    }
  })

  it('[B4] [D1] an account that changed its number is one chat under its LID and both numbers', async () => {
    const newer = '5511900000077@s.whatsapp.net'
    const by = (pn: string, second: number) =>
      anEvent('message.received', { chatId: pn, chatPn: null, senderId: pn, senderPn: null, text: pn, occurredAt: at(second) })
    const contact = (pn: string, second: number) =>
      anEvent('contact.updated', { contactId: somebody.lid, contactPn: pn, contactLid: somebody.lid, occurredAt: at(second) })
    await projected(by(somebody.pn, 1), by(newer, 2), contact(somebody.pn, 3), contact(newer, 4))
    expect((await listChats(dsl.test.database, { instanceId })).data).toMatchObject([{ chatId: somebody.lid, chatPn: newer }])
    for (const chatId of [somebody.lid, somebody.pn, newer]) {
      const { data } = await listMessages(dsl.test.database, { instanceId, chatId })
      expect(data.map(one => one.text)).toEqual([newer, somebody.pn])
      const { data: files } = await listMedia(dsl.test.database, { instanceId, chatId })
      expect(files).toEqual([])
    }
  })

  it('[D1] [D4] a group is shown by its last name, whichever of its names comes first', async () => {
    const named = (subject: string | null, sequence: number) =>
      anEvent('group.updated', { chatId: aGroup, groupId: aGroup, subject, sequence })
    await projected(
      anEvent('message.received', { chatId: aGroup, isGroup: true }),
      named('last', 9_003),
      named('first', 9_001),
      named(null, 9_004),
      anEvent('group.updated', { instanceId: 'other', chatId: aGroup, groupId: aGroup, subject: 'another’s', sequence: 9_005 }),
    )
    const names = async () => (await listChats(dsl.test.database, { instanceId })).data.map(one => one.name)
    expect(await names()).toEqual(['last'])
  })

  it('[D4] chats come with the most active first, in pages', async () => {
    const other = { chatId: somebodyElse.lid, chatPn: somebodyElse.pn, senderId: somebodyElse.lid, senderPn: somebodyElse.pn }
    await projected(
      anEvent('message.received', { occurredAt: at(1) }),
      anEvent('message.received', { chatId: aGroup, chatPn: null, isGroup: true, occurredAt: at(3) }),
      anEvent('message.received', { ...other, occurredAt: at(2) }),
    )
    const first = await listChats(dsl.test.database, { instanceId, limit: 2 })
    expect(first.data.map(one => [one.chatId, one.isGroup])).toEqual([
      [aGroup, true],
      [somebodyElse.lid, false],
    ])
    const rest = await listChats(dsl.test.database, { instanceId, limit: 2, cursor: first.nextCursor })
    expect(rest).toMatchObject({ data: [{ chatId: somebody.lid }], nextCursor: null })
  })
})

describe('messages', () => {
  it('[D4] full text finds the current text, of this instance and chat only, and never fails on what people type', async () => {
    const message = anEvent('message.received', { text: 'Bom dia, o pedido 4711 chegou' })
    const edited = anEvent('message.received', { text: 'pedido velho' })
    const elsewhere = anEvent('message.received', { instanceId: 'store', text: 'pedido 4711' })
    await projected(
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
    await projected(
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
    await projected(message)
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
    await projected(
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
    const world = await projected(stored)
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
    await projected(message)
    expect(await mediaOf(dsl.test.database, message.eventId)).toMatchObject({
      status: 'pending',
      key: null,
      mimetype: 'image/jpeg',
    })
    await projected(anEvent('message.received'))
    expect(await mediaOf(dsl.test.database, message.eventId)).toBeNull()
  })
})
