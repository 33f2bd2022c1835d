// WhatsApp's clock has whole seconds: what comes within one is listed in the order it arrived, on every page, under every address.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Event } from '../../src/events/event.ts'
import { listChats, listContacts, listMedia, listMessages } from '../../src/projections/read-model/queries.ts'
import { readModel, readModelTables } from '../../src/projections/read-model/read-model.ts'
import { aGroup, anEvent, somebody, somebodyElse, testStartAt } from '../ground/events.ts'
import { openProjectionDsl, type ProjectionDsl } from '../ground/projection-dsl.ts'

const instanceId = 'shop'
let dsl: ProjectionDsl
beforeAll(async () => {
  dsl = await openProjectionDsl('order of arrival', readModel, { tables: readModelTables })
})
afterAll(() => dsl.close())

const occurredAt = testStartAt
const texts = Array.from({ length: 10 }, (_, index) => String(index))
const project = async (events: readonly Event[]) => {
  const world = await dsl.freshWorld()
  await world.append(events)
  await world.projectAll()
}
type Page = { data: readonly { text?: string | null; eventId?: string }[]; nextCursor: string | null }
/** Every page's rows, one after another. */
async function allPages<P extends Page>(list: (cursor: string | null) => Promise<P>, from: string | null = null) {
  const rows: P['data'][number][] = []
  let cursor: string | null = from
  do {
    const page: P = await list(cursor)
    rows.push(...page.data)
    cursor = page.nextCursor
  } while (cursor !== null)
  return rows
}

describe('ten messages of one second', () => {
  const messages = () => texts.map(text => anEvent('message.received', { text, occurredAt }))

  it.each([1, 3, 50])('[D4] are listed newest first, in pages of %i', async limit => {
    await project(messages())
    const rows = await allPages(cursor => listMessages(dsl.test.database, { instanceId, limit, cursor }))
    expect(rows.map(row => row.text)).toEqual(texts.toReversed())
  })

  it('[D4] [B4] are in order in their chat, whichever of its two addresses each of them has', async () => {
    const byPhone = { chatId: somebody.pn, chatPn: somebody.pn, senderId: somebody.pn, senderPn: somebody.pn }
    await project(texts.map((text, index) => anEvent('message.received', { text, occurredAt, ...(index % 2 ? byPhone : {}) })))
    const request = { instanceId, limit: 3, chatId: somebody.lid }
    const rows = await allPages(cursor => listMessages(dsl.test.database, { ...request, cursor }))
    expect(rows.map(row => row.text)).toEqual(texts.toReversed())
  })

  it('[D4] a later epoch comes after an earlier one, whatever its sequence', async () => {
    const early = anEvent('message.received', { text: 'early', occurredAt, epoch: 7, sequence: 900 })
    const late = anEvent('message.received', { text: 'late', occurredAt, epoch: 8, sequence: 1 })
    await project([late, early])
    const { data } = await listMessages(dsl.test.database, { instanceId })
    expect(data.map(row => row.text)).toEqual(['late', 'early'])
  })

  it('[D4] their chat shows the tenth as its last message', async () => {
    await project(messages())
    expect((await listChats(dsl.test.database, { instanceId })).data).toMatchObject([{ lastMessage: { text: '9' } }])
  })

  it('[D4] [B9] a vote whose poll is not known is none of its messages, and lists no chat by itself', async () => {
    const later = occurredAt + 60_000
    const vote = (chatId: string) =>
      anEvent('message.undecryptable', {
        ...{ chatId, chatPn: null, messageId: `VOTE-${chatId}`, occurredAt: later },
        ...{ reason: 'no-secret', encryption: 'Poll Vote', targetMessageId: 'POLL' },
      })
    const said = anEvent('message.received', { text: 'bom dia', occurredAt })
    await project([said, vote(said.chatId ?? ''), vote('200000000000009@lid')])
    expect((await listChats(dsl.test.database, { instanceId })).data).toMatchObject([
      { lastMessageAt: new Date(occurredAt).toISOString(), lastMessage: { text: 'bom dia' } },
    ])
  })

  it('[D4] files are listed in the order they arrived', async () => {
    const files = texts.map(() => anEvent('message.received', { kind: 'image', media: { mimetype: 'image/png' }, occurredAt }))
    await project(files)
    const rows = await allPages(cursor => listMedia(dsl.test.database, { instanceId, limit: 4, cursor }))
    expect(rows.map(row => row.eventId)).toEqual(files.map(event => event.eventId).toReversed())
  })
})

describe('messages that one notification of history told of', () => {
  const place = { epoch: 1, sequence: 7 }
  const past = (more: object = {}) =>
    texts.map((text, ordinal) => anEvent('message.history', { text, occurredAt, ordinal, ...place, ...more })).toReversed()

  it.each([1, 3, 50])('[D4] [B6] are listed in the order in which it had them, in pages of %i', async limit => {
    await project(past())
    const rows = await allPages(cursor => listMessages(dsl.test.database, { instanceId, limit, cursor }))
    expect(rows.map(row => row.text)).toEqual(texts.toReversed())
    const found = await allPages(cursor => listMessages(dsl.test.database, { instanceId, limit, cursor, q: '1 or 2 or 3' }))
    expect(found.map(row => row.text)).toEqual(['3', '2', '1'])
  })

  it('[D4] [B6] have their files in the same order, and what came by itself stands by its place in the log', async () => {
    const file = { kind: 'image', media: { mimetype: 'image/png' } }
    const [before, after] = [6, 8].map(sequence => anEvent('message.received', { ...file, occurredAt, epoch: 1, sequence }))
    if (before === undefined || after === undefined) throw new Error('no events')
    const told = past(file)
    await project([after, ...told, before])
    const rows = await allPages(cursor => listMedia(dsl.test.database, { instanceId, limit: 4, cursor }))
    expect(rows.map(row => row.eventId)).toEqual([after, ...told, before].map(event => event.eventId))
  })
})

describe('chats and contacts of one second', () => {
  const chats = [
    { chatId: somebody.lid, chatPn: somebody.pn, isGroup: false },
    { chatId: aGroup, chatPn: null, isGroup: true },
    { chatId: somebodyElse.lid, chatPn: somebodyElse.pn, isGroup: false },
  ]

  it('[D4] the chat that was written to last comes first', async () => {
    for (const order of [chats, chats.toReversed()]) {
      await project(order.map(chat => anEvent('message.received', { ...chat, occurredAt })))
      const first = await listChats(dsl.test.database, { instanceId, limit: 2 })
      const rest = await listChats(dsl.test.database, { instanceId, limit: 2, cursor: first.nextCursor })
      expect([...first.data, ...rest.data].map(row => row.chatId)).toEqual(order.map(chat => chat.chatId).toReversed())
    }
  })

  it('[D4] the contact that changed last comes first', async () => {
    for (const order of [
      [somebody, somebodyElse],
      [somebodyElse, somebody],
    ]) {
      const named = order.map(({ lid, pn }) =>
        anEvent('contact.updated', { contactId: lid, contactLid: lid, contactPn: pn, pushName: 'x', occurredAt }),
      )
      await project(named)
      const first = await listContacts(dsl.test.database, { instanceId, limit: 1 })
      const rest = await listContacts(dsl.test.database, { instanceId, limit: 1, cursor: first.nextCursor })
      expect([...first.data, ...rest.data].map(row => row.contactId)).toEqual(order.map(({ lid }) => lid).toReversed())
    }
  })
})

describe('cursors', () => {
  const encoded = (...parts: readonly unknown[]) => Buffer.from(JSON.stringify(parts)).toString('base64url')

  it('[D4] a list that was begun in version 0.1.0 goes on from its cursor without a gap or a repeat', async () => {
    const events = texts.map((text, index) =>
      anEvent('message.received', { text, occurredAt: occurredAt + Math.floor(index / 5) * 1000 }),
    )
    await project(events)
    // 0.1.0 ordered by instant and event id, and its cursor named both of the last row.
    const old = events.toSorted((a, b) => b.occurredAt - a.occurredAt || (a.eventId < b.eventId ? 1 : -1))
    for (const [index, last] of old.entries()) {
      const from = encoded(last.occurredAt, last.eventId)
      const rows = await allPages(cursor => listMessages(dsl.test.database, { instanceId, limit: 2, cursor }), from)
      expect(rows.map(row => row.eventId)).toEqual(old.slice(index + 1).map(event => event.eventId))
    }
  })

  it('[D4] a list that was begun before history had places of its own goes on from its cursor in its own order', async () => {
    const events = texts.map((text, ordinal) => anEvent('message.history', { text, occurredAt, ordinal, epoch: 1, sequence: 7 }))
    await project(events)
    const old = events.toSorted((a, b) => (a.eventId < b.eventId ? 1 : -1))
    for (const [index, last] of old.entries()) {
      const from = encoded(last.occurredAt, '1', '7', last.eventId)
      const rows = await allPages(cursor => listMessages(dsl.test.database, { instanceId, limit: 2, cursor }), from)
      expect(rows.map(row => row.eventId)).toEqual(old.slice(index + 1).map(event => event.eventId))
    }
  })

  it.each([
    [occurredAt, '1', 'x'],
    [occurredAt, 'a', '1', 'x'],
    [occurredAt, '-9223372036854775809', '1', 'x'],
    [occurredAt, '1', '99999999999999999999', 'x'],
    [occurredAt, '1', '9223372036854775808', 'x'],
    [occurredAt, '1', '1', '1', '1', 'x'],
    [occurredAt, 1, 1, 'x'],
  ])('[D4] %j, %j, %j … is the place of no message, and it is said', async (...parts) => {
    const cursor = encoded(...parts)
    await expect(listMessages(dsl.test.database, { instanceId, cursor })).rejects.toThrow('expected a nextCursor')
    await expect(listChats(dsl.test.database, { instanceId, cursor })).rejects.toThrow('expected a nextCursor')
  })
})
