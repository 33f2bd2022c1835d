// For whom a status is, and what an album is made of, is known before it is taken.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { parseKeptBody } from '../../src/events/command-bodies.ts'
import { albumParts } from '../../src/instances/album-parts.ts'
import {
  type BodiesRig,
  beginAnew,
  complete,
  groupWhere,
  happened,
  inGroup,
  openBodiesRig,
  ours,
  refusalOf,
  theirs,
} from '../ground/api/complete-bodies.ts'
import { aGroup, anEvent, somebody, somebodyElse, us } from '../ground/events.ts'

let rig: BodiesRig
beforeAll(async () => {
  rig = await openBodiesRig('complete body statuses')
})
afterAll(() => rig.dsl.close())
beforeEach(() => beginAnew(rig))

describe('statuses', () => {
  const status = { kind: 'text', text: 'Aberto!' }
  const audienceOf = async (asked: Readonly<Record<string, unknown>> = {}) =>
    (await complete(rig, { ...status, ...asked }, 'status')).known?.audience
  const named = (id: string, name: string | null) =>
    anEvent('contact.updated', { contactId: id, contactPn: null, contactLid: null, name, pushName: 'Push' })
  const theirStatus = () => theirs({ messageId: 'STATUS', chatId: 'status@broadcast', chatPn: null })
  const ourStatus = () => ours({ messageId: 'POSTED', chatId: 'status@broadcast', chatPn: null })

  test('[F1] are for whom they name, each once and under one address, and wait for no turn of first messages', async () => {
    const chatIds = [somebody.pn, somebody.lid, '+55 11 90000-0042']
    expect((await complete(rig, { ...status, audience: { chatIds } }, 'status')).known).toEqual({
      audience: [somebody.lid, '5511900000042@s.whatsapp.net'],
    })
  })

  test('[F1] are for the address book where they name nobody, without the account itself and whom it blocked', async () => {
    const [saved, blocked, stranger] = ['301@lid', '302@lid', '303@lid']
    await happened(
      rig,
      ...[named(saved, 'Ana'), named(blocked, 'Bia'), named(stranger, null), named(us.lid, 'Me'), named(aGroup, 'Team')],
      anEvent('blocklist.updated', { contactId: blocked, contactPn: null, on: true }),
    )
    expect(await audienceOf()).toEqual([saved])
    expect((await audienceOf({ audience: { contacts: 'known' } }))?.toSorted()).toEqual(
      [somebody.lid, saved, stranger].toSorted(),
    )
  })

  test('[F1] [I3] for an address book that names nobody are refused', async () => {
    expect(await refusalOf(rig, status, 'status')).toMatchObject({
      ...{ status: 422, pointer: '/audience', received: 'nobody whom zaplog knows' },
      expected: expect.stringContaining('{chatIds}'),
    })
  })

  test('[F1] are deleted for whom they were posted to, or for all where nobody knows', async () => {
    await happened(rig, ourStatus())
    const delete_ = { kind: 'delete', targetMessageId: 'POSTED' }
    expect((await complete(rig, delete_, 'status')).known).toMatchObject({ target: { fromMe: true }, audience: [somebody.lid] })
    await rig.dsl.test.database.query(
      `insert into commands (instance_id, command_id, digest, event_id, operation, chat_id, message_id, body, expires_at, built)
       values ('shop', 'posted', '', '', 'message.send', 'status@broadcast', 'POSTED', $1, now(), 'sealed')`,
      [JSON.stringify({ ...status, chatId: 'status', known: { audience: ['304@lid'] } })],
    )
    expect((await complete(rig, delete_, 'status')).known?.audience).toEqual(['304@lid'])
  })

  test('[F1] of others are reacted to for their author alone, and answered in the chat with them', async () => {
    await happened(rig, theirStatus(), ourStatus())
    const reaction = (targetMessageId: string) => ({ kind: 'reaction', targetMessageId, emoji: '👍' })
    expect((await complete(rig, reaction('STATUS'), 'status')).known).toEqual({
      ...{ target: { fromMe: false, senderId: somebody.lid }, audience: [somebody.lid] },
    })
    expect(await refusalOf(rig, reaction('POSTED'), 'status')).toMatchObject({
      pointer: '/targetMessageId',
      received: 'one of the account',
    })
    const reply = { kind: 'text', text: 'oba', quotedMessageId: 'STATUS' }
    expect((await complete(rig, reply)).known?.quoted).toMatchObject({ senderId: somebody.lid, text: 'onde?', isStatus: true })
    expect(await refusalOf(rig, reply, somebodyElse.lid)).toMatchObject({ status: 422, pointer: '/quotedMessageId' })
  })
})

describe('albums', () => {
  const url = (name: string) => ({ url: `https://example.com/${name}` })

  test('[F1] reply with their first item, and mention with the captions that do', async () => {
    await happened(rig, theirs(inGroup), groupWhere('member'))
    const [one, other] = ['a.jpg', 'b.jpg'].map(name => ({ kind: 'image', media: url(name), caption: 'oi @todos' }))
    const items = [one, { ...other, mentionAll: true }]
    const body = await complete(rig, { kind: 'album', items, quotedMessageId: 'THEIRS' }, aGroup)
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
    expect(await refusalOf(rig, unknown, '120363000000000077@g.us')).toMatchObject({
      status: 422,
      pointer: '/items/1/mentionAll',
    })
    expect(await refusalOf(rig, { kind: 'album', items: [one, other], quotedMessageId: 'NOTHING' })).toMatchObject({
      pointer: '/quotedMessageId',
    })
  })

  test('[F1] [C13] have an upload for each that is in them, and a file that will not do is named by its place', async () => {
    const items = [
      { kind: 'image', media: url('a.jpg'), caption: 'um' },
      { kind: 'video', media: url('b.mp4') },
    ]
    const body = await complete(rig, { kind: 'album', items }, '5511900000060')
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
      expect(await refusalOf(rig, { kind: 'album', items: [items[0], { kind: 'image', media }] })).toMatchObject({
        status: 422,
        pointer,
      })
  })
})
