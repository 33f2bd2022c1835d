// What is asked for is judged before it is taken: by what the read model has of its chat, of what it replies to and of who wrote there.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Transaction } from '../../src/database/database.ts'
import { parseKeptBody } from '../../src/events/command-bodies.ts'
import { askCommand } from '../../src/instances/commands.ts'
import { chatTimer } from '../../src/projections/read-model/queries.ts'
import {
  type BodiesRig,
  beginAnew,
  complete,
  happened,
  inGroup,
  openBodiesRig,
  ours,
  refusalOf,
  revoked,
  theirs,
} from '../ground/api/complete-bodies.ts'
import { aGroup, anEvent, somebody, somebodyElse } from '../ground/events.ts'

let rig: BodiesRig
beforeAll(async () => {
  rig = await openBodiesRig('complete body')
})
afterAll(() => rig.dsl.close())
beforeEach(() => beginAnew(rig))

describe('the chat', () => {
  test('[F1] is called by its LID where that is known, and stays as asked where it is not', async () => {
    expect(await complete(rig, { kind: 'text', text: 'oi' }, somebody.pn)).toEqual({
      ...{ chatId: somebody.lid, kind: 'text', text: 'oi' },
      known: { isFirst: true },
    })
    expect(await complete(rig, { kind: 'text', text: 'oi' }, '+55 11 90000-0042')).toMatchObject({
      chatId: '5511900000042@s.whatsapp.net',
    })
  })

  test('[F1] has a timer, of a group or between two, which is read when something goes out and not when it is asked for', async () => {
    await happened(rig, theirs(), anEvent('chat.updated', { archived: null, expiresInSeconds: 86_400 }))
    const timer = (chatId: string) => timerOf(rig.dsl.test.database, chatId)
    expect([await timer(somebody.pn), await timer(somebody.lid), await timer(somebodyElse.lid)]).toEqual([86_400, 86_400, null])
    expect(await complete(rig, { kind: 'text', text: 'oi' })).not.toHaveProperty('known')
    await happened(rig, anEvent('chat.updated', { archived: null, expiresInSeconds: 0 }))
    expect(await timer(somebody.lid)).toBeNull()
    await happened(rig, anEvent('group.updated', { expiresInSeconds: 604_800 }))
    expect(await timer(aGroup)).toBe(604_800)
  })

  test('[F1] has the timer that a command has just set, until the read model has it, and none of one that waits or has failed', async () => {
    await happened(rig, theirs(), anEvent('chat.updated', { archived: null, expiresInSeconds: 86_400 }))
    const { database } = rig.dsl.test
    const timer = () => timerOf(database, somebody.pn)
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
    await happened(rig, theirs())
    const kept = await complete(rig, { kind: 'text', text: 'aqui', quotedMessageId: 'THEIRS' })
    expect(parseKeptBody(JSON.parse(JSON.stringify(kept)))).toEqual(kept)
  })
})

test('[F1] what an account wrote that was linked before is not taken for what this one wrote', async () => {
  const before = { senderId: '205511900000098@lid', senderPn: '5511900000098@s.whatsapp.net' }
  await happened(rig, ours(), ours({ messageId: 'BEFORE', ...before }))
  expect(await complete(rig, { kind: 'edit', targetMessageId: 'OURS', text: 'já' })).toMatchObject({
    known: { target: { fromMe: true } },
  })
  const refused = { status: 422, expected: 'a message of the account that is linked now' }
  for (const kind of ['edit', 'delete', 'reaction'])
    expect(
      await refusalOf(rig, {
        kind,
        targetMessageId: 'BEFORE',
        ...(kind === 'edit' && { text: 'a' }),
        ...(kind === 'reaction' && { emoji: '👍' }),
      }),
    ).toMatchObject({
      ...{ ...refused, pointer: '/targetMessageId', received: `one that ${before.senderId} wrote, which was linked before` },
    })
  expect(await refusalOf(rig, { kind: 'text', text: 'sim', quotedMessageId: 'BEFORE' })).toMatchObject({
    ...refused,
    pointer: '/quotedMessageId',
  })
})

describe('what it replies to', () => {
  test('[F1] is quoted with its author and its text, also what has another name for it', async () => {
    await happened(
      rig,
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
      (await complete(rig, { kind: 'text', text: 'aqui', quotedMessageId })).known?.quoted
    expect(await quoted('THEIRS')).toEqual({ fromMe: false, senderId: somebody.lid, text: 'onde?' })
    expect((await quoted('LONG'))?.text).toHaveLength(1_024)
    expect((await quoted('POLL'))?.text).toBe('Hoje?')
    expect((await quoted('PHOTO'))?.text).toBe('')
  })

  test('[F1] [I3] is a message of the same chat that is still there', async () => {
    await happened(rig, theirs(), ours({ messageId: 'ELSEWHERE', ...inGroup }), theirs({ messageId: 'GONE' }), revoked('GONE'))
    const expected = `the id of a message in chat ${somebody.lid} that zaplog has`
    for (const quotedMessageId of ['NOWHERE', 'ELSEWHERE'])
      expect(await refusalOf(rig, { kind: 'text', text: 'aqui', quotedMessageId })).toEqual({
        status: 422,
        pointer: '/quotedMessageId',
        expected,
        received: JSON.stringify(quotedMessageId),
      })
    const quotedMessageId = 'GONE'
    expect(await refusalOf(rig, { kind: 'text', text: 'aqui', quotedMessageId })).toMatchObject({
      expected: 'a message that is still there',
    })
  })
})

describe('whether it is the first that is said to somebody', () => {
  const isFirst = async (chatId: string, asked: Readonly<Record<string, unknown>> = { kind: 'text', text: 'oi' }) =>
    (await complete(rig, asked, chatId)).known?.isFirst === true

  test('[F2] it is where neither has written, under whichever of their addresses, and not in a group', async () => {
    expect(await isFirst(somebody.lid)).toBe(true)
    expect(await isFirst(aGroup)).toBe(false)
    await happened(rig, theirs())
    expect([await isFirst(somebody.lid), await isFirst(somebody.pn)]).toEqual([false, false])
    expect(await isFirst(somebodyElse.lid)).toBe(true)
  })

  test('[F2] it is, whatever a stranger wrote in a shared group, and however often they said what they are called', async () => {
    const names = [somebody.lid, somebody.pn].map(contactId =>
      anEvent('contact.updated', { contactId, name: null, pushName: 'Ana' }),
    )
    const again = anEvent('contact.updated', { name: null, pushName: 'Ana', origin: 'history' })
    await happened(rig, theirs(inGroup), theirs({ ...inGroup, messageId: 'AGAIN' }), ...names, again)
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
    await happened(rig, event())
    expect(await isFirst(somebody.lid)).toBe(false)
  })
})

/** In seconds; null: there is none. */
async function timerOf(database: Transaction, chatId: string): Promise<number | null> {
  const sql = `select ${chatTimer('$1::text', '$2::text')} as seconds`
  const [row] = await database.query<{ seconds: number | null }>(sql, ['shop', chatId])
  return row?.seconds ?? null
}
