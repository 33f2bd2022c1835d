// What is asked for is judged before it is taken: by what the read model has of its chat, its target and its group.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Completed, completeBody } from '../../src/api/commands/complete-body.ts'
import { Problem, problemBody } from '../../src/api/problems.ts'
import type { Transaction } from '../../src/database/database.ts'
import { type KeptBody, messageBody, parseKeptBody, uploadIn } from '../../src/events/command-bodies.ts'
import type { Event, EventOf } from '../../src/events/event.ts'
import { albumParts } from '../../src/instances/album-parts.ts'
import { askCommand } from '../../src/instances/commands.ts'
import { owe } from '../../src/instances/outbox.ts'
import { failUpload, findUpload } from '../../src/instances/uploads.ts'
import { getChatTimer } from '../../src/projections/read-model/queries.ts'
import { readModel, readModelTables } from '../../src/projections/read-model/read-model.ts'
import { createSealer } from '../../src/runtime/seal.ts'
import { aGroup, anEvent, somebody, somebodyElse, testStartAt, us } from '../ground/events.ts'
import { never, openProjectionDsl, type ProjectionDsl, type ProjectionWorld } from '../ground/projection-dsl.ts'

let dsl: ProjectionDsl
let world: ProjectionWorld
beforeAll(async () => {
  dsl = await openProjectionDsl('complete body', readModel, { tables: readModelTables })
})
afterAll(() => dsl.close())
beforeEach(async () => {
  world = await dsl.projected(anEvent('instance.paired'), calledByThemself)
})

/** Whom the account has never written with, as far as that says: who wrote in a shared group. */
const calledByThemself = anEvent('contact.updated', { name: null, pushName: 'Somebody' })

const minutes = 60_000
const now = testStartAt + 365 * 86_400_000
const ago = (ms: number) => now - ms
const happened = async (...events: readonly Event[]) => {
  await world.append(events)
  await world.projectAll()
}
const deps = () => ({
  ...{ database: dsl.test.database, objects: { newKey: (name: string) => name }, clock: () => now },
  ...{
    sealer: createSealer({ current: Buffer.alloc(32, 7), previous: null }),
    uploads: { expireAfterMs: 86_400_000, ffmpegPath: null, allowCidrs: [] },
  },
  outbox: {
    owe: (tx: Transaction, event: Event) => owe({ codec: dsl.codec, topic: name => name }, tx, event),
    append: async () => null,
  },
})
const completed = (asked: Readonly<Record<string, unknown>>, chatId: string = somebody.lid): Promise<Completed> =>
  completeBody(deps(), { instanceId: 'shop', commandId: `for ${chatId}`, signal: never }, messageBody.parse({ chatId, ...asked }))
const complete = async (...asked: Parameters<typeof completed>): Promise<KeptBody> => (await completed(...asked)).body
const refusalOf = async (asked: Readonly<Record<string, unknown>>, chatId: string = somebody.lid) => {
  const refused: unknown = await complete(asked, chatId).catch(error => error)
  if (!(refused instanceof Problem)) throw new Error(`expected a Problem, got ${JSON.stringify(refused)}`)
  const { status, errors } = problemBody(refused)
  return { status, ...errors?.[0] }
}
const theirs = (given: Partial<EventOf<'message.received'>> = {}) =>
  anEvent('message.received', { messageId: 'THEIRS', text: 'onde?', occurredAt: ago(minutes), ...given })
const ours = (given: Partial<EventOf<'message.sent'>> = {}) =>
  anEvent('message.sent', { messageId: 'OURS', text: 'já vai', occurredAt: ago(minutes), ...given })
const inGroup = { chatId: aGroup, chatPn: null, isGroup: true }
const groupWhere = (role: string) =>
  anEvent('group.updated', {
    participants: [
      { id: us.lid, pn: us.pn, role },
      { id: somebody.lid, pn: somebody.pn },
      { id: somebodyElse.pn, pn: somebodyElse.pn },
    ],
  })

describe('the chat', () => {
  test('[F1] is called by its LID where that is known, and stays as asked where it is not', async () => {
    expect(await complete({ kind: 'text', text: 'oi' }, somebody.pn)).toEqual({
      ...{ chatId: somebody.lid, kind: 'text', text: 'oi' },
      known: { isFirst: true },
    })
    expect(await complete({ kind: 'text', text: 'oi' }, '+55 11 90000-0042')).toMatchObject({
      chatId: '5511900000042@s.whatsapp.net',
    })
  })

  test('[F1] has a timer, of a group or between two, which is read when something goes out and not when it is asked for', async () => {
    await happened(theirs(), anEvent('chat.updated', { archived: null, expiresInSeconds: 86_400 }))
    const timer = (chatId: string) => getChatTimer(dsl.test.database, { instanceId: 'shop', chatId })
    expect([await timer(somebody.pn), await timer(somebody.lid), await timer(somebodyElse.lid)]).toEqual([86_400, 86_400, null])
    expect(await complete({ kind: 'text', text: 'oi' })).not.toHaveProperty('known')
    await happened(anEvent('chat.updated', { archived: null, expiresInSeconds: 0 }))
    expect(await timer(somebody.lid)).toBeNull()
    await happened(anEvent('group.updated', { expiresInSeconds: 604_800 }))
    expect(await timer(aGroup)).toBe(604_800)
  })

  test('[F1] has the timer that a command has just set, until the read model has it, and none of one that waits or has failed', async () => {
    await happened(theirs(), anEvent('chat.updated', { archived: null, expiresInSeconds: 86_400 }))
    const { database } = dsl.test
    const timer = () => getChatTimer(database, { instanceId: 'shop', chatId: somebody.pn })
    const setting = (expiresInSeconds: unknown, commandId: string) => ({
      ...{ instanceId: 'shop', commandId, eventId: commandId, messageId: 'M', digest: 'd', operation: 'chat.timer' },
      ...{ chatId: somebody.lid, body: { kind: 'timer', chatId: somebody.lid, expiresInSeconds } },
      ...{ askedAt: Date.now(), expiresAt: Date.now() + 60_000 },
    })
    const become = (state: string, ago = '0 s') =>
      database.query('update commands set state = $1, ended_at = now() - $2::interval', [state, ago])
    await askCommand(database, setting(604_800, '1'))
    await askCommand(database, setting('soon', '2'))
    for (const state of ['asked', 'accepted', 'sending', 'ending', 'failed']) {
      await become(state)
      expect(await timer()).toBe(86_400)
    }
    await become('completed')
    expect(await timer()).toBe(604_800)
    await become('completed', '1 minute')
    expect(await timer()).toBe(86_400)
  })

  test('[F1] what is kept is read again as it was', async () => {
    await happened(theirs())
    const kept = await complete({ kind: 'text', text: 'aqui', quotedMessageId: 'THEIRS' })
    expect(parseKeptBody(JSON.parse(JSON.stringify(kept)))).toEqual(kept)
  })
})

test('[F1] what an account wrote that was linked before is not taken for what this one wrote', async () => {
  const before = { senderId: '205511900000098@lid', senderPn: '5511900000098@s.whatsapp.net' }
  await happened(ours(), ours({ messageId: 'BEFORE', ...before }))
  expect(await complete({ kind: 'edit', targetMessageId: 'OURS', text: 'já' })).toMatchObject({
    known: { target: { fromMe: true } },
  })
  const refused = { status: 422, expected: 'a message of the account that is linked now' }
  for (const kind of ['edit', 'delete', 'reaction'])
    expect(
      await refusalOf({
        kind,
        targetMessageId: 'BEFORE',
        ...(kind === 'edit' && { text: 'a' }),
        ...(kind === 'reaction' && { emoji: '👍' }),
      }),
    ).toMatchObject({
      ...{ ...refused, pointer: '/targetMessageId', received: `one that ${before.senderId} wrote, which was linked before` },
    })
  expect(await refusalOf({ kind: 'text', text: 'sim', quotedMessageId: 'BEFORE' })).toMatchObject({
    ...refused,
    pointer: '/quotedMessageId',
  })
})

describe('what it replies to', () => {
  test('[F1] is quoted with its author and its text, also what has another name for it', async () => {
    await happened(
      theirs(),
      theirs({ messageId: 'LONG', text: 'a'.repeat(5_000) }),
      theirs({
        messageId: 'POLL',
        kind: 'poll',
        text: null,
        poll: { name: 'Hoje?', options: ['sim', 'não'], selectableCount: 1 },
      }),
      theirs({ messageId: 'PHOTO', kind: 'image', text: null }),
    )
    const quoted = async (quotedMessageId: string) =>
      (await complete({ kind: 'text', text: 'aqui', quotedMessageId })).known?.quoted
    expect(await quoted('THEIRS')).toEqual({ fromMe: false, senderId: somebody.lid, text: 'onde?' })
    expect((await quoted('LONG'))?.text).toHaveLength(1_024)
    expect((await quoted('POLL'))?.text).toBe('Hoje?')
    expect((await quoted('PHOTO'))?.text).toBe('')
  })

  test('[F1] [I3] is a message of the same chat that is still there', async () => {
    await happened(theirs(), ours({ messageId: 'ELSEWHERE', ...inGroup }), theirs({ messageId: 'GONE' }), revoked('GONE'))
    const expected = `the id of a message in chat ${somebody.lid} that zaplog has`
    for (const quotedMessageId of ['NOWHERE', 'ELSEWHERE'])
      expect(await refusalOf({ kind: 'text', text: 'aqui', quotedMessageId })).toEqual({
        status: 422,
        pointer: '/quotedMessageId',
        expected,
        received: JSON.stringify(quotedMessageId),
      })
    const quotedMessageId = 'GONE'
    expect(await refusalOf({ kind: 'text', text: 'aqui', quotedMessageId })).toMatchObject({
      expected: 'a message that is still there',
    })
  })
})

const revoked = (targetMessageId: string) => anEvent('message.revoked', { targetMessageId, occurredAt: ago(0) })

describe('reactions and pins', () => {
  test('[F1] name whose message it is', async () => {
    await happened(theirs(), ours())
    const target = { fromMe: false, senderId: somebody.lid }
    expect((await complete({ kind: 'reaction', targetMessageId: 'THEIRS', emoji: '👍' })).known).toEqual({ target })
    expect((await complete({ kind: 'pin', targetMessageId: 'OURS', on: true })).known?.target).toMatchObject({ fromMe: true })
  })

  test('[F1] [I3] to what nobody is known to have written in a group are refused', async () => {
    await happened(theirs({ ...inGroup, senderId: null, senderPn: null }))
    expect(await refusalOf({ kind: 'reaction', targetMessageId: 'THEIRS', emoji: '👍' }, aGroup)).toMatchObject({
      pointer: '/targetMessageId',
      expected: 'a message whose author zaplog knows',
    })
  })

  test('[F1] [I3] to nothing, or to what is gone, are refused, and an event’s id is no message’s', async () => {
    const there = theirs()
    await happened(there, theirs({ messageId: 'GONE' }), revoked('GONE'))
    for (const targetMessageId of ['NOWHERE', 'GONE', there.eventId])
      expect(await refusalOf({ kind: 'reaction', targetMessageId, emoji: '👍' })).toMatchObject({
        status: 422,
        pointer: '/targetMessageId',
      })
  })
})

describe('edits', () => {
  const edit = (targetMessageId: string) => ({ kind: 'edit', targetMessageId, text: 'melhor' })

  test('[F1] are of one’s own texts, within 15 minutes', async () => {
    await happened(ours({ occurredAt: ago(15 * minutes) }), ours({ messageId: 'LINK', kind: 'link-preview' }))
    for (const id of ['OURS', 'LINK']) expect((await complete(edit(id))).known?.target).toMatchObject({ fromMe: true })
  })

  test('[F1] are of use until their 15 minutes are over, deletions 60 hours; what is written whenever it goes out', async () => {
    await happened(ours(), theirs())
    const untilOf = async (asked: object) => (await completed({ targetMessageId: 'OURS', ...asked })).notAfter
    expect(await untilOf({ kind: 'edit', text: 'melhor' })).toBe(now + 14 * minutes)
    expect(await untilOf({ kind: 'delete' })).toBe(now + (60 * 60 - 1) * minutes)
    expect(await untilOf({ kind: 'reaction', emoji: '👍' })).toBeNull()
    expect((await completed({ kind: 'text', text: 'oi' })).notAfter).toBeNull()
  })

  test.each([
    ['another’s', () => theirs(), 'THEIRS', 'a message that the account wrote itself', `one of ${somebody.lid}`],
    ['no text', () => ours({ kind: 'poll' }), 'OURS', 'a text: nothing else is edited in this version', 'one of kind poll'],
  ])('[F1] [I3] of %s are refused', async (_what, event, id, expected, received) => {
    await happened(event())
    expect(await refusalOf(edit(id))).toEqual({ status: 422, pointer: '/targetMessageId', expected, received })
  })

  test('[F1] [I3] after that are refused', async () => {
    const late = ours({ occurredAt: ago(15 * minutes + 1) })
    await happened(late)
    expect(await refusalOf(edit('OURS'))).toMatchObject({
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
      ours({ kind: 'image', occurredAt: ago(60 * hours) }),
      ours({ messageId: 'OLD', occurredAt: ago(60 * hours + 1) }),
    )
    expect((await complete(deletion('OURS'))).known?.target).toMatchObject({ fromMe: true })
    expect(await refusalOf(deletion('OLD'))).toMatchObject({ status: 422, expected: 'a message of the last 60 hours' })
  })

  test('[F1] of what others wrote are for the admins of a group', async () => {
    await happened(theirs(inGroup), groupWhere('member'))
    const refused = { pointer: '/targetMessageId', received: `one of ${somebody.lid}` }
    expect(await refusalOf(deletion('THEIRS'), aGroup)).toMatchObject({ ...refused, expected: expect.stringContaining('admin') })
    for (const role of ['admin', 'superadmin']) {
      await happened(groupWhere(role))
      expect((await complete(deletion('THEIRS'), aGroup)).known).toEqual({ target: { fromMe: false, senderId: somebody.lid } })
    }
    await happened(anEvent('group.participants-changed', { action: 'demote', participants: [{ id: us.lid, pn: us.pn }] }))
    expect(await refusalOf(deletion('THEIRS'), aGroup)).toMatchObject(refused)
  })

  test('[F1] [I3] of what the other wrote between two are refused', async () => {
    await happened(theirs())
    expect(await refusalOf(deletion('THEIRS'))).toMatchObject({ expected: 'a message that the account wrote itself' })
  })
})

describe('mentions of all', () => {
  const toAll = { kind: 'text', text: 'reunião', mentionAll: true }

  test('[F1] are of everybody in the group but the account', async () => {
    await happened(groupWhere('member'))
    expect((await complete(toAll, aGroup)).known?.participants?.toSorted()).toEqual([somebody.lid, somebodyElse.pn])
    expect((await complete({ ...toAll, mentionAll: false }, aGroup)).known).toBeUndefined()
  })

  test('[F1] [I3] of a group that nothing is known of are refused', async () => {
    expect(await refusalOf(toAll, aGroup)).toMatchObject({ status: 422, pointer: '/mentionAll' })
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
    await happened(theirs(given))
    const { known } = await complete(forward('THEIRS'), aGroup)
    expect(known?.forwarded).toMatchObject({ content, times: 1 })
  })

  test('[F1] say how often it was forwarded, and of one’s own nothing', async () => {
    await happened(theirs({ forwarded: true }), ours())
    expect((await complete(forward('THEIRS'), aGroup)).known?.forwarded?.times).toBe(2)
    expect((await complete(forward('OURS', { fromChatId: somebody.pn }), aGroup)).known?.forwarded?.times).toBe(0)
    expect(await refusalOf(forward('OURS', { fromChatId: aGroup }))).toMatchObject({ pointer: '/messageId' })
  })

  test('[F1] [I3] of a file that is not stored, of what is viewed once, and of nothing are refused', async () => {
    await happened(
      theirs({ kind: 'image', text: 'foto' }),
      theirs({ messageId: 'ONCE', viewOnce: true }),
      theirs({ messageId: 'EMPTY', text: '' }),
    )
    expect(await refusalOf(forward('EMPTY'), aGroup)).toMatchObject({ status: 422, received: 'one of kind text' })
    const refused = { status: 422, pointer: '/messageId' }
    expect(await refusalOf(forward('THEIRS'), aGroup)).toMatchObject({ ...refused, received: 'one whose file is unknown' })
    expect(await refusalOf(forward('ONCE'), aGroup)).toMatchObject({ ...refused, received: 'one of kind text to be viewed once' })
    expect(await refusalOf(forward('NOWHERE'), aGroup)).toMatchObject(refused)
  })
})

describe('whether it is the first that is said to somebody', () => {
  const isFirst = async (chatId: string, asked: Readonly<Record<string, unknown>> = { kind: 'text', text: 'oi' }) =>
    (await complete(asked, chatId)).known?.isFirst === true

  test('[F2] it is where neither has written, under whichever of their addresses, and not in a group', async () => {
    expect(await isFirst(somebody.lid)).toBe(true)
    expect(await isFirst(aGroup)).toBe(false)
    await happened(theirs())
    expect([await isFirst(somebody.lid), await isFirst(somebody.pn)]).toEqual([false, false])
    expect(await isFirst(somebodyElse.lid)).toBe(true)
  })

  test('[F2] it is, whatever a stranger wrote in a shared group, and however often they said what they are called', async () => {
    const names = [somebody.lid, somebody.pn].map(contactId =>
      anEvent('contact.updated', { contactId, name: null, pushName: 'Ana' }),
    )
    const again = anEvent('contact.updated', { name: null, pushName: 'Ana', origin: 'history' })
    await happened(theirs(inGroup), theirs({ ...inGroup, messageId: 'AGAIN' }), ...names, again)
    expect([await isFirst(somebody.lid), await isFirst(somebody.pn)]).toEqual([true, true])
  })

  test.each([
    ['what the account wrote', () => ours()],
    ['what the phone says of the chat', () => anEvent('chat.updated', { archived: true, origin: 'history' })],
    ['they were saved in the address book', () => anEvent('contact.updated', { name: 'Ana', pushName: null })],
    [
      'that under their number',
      () => anEvent('contact.updated', { contactId: somebody.pn, name: 'Ana', pushName: null, origin: 'history' }),
    ],
  ])('[F2] it is not after %s', async (_, event) => {
    await happened(event())
    expect(await isFirst(somebody.lid)).toBe(false)
  })
})

describe('statuses', () => {
  const status = { kind: 'text', text: 'Aberto!' }
  const audienceOf = async (asked: Readonly<Record<string, unknown>> = {}) =>
    (await complete({ ...status, ...asked }, 'status')).known?.audience
  const named = (id: string, name: string | null) =>
    anEvent('contact.updated', { contactId: id, contactPn: null, contactLid: null, name, pushName: 'Push' })
  const theirStatus = () => theirs({ messageId: 'STATUS', chatId: 'status@broadcast', chatPn: null })
  const ourStatus = () => ours({ messageId: 'POSTED', chatId: 'status@broadcast', chatPn: null })

  test('[F1] are for whom they name, each once and under one address, and wait for no turn of first messages', async () => {
    const chatIds = [somebody.pn, somebody.lid, '+55 11 90000-0042']
    expect((await complete({ ...status, audience: { chatIds } }, 'status')).known).toEqual({
      audience: [somebody.lid, '5511900000042@s.whatsapp.net'],
    })
  })

  test('[F1] are for the address book where they name nobody, without the account itself and whom it blocked', async () => {
    const [saved, blocked, stranger] = ['301@lid', '302@lid', '303@lid']
    await happened(
      ...[named(saved, 'Ana'), named(blocked, 'Bia'), named(stranger, null), named(us.lid, 'Me'), named(aGroup, 'Team')],
      anEvent('blocklist.updated', { contactId: blocked, contactPn: null, on: true }),
    )
    expect(await audienceOf()).toEqual([saved])
    expect((await audienceOf({ audience: { contacts: 'known' } }))?.toSorted()).toEqual(
      [somebody.lid, saved, stranger].toSorted(),
    )
  })

  test('[F1] [I3] for an address book that names nobody are refused', async () => {
    expect(await refusalOf(status, 'status')).toMatchObject({
      ...{ status: 422, pointer: '/audience', received: 'nobody whom zaplog knows' },
      expected: expect.stringContaining('{chatIds}'),
    })
  })

  test('[F1] are deleted for whom they were posted to, or for all where nobody knows', async () => {
    await happened(ourStatus())
    const delete_ = { kind: 'delete', targetMessageId: 'POSTED' }
    expect((await complete(delete_, 'status')).known).toMatchObject({ target: { fromMe: true }, audience: [somebody.lid] })
    await dsl.test.database.query(
      `insert into commands (instance_id, command_id, digest, event_id, operation, chat_id, message_id, body, expires_at, built)
       values ('shop', 'posted', '', '', 'message.send', 'status@broadcast', 'POSTED', $1, now(), 'sealed')`,
      [JSON.stringify({ ...status, chatId: 'status', known: { audience: ['304@lid'] } })],
    )
    expect((await complete(delete_, 'status')).known?.audience).toEqual(['304@lid'])
  })

  test('[F1] of others are reacted to for their author alone, and answered in the chat with them', async () => {
    await happened(theirStatus(), ourStatus())
    const reaction = (targetMessageId: string) => ({ kind: 'reaction', targetMessageId, emoji: '👍' })
    expect((await complete(reaction('STATUS'), 'status')).known).toEqual({
      ...{ target: { fromMe: false, senderId: somebody.lid }, audience: [somebody.lid] },
    })
    expect(await refusalOf(reaction('POSTED'), 'status')).toMatchObject({
      pointer: '/targetMessageId',
      received: 'one of the account',
    })
    const reply = { kind: 'text', text: 'oba', quotedMessageId: 'STATUS' }
    expect((await complete(reply)).known?.quoted).toMatchObject({ senderId: somebody.lid, text: 'onde?', isStatus: true })
    expect(await refusalOf(reply, somebodyElse.lid)).toMatchObject({ status: 422, pointer: '/quotedMessageId' })
  })
})

describe('albums', () => {
  const url = (name: string) => ({ url: `https://example.com/${name}` })

  test('[F1] reply with their first item, and mention with the captions that do', async () => {
    await happened(theirs(inGroup), groupWhere('member'))
    const [one, other] = ['a.jpg', 'b.jpg'].map(name => ({ kind: 'image', media: url(name), caption: 'oi @todos' }))
    const items = [one, { ...other, mentionAll: true }]
    const body = await complete({ kind: 'album', items, quotedMessageId: 'THEIRS' }, aGroup)
    const quoted = { fromMe: false, senderId: somebody.lid, text: 'onde?' }
    const participants = [somebody.lid, somebodyElse.pn]
    expect(body).toMatchObject({ kind: 'album', known: { quoted, participants } })
    if (body.kind !== 'album') throw new Error('expected an album')
    const parts = albumParts({ instanceId: 'shop', commandId: 'c', body }).map(part => part.body)
    expect(parts[1]).toMatchObject({ quotedMessageId: 'THEIRS', known: { album: {}, quoted } })
    expect(parts[1]?.known).not.toHaveProperty('participants')
    expect(parts[2]).toMatchObject({ mentionAll: true, known: { album: {}, participants } })
    expect(parts[2]).not.toHaveProperty('quotedMessageId')
    for (const part of parts) expect(parseKeptBody(JSON.parse(JSON.stringify(part)))).toEqual(part)
    const unknown = { kind: 'album', items: [one, { ...other, mentionAll: true }] }
    expect(await refusalOf(unknown, '120363000000000077@g.us')).toMatchObject({ status: 422, pointer: '/items/1/mentionAll' })
    expect(await refusalOf({ kind: 'album', items: [one, other], quotedMessageId: 'NOTHING' })).toMatchObject({
      pointer: '/quotedMessageId',
    })
  })

  test('[F1] [C13] have an upload for each that is in them, and a file that will not do is named by its place', async () => {
    const items = [
      { kind: 'image', media: url('a.jpg'), caption: 'um' },
      { kind: 'video', media: url('b.mp4') },
    ]
    const body = await complete({ kind: 'album', items }, '5511900000060')
    expect(body).toMatchObject({
      items: [
        { kind: 'image', media: { uploadId: expect.any(String) }, caption: 'um' },
        { kind: 'video', media: { uploadId: expect.any(String) } },
      ],
      known: { isFirst: true },
    })
    for (const [media, pointer] of [
      [{ url: 'https://127.0.0.1/a.jpg' }, '/items/1/media/url'],
      [{ ...url('c'), mimetype: 'application/pdf' }, '/items/1/media/mimetype'],
      [{ uploadId: 'nothing' }, '/items/1/media/uploadId'],
      [{ objectKey: 'nothing' }, '/items/1/media/objectKey'],
    ])
      expect(await refusalOf({ kind: 'album', items: [items[0], { kind: 'image', media }] })).toMatchObject({
        status: 422,
        pointer,
      })
  })
})

describe('files', () => {
  const image = (media: object) => ({ kind: 'image', media })
  const url = 'https://example.com/foto.jpg?token=secret'
  const uploadOf = async (body: KeptBody) => {
    const uploadId = uploadIn(body)?.uploadId ?? ''
    return { uploadId, row: await findUpload(dsl.test.database, 'shop', uploadId) }
  }
  const requested = () =>
    dsl.test.database
      .query<{ n: number }>("select count(*)::int as n from api_outbox where topic = 'events'")
      .then(([row]) => row?.n)

  test('[F1] [C13] at a URL are an upload, which is told and whose place the message does not keep', async () => {
    const before = (await requested()) ?? 0
    const body = await complete(image({ url, mimetype: 'image/jpeg', fileName: 'foto.jpg' }), '5511900000050')
    const { uploadId, row } = await uploadOf(body)
    expect(body).toMatchObject({ chatId: '5511900000050@s.whatsapp.net', kind: 'image', media: { uploadId } })
    expect(JSON.stringify(body)).not.toContain('secret')
    expect(row).toMatchObject({ state: 'processing', from: 'url', kind: 'image', mimetype: 'image/jpeg', fileName: 'foto.jpg' })
    expect(JSON.stringify(row)).not.toContain('secret')
    expect(await complete(image({ url, mimetype: 'image/jpeg', fileName: 'foto.jpg' }), '5511900000050')).toEqual(body)
    expect(await requested()).toBe(before + 1)
  })

  test('[F1] [C13] two files that are asked for with one key at the same time are two uploads: none takes the place of the other', async () => {
    const [one, two] = await Promise.all(
      ['a', 'b'].map(name => complete(image({ url: `https://example.com/${name}.jpg` }), '5511900000054')),
    )
    expect(uploadIn(one as KeptBody)?.uploadId).not.toBe(uploadIn(two as KeptBody)?.uploadId)
  })

  test.each([
    ['http', 'http://example.com/foto.jpg'],
    ['credentials', 'https://ana:secret@example.com/foto.jpg'],
    ['this machine', 'https://127.0.0.1/foto.jpg'],
    ['this machine by its name', 'https://localhost/foto.jpg'],
    ['an address inside', 'https://[fd00::1]/foto.jpg'],
    ['an address inside in other words', 'https://0x0a000001/foto.jpg'],
    ['a metadata service', 'https://169.254.169.254/latest'],
  ])('[F1] [I3] at a URL that is never fetched are refused at once: %s', async (_what, url) => {
    const refusal = await refusalOf(image({ url }))
    expect(refusal).toMatchObject({ status: 422, pointer: '/media/url', expected: expect.any(String) })
    expect(JSON.stringify(refusal)).not.toContain('secret')
  })

  test('[F1] [C13] [I3] of a type that their kind has not are refused before they are brought', async () => {
    expect(await refusalOf(image({ url, mimetype: 'application/pdf' }))).toMatchObject({
      ...{ status: 422, pointer: '/media/mimetype', received: 'application/pdf' },
      expected: expect.stringContaining('image/jpeg'),
    })
  })

  test('[F1] [C13] [I3] that were uploaded are of this instance, of the same kind, and did not fail', async () => {
    const { uploadId } = await uploadOf(await complete(image({ url }), '5511900000051'))
    expect(await complete(image({ uploadId }))).toMatchObject({ media: { uploadId } })
    expect(await refusalOf({ kind: 'sticker', media: { uploadId } })).toEqual({
      ...{ status: 422, pointer: '/media/uploadId', expected: 'an upload of kind sticker', received: 'one of kind image' },
    })
    expect(await refusalOf(image({ uploadId: 'nothing' }))).toMatchObject({ expected: 'the id of an upload of this instance' })
    await dsl.test.database.query("update uploads set instance_id = 'other' where upload_id = $1", [uploadId])
    expect(await refusalOf(image({ uploadId }))).toMatchObject({ expected: 'the id of an upload of this instance' })
    await dsl.test.database.query("update uploads set instance_id = 'shop' where upload_id = $1", [uploadId])
    const why = { reason: 'type-mismatch', reasonText: 'It is no image' }
    await failUpload(dsl.test.database, { uploadId, states: ['processing'], ...why })
    expect(await refusalOf(image({ uploadId }))).toMatchObject({ received: 'one that did: It is no image' })
  })

  test('[F1] [I3] in the store are what this instance has stored, and nothing else that is there', async () => {
    const photo = theirs({ kind: 'image', text: 'olha' })
    const key = `shop/2026/01/05/${photo.eventId}.jpg`
    const stored = anEvent('media.stored', { sourceEventId: photo.eventId, kind: 'image', key, mimetype: 'image/jpeg' })
    await happened(photo, stored)
    const { row } = await uploadOf(await complete(image({ objectKey: key }), '5511900000052'))
    expect(row).toMatchObject({ state: 'processing', from: 'object', kind: 'image', mimetype: 'image/jpeg' })
    for (const objectKey of [`${key}_thumb.jpg`, key.replace('.jpg', '.png'), key.replace('shop', 'other'), 'raw/x', '../secret'])
      expect(await refusalOf(image({ objectKey }))).toMatchObject({
        ...{ status: 422, pointer: '/media/objectKey', expected: 'the key of media that this instance has stored' },
      })
  })

  test('[F1] are forwarded as they were stored, with their caption; what is not stored is refused', async () => {
    const [photo, missing] = [
      theirs({ kind: 'image', text: 'olha' }),
      theirs({ messageId: 'MISSING', kind: 'video', text: null }),
    ]
    const key = `shop/2026/01/05/${photo.eventId}.jpg`
    await happened(photo, missing, anEvent('media.stored', { sourceEventId: photo.eventId, kind: 'image', key }))
    const body = await complete({ kind: 'forward', messageId: 'THEIRS' }, '5511900000053')
    const { uploadId, row } = await uploadOf(body)
    expect(body.known?.forwarded).toMatchObject({ content: { kind: 'image', uploadId, caption: 'olha' }, times: 1 })
    expect(row).toMatchObject({ from: 'object', kind: 'image' })
    expect(parseKeptBody(JSON.parse(JSON.stringify(body)))).toEqual(body)
    expect(await refusalOf({ kind: 'forward', messageId: 'MISSING' })).toMatchObject({
      ...{ status: 422, pointer: '/messageId', expected: 'a message whose file zaplog has stored' },
    })
  })
})
