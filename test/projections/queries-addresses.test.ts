// What the read model answers of a chat is one chat under every address that it ever had, the most active first.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { getMessage, listChats, listContacts, listMedia, listMessages } from '../../src/projections/read-model/queries.ts'
import { readModel, readModelTables } from '../../src/projections/read-model/read-model.ts'
import { aGroup, anEvent, somebody, somebodyElse, testStartAt } from '../ground/events.ts'
import { openProjectionDsl, type ProjectionDsl } from '../ground/projection-dsl.ts'

let dsl: ProjectionDsl
beforeAll(async () => {
  dsl = await openProjectionDsl('read model addresses', readModel, { tables: readModelTables })
})
afterAll(() => dsl.close())

const instanceId = 'shop'

/** A chat of which the phone says nothing. */
const untouched = {
  ...{ archived: false, muted: false, pinned: false, unread: false, locked: false },
  ...{ mutedUntil: null, expiresInSeconds: null, deletedAt: null },
}
const at = (second: number) => testStartAt + second * 1000

describe('addresses', () => {
  it('[B4] [D1] a chat known by phone first and by LID later is one chat under every address', async () => {
    const byPhone = { chatId: somebody.pn, chatPn: somebody.pn, senderId: somebody.pn, senderPn: somebody.pn }
    const byLid = { chatId: somebody.lid, chatPn: null, senderId: somebody.lid, senderPn: null }
    const early = anEvent('message.received', { ...byPhone, text: 'early', occurredAt: at(1) })
    const late = anEvent('message.received', { ...byLid, text: 'late', occurredAt: at(2) })
    const reaction = anEvent('message.reacted', { ...byLid, targetMessageId: early.messageId ?? '', emoji: '👍' })
    const world = await dsl.projected(early, late, reaction)
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
      await dsl.projected(...events)
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
    await dsl.projected(by(somebody.pn, 1), by(newer, 2), contact(somebody.pn, 3), contact(newer, 4))
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
    await dsl.projected(
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
    await dsl.projected(
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
