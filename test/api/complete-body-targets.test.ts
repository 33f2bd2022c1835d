// What is done to a message is judged before it is taken: whose it is, how old it is, what is left of it, and who may do that in a group.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { EventOf } from '../../src/events/event.ts'
import {
  ago,
  type BodiesRig,
  beginAnew,
  complete,
  completed,
  groupWhere,
  happened,
  inGroup,
  minutes,
  now,
  openBodiesRig,
  ours,
  refusalOf,
  revoked,
  theirs,
} from '../ground/api/complete-bodies.ts'
import { aGroup, anEvent, somebody, somebodyElse, us } from '../ground/events.ts'

let rig: BodiesRig
beforeAll(async () => {
  rig = await openBodiesRig('complete body targets')
})
afterAll(() => rig.dsl.close())
beforeEach(() => beginAnew(rig))

describe('reactions and pins', () => {
  test('[F1] name whose message it is', async () => {
    await happened(rig, theirs(), ours())
    const target = { fromMe: false, senderId: somebody.lid }
    expect((await complete(rig, { kind: 'reaction', targetMessageId: 'THEIRS', emoji: '👍' })).known).toEqual({ target })
    expect((await complete(rig, { kind: 'pin', targetMessageId: 'OURS', on: true })).known?.target).toMatchObject({
      fromMe: true,
    })
  })

  test('[F1] [I3] to what nobody is known to have written in a group are refused', async () => {
    await happened(rig, theirs({ ...inGroup, senderId: null, senderPn: null }))
    expect(await refusalOf(rig, { kind: 'reaction', targetMessageId: 'THEIRS', emoji: '👍' }, aGroup)).toMatchObject({
      pointer: '/targetMessageId',
      expected: 'a message whose author zaplog knows',
    })
  })

  test('[F1] [I3] to nothing, or to what is gone, are refused, and an event’s id is no message’s', async () => {
    const there = theirs()
    await happened(rig, there, theirs({ messageId: 'GONE' }), revoked('GONE'))
    for (const targetMessageId of ['NOWHERE', 'GONE', there.eventId])
      expect(await refusalOf(rig, { kind: 'reaction', targetMessageId, emoji: '👍' })).toMatchObject({
        status: 422,
        pointer: '/targetMessageId',
      })
  })
})

describe('edits', () => {
  const edit = (targetMessageId: string) => ({ kind: 'edit', targetMessageId, text: 'melhor' })

  test('[F1] are of one’s own texts, within 15 minutes', async () => {
    await happened(rig, ours({ occurredAt: ago(15 * minutes) }), ours({ messageId: 'LINK', kind: 'link-preview' }))
    for (const id of ['OURS', 'LINK']) expect((await complete(rig, edit(id))).known?.target).toMatchObject({ fromMe: true })
  })

  test('[F1] are of use until their 15 minutes are over, deletions 60 hours; what is written whenever it goes out', async () => {
    await happened(rig, ours(), theirs())
    const untilOf = async (asked: object) => (await completed(rig, { targetMessageId: 'OURS', ...asked })).notAfter
    expect(await untilOf({ kind: 'edit', text: 'melhor' })).toBe(now + 14 * minutes)
    expect(await untilOf({ kind: 'delete' })).toBe(now + (60 * 60 - 1) * minutes)
    expect(await untilOf({ kind: 'reaction', emoji: '👍' })).toBeNull()
    expect((await completed(rig, { kind: 'text', text: 'oi' })).notAfter).toBeNull()
  })

  test.each([
    ['another’s', () => theirs(), 'THEIRS', 'a message that the account wrote itself', `one of ${somebody.lid}`],
    ['no text', () => ours({ kind: 'poll' }), 'OURS', 'a text: nothing else is edited in this version', 'one of kind poll'],
  ])('[F1] [I3] of %s are refused', async (_what, event, id, expected, received) => {
    await happened(rig, event())
    expect(await refusalOf(rig, edit(id))).toEqual({ status: 422, pointer: '/targetMessageId', expected, received })
  })

  test('[F1] [I3] after that are refused', async () => {
    const late = ours({ occurredAt: ago(15 * minutes + 1) })
    await happened(rig, late)
    expect(await refusalOf(rig, edit('OURS'))).toMatchObject({
      expected: 'a message of the last 15 minutes',
      received: `one of ${new Date(late.occurredAt).toISOString()}`,
    })
  })
})

describe('deletions', () => {
  const deletion = (targetMessageId: string) => ({ kind: 'delete', targetMessageId })
  const hours = 60 * minutes

  test('[F1] are of what is one’s own, within 60 hours', async () => {
    await happened(
      rig,
      ours({ kind: 'image', occurredAt: ago(60 * hours) }),
      ours({ messageId: 'OLD', occurredAt: ago(60 * hours + 1) }),
    )
    expect((await complete(rig, deletion('OURS'))).known?.target).toMatchObject({ fromMe: true })
    expect(await refusalOf(rig, deletion('OLD'))).toMatchObject({ status: 422, expected: 'a message of the last 60 hours' })
  })

  test('[F1] of what others wrote are for the admins of a group', async () => {
    await happened(rig, theirs(inGroup), groupWhere('member'))
    const refused = { pointer: '/targetMessageId', received: `one of ${somebody.lid}` }
    expect(await refusalOf(rig, deletion('THEIRS'), aGroup)).toMatchObject({
      ...refused,
      expected: expect.stringContaining('admin'),
    })
    for (const role of ['admin', 'superadmin']) {
      await happened(rig, groupWhere(role))
      expect((await complete(rig, deletion('THEIRS'), aGroup)).known).toEqual({
        target: { fromMe: false, senderId: somebody.lid },
      })
    }
    await happened(rig, anEvent('group.participants-changed', { action: 'demote', participants: [{ id: us.lid, pn: us.pn }] }))
    expect(await refusalOf(rig, deletion('THEIRS'), aGroup)).toMatchObject(refused)
  })

  test('[F1] [I3] of what the other wrote between two are refused', async () => {
    await happened(rig, theirs())
    expect(await refusalOf(rig, deletion('THEIRS'))).toMatchObject({ expected: 'a message that the account wrote itself' })
  })
})

describe('mentions of all', () => {
  const toAll = { kind: 'text', text: 'reunião', mentionAll: true }

  test('[F1] are of everybody in the group but the account', async () => {
    await happened(rig, groupWhere('member'))
    expect((await complete(rig, toAll, aGroup)).known?.participants?.toSorted()).toEqual([somebody.lid, somebodyElse.pn])
    expect((await complete(rig, { ...toAll, mentionAll: false }, aGroup)).known).toBeUndefined()
  })

  test('[F1] [I3] of a group that nothing is known of are refused', async () => {
    expect(await refusalOf(rig, toAll, aGroup)).toMatchObject({ status: 422, pointer: '/mentionAll' })
  })
})

describe('forwards', () => {
  const forward = (messageId: string, more = {}) => ({ kind: 'forward', messageId, ...more })
  const contacts = [{ displayName: 'Bea', vcard: 'BEGIN:VCARD\nEND:VCARD' }]
  const location = { latitude: 0, longitude: -46.633, name: 'Sé' }
  const poll = { name: 'Hoje?', options: ['sim', 'não'], selectableCount: 0 }
  const url = 'https://example.com'

  test.each<[Partial<EventOf<'message.received'>>, object]>([
    [
      { kind: 'text', text: 'onde?' },
      { kind: 'text', text: 'onde?' },
    ],
    [
      { kind: 'link-preview', text: url, interactive: JSON.stringify({ url, title: 'Exemplo', cut: true }) },
      { kind: 'text', text: url, linkPreview: { url, title: 'Exemplo' } },
    ],
    [
      { kind: 'location', text: null, location },
      { kind: 'location', location },
    ],
    [
      { kind: 'contacts', text: null, contacts },
      { kind: 'contacts', contacts },
    ],
    [
      { kind: 'poll', text: null, poll },
      { kind: 'poll', poll },
    ],
  ])('[F1] of $kind have what the message had', async (given, content) => {
    await happened(rig, theirs(given))
    const { known } = await complete(rig, forward('THEIRS'), aGroup)
    expect(known?.forwarded).toMatchObject({ content, times: 1 })
  })

  test('[F1] say how often it was forwarded, and of one’s own nothing', async () => {
    await happened(rig, theirs({ forwarded: true }), ours())
    expect((await complete(rig, forward('THEIRS'), aGroup)).known?.forwarded?.times).toBe(2)
    expect((await complete(rig, forward('OURS', { fromChatId: somebody.pn }), aGroup)).known?.forwarded?.times).toBe(0)
    expect(await refusalOf(rig, forward('OURS', { fromChatId: aGroup }))).toMatchObject({ pointer: '/messageId' })
  })

  test('[F1] [I3] of a file that is not stored, of what is viewed once, and of nothing are refused', async () => {
    await happened(
      rig,
      theirs({ kind: 'image', text: 'foto' }),
      theirs({ messageId: 'ONCE', viewOnce: true }),
      theirs({ messageId: 'EMPTY', text: '' }),
    )
    expect(await refusalOf(rig, forward('EMPTY'), aGroup)).toMatchObject({ status: 422, received: 'one of kind text' })
    const refused = { status: 422, pointer: '/messageId' }
    expect(await refusalOf(rig, forward('THEIRS'), aGroup)).toMatchObject({ ...refused, received: 'one whose file is unknown' })
    expect(await refusalOf(rig, forward('ONCE'), aGroup)).toMatchObject({
      ...refused,
      received: 'one of kind text to be viewed once',
    })
    expect(await refusalOf(rig, forward('NOWHERE'), aGroup)).toMatchObject(refused)
  })
})
