// What history says beside its messages is there where nobody else says it, and gives way to whatever this device heard.
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Event, EventOf } from '../../src/events/event.ts'
import { pinsOfHistory, starsOfHistory, votesOfHistory } from '../../src/projections/read-model/history.ts'
import { getGroup, listChats, listContacts, listGroups } from '../../src/projections/read-model/queries.ts'
import { readModel, readModelTables } from '../../src/projections/read-model/read-model.ts'
import { aGroup, anEvent, somebody, somebodyElse, us } from '../ground/events.ts'
import { openProjectionDsl, type ProjectionDsl } from '../ground/projection-dsl.ts'
import { at, instanceId, iso, live, M, ordersOf, projectInTurn, theOne } from '../ground/projections/history-told.ts'

let dsl: ProjectionDsl
beforeAll(async () => {
  dsl = await openProjectionDsl('history beside', readModel, { tables: readModelTables })
})
afterAll(() => dsl.close())

describe('what is said of a message of history', () => {
  it('[D1] [B6] what it has of others is there, and every later word counts before it', async () => {
    const about = { senderId: somebodyElse.lid, senderPn: somebodyElse.pn, fromMe: false }
    const told = anEvent('message.history', {
      ...M,
      ...{ fromMe: true, senderId: us.lid, senderPn: us.pn, status: 'read', revokedAt: at(9) },
      reactions: [
        { ...about, emoji: '🎉', at: at(3) },
        { senderId: somebody.lid, fromMe: false, emoji: '👍', at: null },
      ],
      receipts: [{ participantId: somebody.lid, status: 'delivered', at: at(2) }],
    })
    const removed = anEvent('message.reacted', { targetMessageId: 'M', emoji: '', occurredAt: at(4) })
    const earlier = anEvent('message.reacted', { ...about, targetMessageId: 'M', emoji: '😮', occurredAt: at(2) })
    const edit = anEvent('message.edited', {
      targetMessageId: 'M',
      fromMe: true,
      senderId: us.lid,
      text: 'edited',
      occurredAt: at(8),
    })
    for (const order of ordersOf<Event>([told, removed, earlier, edit])) {
      await projectInTurn(dsl, ...order)
      expect(await theOne(dsl)).toMatchObject({
        reactions: [{ senderId: somebodyElse.lid, emoji: '🎉' }],
        receipts: [{ participantId: somebody.lid, status: 'read' }],
        status: 'read',
        revokedAt: iso(9),
        editedAt: iso(8),
        text: 'edited',
      })
    }
  })

  it('[D1] [B6] of two equal receipts the one that this device got itself says when', async () => {
    const told = anEvent('message.history', { ...M, receipts: [{ participantId: somebody.lid, status: 'read', at: at(2) }] })
    const receipt = anEvent('message.receipt-updated', { messageIds: ['M'], participantId: somebody.lid, occurredAt: at(5) })
    for (const order of ordersOf<Event>([told, receipt])) {
      await projectInTurn(dsl, ...order)
      expect((await theOne(dsl))?.receipts).toEqual([{ participantId: somebody.lid, status: 'read', at: iso(5) }])
    }
    await dsl.projected(told, receipt)
    expect((await theOne(dsl))?.receipts).toMatchObject([{ at: iso(5) }])
  })

  it('[D1] [B6] its status is of the other between two, and of nobody in a group', async () => {
    const ours = { ...M, fromMe: true, senderId: us.lid, senderPn: us.pn, status: 'delivered' }
    await dsl.projected(anEvent('message.history', { ...ours, chatId: aGroup, chatPn: null, isGroup: true }))
    expect(await theOne(dsl)).toMatchObject({ status: 'delivered', receipts: [{ participantId: '', status: 'delivered' }] })
    await dsl.projected(anEvent('message.history', { ...ours, status: 'server' }))
    expect(await theOne(dsl)).toMatchObject({ receipts: [{ participantId: '', status: 'server' }] })
  })

  it('[D1] [B6] of people whose addresses no index could hold it stops nobody', async () => {
    const long = randomBytes(9_000).toString('hex')
    const far = { senderId: `${long}@lid`, senderPn: `${long}@s.whatsapp.net`, fromMe: false }
    const receipt = { participantId: far.senderId, participantPn: far.senderPn, status: 'read' }
    await dsl.projected(
      anEvent('message.history', { ...M, reactions: [{ ...far, emoji: '🎉' }], receipts: [receipt], text: 'read all the same' }),
    )
    expect(await theOne(dsl)).toMatchObject({ text: 'read all the same', reactions: [{ emoji: '🎉' }] })
  })

  it('[D1] [B6] votes, stars and pins are what they would be by themselves', () => {
    const vote = { senderId: somebodyElse.lid, senderPn: null, fromMe: false, options: ['sim'], unknownHashes: [], at: at(3) }
    const told: EventOf<'message.history'> = anEvent('message.history', {
      ...M,
      ...{ votes: [vote], starred: true, pinned: true, pinnedUntil: at(99) },
    })
    const place = { sequence: told.sequence, eventId: told.eventId, targetMessageId: 'M' }
    const { senderId, senderPn, options } = vote
    expect(votesOfHistory(told)).toMatchObject([{ ...place, senderId, senderPn, options, occurredAt: at(3), type: 'poll.voted' }])
    expect(starsOfHistory(told)).toMatchObject([{ ...place, on: true, type: 'message.starred' }])
    expect(pinsOfHistory(told)).toMatchObject([{ ...place, on: true, untilAt: at(99), type: 'message.pinned' }])
    const none = anEvent('message.history')
    expect([votesOfHistory(none), starsOfHistory(none), pinsOfHistory(none)]).toEqual([[], [], []])
  })
})

describe('the phone made its history before it told of it', () => {
  const state = { epoch: 1, sequence: 5, senderId: null, senderPn: null, chatPn: null }
  const told = { ...state, epoch: 7, sequence: 90, origin: 'history' }
  const theChat = async () => (await listChats(dsl.test.database, { instanceId })).data[0]
  const theContact = async () => (await listContacts(dsl.test.database, { instanceId })).data[0]
  const isTheSame = async (events: readonly Event[], check: () => Promise<void>) => {
    for (const order of ordersOf(events)) {
      await projectInTurn(dsl, ...order)
      await check()
    }
    await dsl.projected(...events)
    await check()
  }

  it('[D1] [B6] what this device heard of a chat counts before it, and what only history says is there', async () => {
    const archived = anEvent('chat.updated', { ...state, archived: true })
    const ofHistory = anEvent('chat.updated', { ...told, archived: false, pinned: true })
    await isTheSame([live, archived, ofHistory], async () => {
      expect(await theChat()).toMatchObject({ archived: true, pinned: true })
    })
  })

  it('[D1] [B6] what this device heard of a group and who is in it counts before it', async () => {
    const as = (id: string, role: string | null = null) => ({ id, role })
    const renamed = anEvent('group.updated', { ...state, chatId: aGroup, subject: 'Now', participants: null })
    const left = anEvent('group.participants-changed', {
      ...state,
      sequence: 4,
      chatId: aGroup,
      action: 'leave',
      participants: [as(somebody.lid)],
    })
    const promoted = anEvent('group.participants-changed', {
      ...state,
      sequence: 6,
      chatId: aGroup,
      action: 'promote',
      participants: [as(us.lid)],
    })
    const ofHistory = anEvent('group.updated', {
      ...{
        ...told,
        chatId: aGroup,
        subject: 'Then',
        description: 'About',
        participants: [as(somebody.lid), as(us.lid), as(somebodyElse.lid)],
      },
    })
    await isTheSame([renamed, left, promoted, ofHistory], async () => {
      expect(await getGroup(dsl.test.database, { instanceId, groupId: aGroup })).toMatchObject({
        ...{ subject: 'Now', description: 'About', participantCount: 2 },
        participants: [
          { id: somebodyElse.lid, role: 'member' },
          { id: us.lid, role: 'admin' },
        ],
      })
    })
  })

  it('[D1] [B6] names of contacts that this device heard count before it, and of those of history the last one', async () => {
    const contact = { contactId: somebody.lid, contactLid: somebody.lid, contactPn: null }
    const heard = anEvent('contact.updated', { ...state, ...contact, name: null, pushName: 'ana' })
    const first = anEvent('contact.updated', { ...told, ...contact, sequence: 80, name: 'Anna', pushName: 'old' })
    const second = anEvent('contact.updated', { ...told, ...contact, name: 'Ana', pushName: 'older' })
    await isTheSame([heard, first, second], async () => {
      expect(await theContact()).toMatchObject({ name: 'Ana', pushName: 'ana' })
    })
  })

  it('[D1] [B6] a star that this device heard be taken away stays away, and one that only history tells of is there', async () => {
    const starred = anEvent('message.history', { ...M, epoch: 7, sequence: 90, starred: true })
    const unstarred = anEvent('message.starred', { ...state, targetMessageId: 'M', targetSenderId: somebody.lid, on: false })
    await isTheSame([starred, unstarred], async () => {
      expect(await theOne(dsl)).toMatchObject({ starred: false })
    })
    await dsl.projected(starred)
    expect(await theOne(dsl)).toMatchObject({ starred: true })
  })

  it('[D1] [D4] [B6] lists of what history alone tells of go on from page to page', async () => {
    const ids = ['1', '2', '3']
    await dsl.projected(
      ...ids.map(id => anEvent('group.updated', { ...told, eventId: `a${id}`.repeat(16), groupId: `${id}@g.us`, subject: id })),
      ...ids.map(id =>
        anEvent('contact.updated', {
          ...told,
          eventId: `b${id}`.repeat(16),
          contactId: `${id}@lid`,
          contactLid: null,
          contactPn: null,
          name: id,
        }),
      ),
    )
    for (const list of [listGroups, listContacts] as const) {
      const first = await list(dsl.test.database, { instanceId, limit: 2 })
      const rest = await list(dsl.test.database, { instanceId, limit: 2, cursor: first.nextCursor })
      expect([first.data.length, rest.data.length, rest.nextCursor]).toEqual([2, 1, null])
    }
  })
})
