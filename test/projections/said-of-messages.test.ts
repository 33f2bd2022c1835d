// What is said of messages besides their text: votes, answers to events, pins, stars and deletions, in whichever order they come.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EventOf } from '../../src/events/event.ts'
import { getMessage, listMessages } from '../../src/projections/read-model/queries.ts'
import { readModel, readModelTables } from '../../src/projections/read-model/read-model.ts'
import { aGroup, anEvent, somebody, somebodyElse, testStartAt, us } from '../ground/events.ts'
import { openProjectionDsl, type ProjectionDsl } from '../ground/projection-dsl.ts'
import { projected } from '../ground/projections/adding.ts'

const instanceId = 'shop'
const year = 365 * 86_400_000
let dsl: ProjectionDsl
beforeAll(async () => {
  dsl = await openProjectionDsl('said of messages', readModel, { tables: readModelTables })
})
afterAll(() => dsl.close())

const read = (messageId: string) => getMessage(dsl.test.database, { instanceId, messageId })
const idsOf = async (request: object) =>
  (await listMessages(dsl.test.database, { instanceId, ...request })).data.map(one => one.messageId)
const at = (second: number) => testStartAt + second * 1000
const iso = (second: number) => new Date(at(second)).toISOString()

const inGroup = { chatId: aGroup, chatPn: null, isGroup: true }
const by = ({ lid, pn }: { lid: string; pn: string | null }) => ({ senderId: lid, senderPn: pn })
const onNumber = ({ pn }: { pn: string }) => ({ senderId: pn, senderPn: pn })
const elsewhere = { chatId: somebodyElse.lid, chatPn: somebodyElse.pn, ...by(somebodyElse) }

describe('polls', () => {
  const lunch = { name: 'Lunch?', options: ['soup', 'salad', 'rice'], selectableCount: 0 }
  const poll = (given: Partial<EventOf<'message.received'>> = {}) =>
    anEvent('message.received', {
      ...inGroup,
      messageId: 'POLL',
      kind: 'poll',
      text: 'Lunch?',
      poll: lunch,
      occurredAt: at(0),
      ...given,
    })
  const vote = (options: readonly string[], given: Partial<EventOf<'poll.voted'>> = {}) =>
    anEvent('poll.voted', { ...inGroup, targetMessageId: 'POLL', options: [...options], ...given })

  it('[D1] the last vote of each person counts, a withdrawal is not shown, and results are in the poll’s order', async () => {
    const first = vote(['soup'], { ...by(somebody), occurredAt: at(1) })
    const changed = vote(['rice', 'soup'], { ...by(somebody), occurredAt: at(5), unknownHashes: ['ab'] })
    const ours = vote(['soup'], { ...by(us), fromMe: true, occurredAt: at(3) })
    const withdrawn = [
      vote(['salad'], { ...by(somebodyElse), occurredAt: at(2) }),
      vote([], { ...by(somebodyElse), occurredAt: at(4) }),
    ]
    const expected = {
      votes: [
        { senderId: us.lid, senderPn: us.pn, options: ['soup'], unknownHashes: [], at: iso(3) },
        { senderId: somebody.lid, senderPn: somebody.pn, options: ['rice', 'soup'], unknownHashes: ['ab'], at: iso(5) },
      ],
      results: [
        { option: 'soup', votes: 2 },
        { option: 'salad', votes: 0 },
        { option: 'rice', votes: 1 },
      ],
      answers: null,
    }
    await projected(dsl, poll(), first, ...withdrawn, ours, changed)
    expect(await read('POLL')).toMatchObject(expected)
    const project = await projected(dsl, changed, ...withdrawn.toReversed(), ours)
    await project(first)
    await project(poll())
    expect(await read('POLL')).toMatchObject(expected)
  })

  it('[B4] [D1] whoever votes under both addresses has one vote, the last, once they are known to be one person’s', async () => {
    const byNumber = vote(['soup'], { ...onNumber(somebody), occurredAt: at(1) })
    const byLid = vote(['rice'], { senderId: somebody.lid, senderPn: null, occurredAt: at(2) })
    const project = await projected(dsl, poll(by(somebodyElse)), byNumber, byLid)
    expect((await read('POLL'))?.votes?.map(one => one.senderId)).toEqual([somebody.pn, somebody.lid])
    await project(anEvent('contact.updated'))
    expect((await read('POLL'))?.votes).toEqual([
      { senderId: somebody.lid, senderPn: somebody.pn, options: ['rice'], unknownHashes: [], at: iso(2) },
    ])
  })

  it('[D1] a vote counts in its own chat, and for the poll of its own author', async () => {
    await projected(
      dsl,
      poll(by(somebody)),
      poll({ ...by(somebodyElse), messageId: 'POLL', occurredAt: at(9), text: 'forged' }),
      vote(['soup'], { ...elsewhere, isGroup: false }),
      vote(['salad'], { ...by(us), fromMe: true, targetSenderId: somebodyElse.lid }),
      vote(['rice'], { ...by(us), fromMe: true, targetSenderId: somebody.lid }),
    )
    const { data } = await listMessages(dsl.test.database, { instanceId })
    expect(data.map(one => [one.text, one.votes?.map(({ options }) => options)])).toEqual([
      ['forged', [['salad']]],
      ['Lunch?', [['rice']]],
    ])
  })

  it('[D1] a poll and a vote with 100,000 options stop nobody; of a vote 256 are kept', async () => {
    const options = Array.from({ length: 100_000 }, (_, n) => String(n))
    await projected(
      dsl,
      poll({ poll: { name: 'Which?', options, selectableCount: 0 } }),
      vote(options, { ...by(somebody), unknownHashes: options }),
      anEvent('message.received', { messageId: 'AFTER' }),
    )
    const found = await read('POLL')
    expect([found?.votes?.[0]?.options.length, found?.votes?.[0]?.unknownHashes.length]).toEqual([256, 256])
    expect(found?.results?.length).toBe(100_000)
    expect(found?.results?.slice(255, 257)).toEqual([
      { option: '255', votes: 1 },
      { option: '256', votes: 0 },
    ])
    expect(await idsOf({})).toContain('AFTER')
  })

  it('[D1] what is no poll has neither votes nor results, also where somebody votes in it', async () => {
    await projected(dsl, anEvent('message.received', { ...inGroup, messageId: 'POLL' }), vote(['soup'], by(somebody)))
    expect(await read('POLL')).toMatchObject({ votes: null, results: null })
  })
})

describe('events', () => {
  const party = anEvent('message.received', {
    ...{ ...inGroup, messageId: 'PARTY', kind: 'event', text: 'Party' },
    interactive: JSON.stringify({ name: 'Party', startsAt: '2026-02-01T18:00:00.000Z' }),
  })
  const answer = (response: string, given: Partial<EventOf<'message.received'>> = {}, extraGuestCount?: number) =>
    anEvent('message.received', {
      ...{ ...inGroup, kind: 'event', text: null, parentMessageId: 'PARTY' },
      interactive: JSON.stringify({ response, ...(extraGuestCount !== undefined && { extraGuestCount }) }),
      ...given,
    })

  it('[D1] an event shows the last answer of each person; an answer is a message of its own, with its parent', async () => {
    const going = answer('going', { ...by(somebody), occurredAt: at(1) }, 2)
    const maybe = answer('maybe', { ...by(somebodyElse), occurredAt: at(2) })
    const notGoing = answer('not-going', { ...onNumber(somebody), occurredAt: at(3), messageId: 'LAST' })
    const comment = anEvent('message.received', {
      ...inGroup,
      parentMessageId: 'PARTY',
      text: 'with a cake?',
      messageId: 'COMMENT',
    })
    const expected = [
      { senderId: somebodyElse.lid, senderPn: somebodyElse.pn, answer: 'maybe', extraGuests: null, at: iso(2) },
      { senderId: somebody.lid, senderPn: somebody.pn, answer: 'not-going', extraGuests: null, at: iso(3) },
    ]
    const project = await projected(dsl, notGoing, going, maybe, comment)
    await project(party)
    expect(await read('PARTY')).toMatchObject({ answers: expected, votes: null })
    expect(await read('LAST')).toMatchObject({ answers: null, parentMessageId: 'PARTY' })
    const afterwards = await projected(dsl, party, going)
    expect((await read('PARTY'))?.answers).toMatchObject([{ answer: 'going', extraGuests: 2 }])
    await afterwards(answer('maybe', { ...by(somebody), occurredAt: at(0) }))
    expect((await read('PARTY'))?.answers).toMatchObject([{ answer: 'going', at: iso(1) }])
  })

  it('[D4] what belongs to a message is listed by it, newest first and in pages', async () => {
    const parts = Array.from({ length: 5 }, (_, n) =>
      anEvent('message.received', { messageId: `PART${n}`, parentMessageId: 'ALBUM', occurredAt: at(n) }),
    )
    await projected(dsl, anEvent('message.received', { messageId: 'ALBUM' }), ...parts, answer('going', { messageId: 'GOING' }))
    const page = await listMessages(dsl.test.database, { instanceId, parentMessageId: 'ALBUM', limit: 3 })
    expect(page.data.map(one => one.messageId)).toEqual(['PART4', 'PART3', 'PART2'])
    expect(await idsOf({ parentMessageId: 'ALBUM', cursor: page.nextCursor })).toEqual(['PART1', 'PART0'])
    expect(await idsOf({ parentMessageId: 'PARTY', chatId: aGroup })).toEqual(['GOING'])
    expect(await idsOf({ parentMessageId: 'PARTY', chatId: somebody.pn })).toEqual([])
    expect(await idsOf({ parentMessageId: 'NOTHING' })).toEqual([])
  })

  it('[D1] a parent whose id is as long as its sender likes stops nobody, and is found', async () => {
    const parentMessageId = `${'é'.repeat(9_000)}\0`
    await projected(dsl, answer('going', { parentMessageId, messageId: 'LONG' }))
    expect(await idsOf({ parentMessageId })).toEqual(['LONG'])
  })
})

describe('pins', () => {
  const message = anEvent('message.received', { messageId: 'PINNED', occurredAt: at(0) })
  const pin = (on: boolean, given: Partial<EventOf<'message.pinned'>> = {}) =>
    anEvent('message.pinned', { targetMessageId: 'PINNED', on, ...given })
  const soon = Date.now() + year

  it('[D1] the last word of anybody counts, whichever comes first', async () => {
    const [first, last] = [
      pin(true, { ...by(us), fromMe: true, occurredAt: at(1), untilAt: soon }),
      pin(false, { occurredAt: at(2) }),
    ]
    const project = await projected(dsl, last, first)
    await project(message)
    expect(await read('PINNED')).toMatchObject({ pinned: false, pinnedUntil: null })
    await project(pin(true, { occurredAt: at(3), untilAt: soon }))
    expect(await read('PINNED')).toMatchObject({ pinned: true, pinnedUntil: new Date(soon).toISOString() })
    expect(await idsOf({ pinned: true })).toEqual(['PINNED'])
  })

  it('[D1] a pin whose end is past is none, and one without an end has none', async () => {
    const project = await projected(dsl, message, pin(true, { occurredAt: at(1), untilAt: testStartAt - year }))
    expect(await read('PINNED')).toMatchObject({ pinned: false, pinnedUntil: null })
    expect(await idsOf({ pinned: true })).toEqual([])
    await project(pin(true, { occurredAt: at(2), untilAt: null }))
    expect(await read('PINNED')).toMatchObject({ pinned: true, pinnedUntil: null })
    expect(await idsOf({ pinned: true, chatId: somebody.pn })).toEqual(['PINNED'])
  })

  it.each([
    ['of the year 0', -62_167_219_200_000, { pinned: false, pinnedUntil: null }],
    ['of the year 287,000', 9e15, { pinned: true, pinnedUntil: '9999-12-31T23:59:59.999Z' }],
  ])('[D1] an end %s is the nearest that a calendar holds', async (_, untilAt, expected) => {
    await projected(dsl, message, pin(true, { untilAt }))
    expect(await read('PINNED')).toMatchObject(expected)
  })

  it('[D1] a pin in another chat, or of somebody else’s message with the same id, pins nothing', async () => {
    const target = { targetSenderId: us.lid, untilAt: soon }
    await projected(dsl, message, pin(true, { ...elsewhere, untilAt: soon }), pin(true, target))
    expect(await read('PINNED')).toMatchObject({ pinned: false })
    await projected(dsl, message, pin(true, { ...target, targetSenderId: somebody.pn }))
    expect(await read('PINNED')).toMatchObject({ pinned: true })
  })
})

describe('stars and deletions', () => {
  const message = anEvent('message.received', { messageId: 'KEPT', text: 'a recipe', occurredAt: at(0) })
  const state = { senderId: null, senderPn: null, messageId: null, fromMe: null }
  const star = (on: boolean, sequence: number, given: Partial<EventOf<'message.starred'>> = {}) =>
    anEvent('message.starred', { ...state, targetMessageId: 'KEPT', on, epoch: 2, sequence, ...given })

  it('[D1] of a star the greatest epoch and sequence counts, whenever it is said to have been', async () => {
    const project = await projected(dsl, star(false, 9, { occurredAt: at(1) }), star(true, 8, { occurredAt: at(5) }))
    await project(message)
    expect(await read('KEPT')).toMatchObject({ starred: false })
    await project(star(true, 1, { epoch: 3, occurredAt: 0 }))
    expect(await read('KEPT')).toMatchObject({ starred: true })
  })

  it('[D1] a star, a pin and a deletion that were read before their message count once it comes', async () => {
    const pin = anEvent('message.pinned', { targetMessageId: 'KEPT' })
    const deletion = anEvent('message.deleted', { ...state, targetMessageId: 'KEPT', occurredAt: at(4) })
    const project = await projected(dsl, star(true, 1), pin, deletion)
    await project(message)
    expect(await read('KEPT')).toMatchObject({ starred: true, pinned: true, deletedAt: iso(4) })
  })

  it('[B4] [D1] [D4] a star finds its message once both addresses of the chat are known, in the list and in the search', async () => {
    const byNumber = { chatId: somebody.pn, chatPn: somebody.pn, ...onNumber(somebody) }
    const project = await projected(
      dsl,
      anEvent('message.received', { ...byNumber, messageId: 'KEPT', text: 'a recipe' }),
      anEvent('message.received', { ...byNumber, messageId: 'OTHER', text: 'a recipe' }),
      star(true, 5, { chatPn: null }),
    )
    expect(await idsOf({ starred: true })).toEqual([])
    await project(anEvent('contact.updated'))
    for (const chatId of [undefined, somebody.lid, somebody.pn]) {
      expect(await idsOf({ starred: true, chatId })).toEqual(['KEPT'])
      expect(await idsOf({ starred: true, chatId, q: 'recipe' })).toEqual(['KEPT'])
    }
    expect(await idsOf({ starred: true, q: 'cake' })).toEqual([])
  })

  it('[D1] a star of what the account wrote is none of what the other side wrote under the same id', async () => {
    const sent = anEvent('message.sent', { messageId: 'KEPT', text: 'ours', occurredAt: at(1) })
    await projected(dsl, message, sent, star(true, 5, { targetSenderId: us.pn }))
    const { data } = await listMessages(dsl.test.database, { instanceId, starred: true })
    expect(data.map(one => one.text)).toEqual(['ours'])
  })

  it('[D1] a star or a pin for a message that never comes is kept, and shown nowhere', async () => {
    const told = dsl.given(star(true, 5, { targetMessageId: 'NEVER' }), anEvent('message.pinned', { targetMessageId: 'NEVER' }))
    await told.thenRow('message_stars', { target_message_id: 'NEVER' }, { is_on: true })
    expect(await idsOf({ starred: true })).toEqual([])
    expect(await idsOf({ pinned: true })).toEqual([])
  })

  it('[D1] what the account deleted for itself can be read, and says when that was first heard of', async () => {
    const deletion = (second: number) => anEvent('message.deleted', { ...state, targetMessageId: 'KEPT', occurredAt: at(second) })
    const project = await projected(dsl, deletion(7), deletion(4))
    await project(message, deletion(9))
    expect(await read('KEPT')).toMatchObject({ text: 'a recipe', deletedAt: iso(4), revokedAt: null })
  })
})
