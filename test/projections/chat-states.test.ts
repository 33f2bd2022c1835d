// What the account does with its chats: of every field what was said last, under whichever address, whether or not anybody wrote there yet.
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Event, EventOf } from '../../src/events/event.ts'
import { listChats } from '../../src/projections/read-model/queries.ts'
import { readModel, readModelTables } from '../../src/projections/read-model/read-model.ts'
import { aGroup, anEvent, somebody, somebodyElse, testStartAt } from '../ground/events.ts'
import { openProjectionDsl, type ProjectionDsl } from '../ground/projection-dsl.ts'
import { projected } from '../ground/projections/adding.ts'
import { pairOf } from '../ground/projections/number-of.ts'

const instanceId = 'shop'
const year = 365 * 86_400_000
let dsl: ProjectionDsl
beforeAll(async () => {
  dsl = await openProjectionDsl('chat states', readModel, { tables: readModelTables })
})
afterAll(() => dsl.close())

const chats = async (request: object = {}) => (await listChats(dsl.test.database, { instanceId, ...request })).data
const archivedIds = async (archived: boolean) => (await chats({ archived })).map(one => one.chatId)

const message = anEvent('message.received')
const said = (sequence: number, given: Partial<EventOf<'chat.updated'>>) =>
  anEvent('chat.updated', { archived: null, epoch: 2, sequence, ...given })
const byNumber = { chatId: somebody.pn, chatPn: somebody.pn }
const byLid = { chatId: somebody.lid, chatPn: null }

it('[D1] each field is what was said of it last, in whichever order it is read, and what was not said stays', async () => {
  const soon = Date.now() + year
  const all = [
    said(1, { archived: true, pinned: true, unread: true, locked: true }),
    said(2, { muted: true, mutedUntil: soon, expiresInSeconds: 86_400 }),
    said(9, { archived: true, unread: false }),
    said(3, { archived: false, epoch: 3 }),
  ]
  const expected = {
    ...{ archived: false, pinned: true, unread: false, locked: true },
    ...{ muted: true, mutedUntil: new Date(soon).toISOString(), expiresInSeconds: 86_400, deletedAt: null },
  }
  await projected(dsl, message, ...all)
  expect(await chats()).toMatchObject([expected])
  const project = await projected(dsl)
  for (const one of all.toReversed()) await project(one)
  await project(message)
  expect(await chats()).toMatchObject([expected])
  await dsl.given(message, ...all).thenRow('chat_states', {}, { epoch: '3', sequence: '3', changed_by_event: all[3]?.eventId })
})

it('[D1] a mute without an end is for ever, one whose end is past is over, and none takes its end away', async () => {
  const project = await projected(dsl, message, said(1, { muted: true, mutedUntil: testStartAt - year }))
  expect(await chats()).toMatchObject([{ muted: false, mutedUntil: null }])
  await project(said(2, { muted: true, mutedUntil: null }))
  expect(await chats()).toMatchObject([{ muted: true, mutedUntil: null }])
  await project(said(3, { muted: true, mutedUntil: 9e15 }), said(4, { muted: false }))
  expect(await chats()).toMatchObject([{ muted: false, mutedUntil: null }])
})

it('[D1] a chat says when it was deleted last, and is listed all the same', async () => {
  const deleted = (second: number, sequence: number) =>
    anEvent('chat.deleted', { epoch: 2, sequence, occurredAt: testStartAt + second * 1000 })
  await projected(dsl, message, deleted(5, 2), deleted(3, 1))
  expect(await chats()).toMatchObject([{ deletedAt: new Date(testStartAt + 5000).toISOString() }])
  await projected(dsl, message, anEvent('chat.deleted', { cleared: true }))
  expect(await chats()).toMatchObject([{ deletedAt: null }])
})

it('[B4] [D1] [D4] what was said under a number counts under the LID once both are known, in the filter too', async () => {
  const orders: readonly (readonly Event[])[] = [
    [anEvent('message.received', { ...byNumber, senderId: somebody.pn }), said(1, { ...byNumber, archived: true })],
    [said(1, { ...byNumber, archived: true }), anEvent('message.received', { ...byLid, senderId: somebody.lid, senderPn: null })],
    [said(2, { ...byNumber, archived: true }), said(1, { ...byLid, archived: false }), anEvent('message.received', byNumber)],
  ]
  for (const events of orders) {
    const project = await projected(dsl, ...events)
    await project(anEvent('contact.updated'))
    expect(await chats()).toMatchObject([{ chatId: somebody.lid, archived: true }])
    expect(await archivedIds(true)).toEqual([somebody.lid])
    expect(await archivedIds(false)).toEqual([])
  }
})

it('[B4] [D4] a number that was told of somebody earlier than was known has its chat archived as whose it is now', async () => {
  const text = ({ lid }: { lid: string }) =>
    anEvent('message.received', { chatId: lid, chatPn: null, senderId: lid, senderPn: null })
  const project = await projected(
    dsl,
    ...[
      text(somebody),
      text(somebodyElse),
      said(1, { ...byNumber, archived: true, senderId: null, senderPn: null, chatPn: null }),
    ],
    ...[pairOf(somebodyElse, 5), pairOf(somebody, 9)],
  )
  expect(await archivedIds(true)).toEqual([somebody.lid])
  await project(pairOf(somebody, 3))
  expect(await archivedIds(true)).toEqual([somebodyElse.lid])
  expect(await archivedIds(false)).toEqual([somebody.lid])
})

it('[D4] archived chats and others are listed apart, the last active first, in pages', async () => {
  const other = { chatId: somebodyElse.lid, chatPn: somebodyElse.pn, senderId: somebodyElse.lid, senderPn: somebodyElse.pn }
  await projected(
    dsl,
    message,
    anEvent('message.received', { chatId: aGroup, chatPn: null, isGroup: true }),
    anEvent('message.received', other),
    said(1, { archived: true }),
    said(2, { chatId: aGroup, chatPn: null, isGroup: true, archived: true }),
    said(3, { instanceId: 'store', archived: true }),
  )
  expect(await archivedIds(false)).toEqual([somebodyElse.lid])
  const { data, nextCursor } = await listChats(dsl.test.database, { instanceId, archived: true, limit: 1 })
  expect(data.map(one => one.chatId)).toEqual([aGroup])
  expect((await chats({ archived: true, cursor: nextCursor })).map(one => one.chatId)).toEqual([somebody.lid])
})

it('[D1] a chat of which only states are known is in no list', async () => {
  await projected(dsl, said(1, { archived: true }))
  expect(await chats()).toEqual([])
  expect(await archivedIds(true)).toEqual([])
})
