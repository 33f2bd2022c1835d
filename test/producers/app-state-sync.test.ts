// The app state of a phone, from its first sync over changes to deaths: real Baileys, with verification on, against the simulator.
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { PhoneAction } from '../../simulator/accounts/app-state/actions.ts'
import type { SimDevice } from '../../simulator/accounts/device.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { cutTheLock, expectNothingTwice } from '../ground/producers/die-over-contacts.ts'
import { openRig, type Rig } from '../ground/producers/rig.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
let rig: Rig
beforeEach(async () => {
  rig = await openRig('app state sync', logger)
})
afterEach(async () => {
  await rig.close()
})

const ana = { pn: '5511900000011@s.whatsapp.net', lid: '100000000000011@lid' }
const group = '120363000000000001@g.us'
const contact = (name: string | null): PhoneAction => ({ kind: 'contact', jid: ana.pn, lid: ana.lid, name })
const archive = (on: boolean, chat = ana.lid): PhoneAction => ({ kind: 'archive', chat, on })

/** Linked, and what it had then is told. */
async function link(...has: readonly PhoneAction[]): Promise<SimDevice> {
  const device = await rig.pair('first')
  device.act(...has)
  await device.shareAppState()
  return device
}

const baileysUnknown = async () => (await rig.eventsOf('unknown')).filter(({ source }) => source === 'baileys')

test('[B1] [B5] what the phone has when it is linked is told as a snapshot; what it does then is a change', async () => {
  await rig.start()
  const device = await link(contact('Ana Souza'), archive(true))
  expect(await rig.untilEvents('contact.updated', 1)).toMatchObject([
    { contactId: ana.lid, contactPn: ana.pn, contactLid: ana.lid, name: 'Ana Souza', pushName: null, origin: 'snapshot' },
  ])
  expect(await rig.untilEvents('chat.updated', 1)).toMatchObject([
    { chatId: ana.lid, chatPn: ana.pn, archived: true, pinned: null, origin: 'snapshot' },
  ])
  device.act(archive(false), contact('Ana S.'))
  expect((await rig.untilEvents('chat.updated', 2))[1]).toMatchObject({ archived: false, origin: 'change' })
  expect((await rig.untilEvents('contact.updated', 2))[1]).toMatchObject({ name: 'Ana S.', origin: 'change' })
  expect(await baileysUnknown()).toEqual([])
})

test('[B1] everything that is done on the phone has its event, and what is removed from the address book none', async () => {
  await rig.start()
  const device = await link(contact('Ana'))
  await rig.untilEvents('contact.updated', 1)
  const [theirs, ours] = [
    { chat: ana.lid, messageId: 'M1', fromMe: false },
    { chat: group, messageId: 'M2', fromMe: true },
  ]
  const untilMs = Date.UTC(2031, 0, 1)
  device.act(
    { kind: 'pin', chat: group, on: true },
    { kind: 'lock', chat: group, on: true },
    { kind: 'mute', chat: group, on: true, untilMs },
    { kind: 'markUnread', chat: ana.lid, on: true },
    { kind: 'star', ...theirs, on: true },
    { kind: 'star', ...ours, on: false },
    { kind: 'label', id: '7', name: 'Pago', color: 3 },
    { kind: 'giveLabel', id: '7', chat: ana.lid, on: true },
    { kind: 'giveLabel', id: '7', chat: ana.lid, messageId: 'M1', on: false },
    contact(null),
  )
  await rig.untilEvents('message.starred', 2)
  await rig.untilEvents('chat.updated', 2)
  // Baileys forgets what it has not told yet of a message or a chat that is deleted.
  device.act({ kind: 'deleteMessage', ...theirs }, { kind: 'deleteChat', chat: ana.lid })
  await rig.untilEvents('chat.deleted', 1)
  await rig.untilEvents('label.changed', 3)
  const own = (await rig.eventsOf('instance.paired'))[0]?.lid
  const chats = (await rig.untilEvents('chat.updated', 2)).map(({ chatId, pinned, locked, muted, mutedUntil, unread }) =>
    Object.fromEntries(
      Object.entries({ chatId, pinned, locked, muted, mutedUntil, unread }).filter(([, value]) => value !== null),
    ),
  )
  expect(Object.assign({}, ...chats.filter(({ chatId }) => chatId === group))).toEqual({
    ...{ chatId: group, pinned: true, locked: true, muted: true, mutedUntil: untilMs },
  })
  expect(chats.filter(({ chatId }) => chatId === ana.lid)).toEqual([{ chatId: ana.lid, unread: true }])
  const about = { chatId: ana.lid, chatPn: ana.pn, isGroup: false, origin: expect.stringMatching(/^(?:change|snapshot)$/) }
  expect(await rig.eventsOf('message.starred')).toMatchObject([
    { ...about, targetMessageId: 'M1', targetSenderId: null, on: true },
    { chatId: group, isGroup: true, targetMessageId: 'M2', targetSenderId: own, on: false },
  ])
  expect(await rig.untilEvents('message.deleted', 1)).toMatchObject([{ ...about, targetMessageId: 'M1', targetSenderId: null }])
  expect(await rig.eventsOf('label.changed')).toMatchObject([
    { chatId: null, labelId: '7', name: 'Pago', color: 3, deleted: null, on: null },
    { chatId: ana.lid, labelId: '7', name: null, on: true, targetMessageId: null },
    { chatId: ana.lid, labelId: '7', name: null, on: false, targetMessageId: 'M1' },
  ])
  expect(await rig.eventsOf('chat.deleted')).toMatchObject([{ ...about, cleared: false }])
  expect(await rig.eventsOf('contact.updated')).toHaveLength(1)
  expect(await baileysUnknown()).toEqual([])
})

test('[B1] what messages undo by themselves is told each time the phone says it, anything else only where it differs', async () => {
  await rig.start()
  const device = await link(archive(true), { kind: 'pin', chat: ana.lid, on: true })
  await rig.untilEvents('chat.updated', 1)
  for (const count of [2, 3]) {
    device.act({ kind: 'markUnread', chat: ana.lid, on: false }, { kind: 'pin', chat: ana.lid, on: true })
    await rig.untilEvents('chat.updated', count)
  }
  device.act(archive(true))
  const all = await rig.untilEvents('chat.updated', 4)
  const told = all.map(({ archived, pinned, unread, origin }) => ({ archived, pinned, unread, origin }))
  expect(told).toEqual([
    { archived: true, pinned: true, unread: null, origin: 'snapshot' },
    { archived: null, pinned: null, unread: false, origin: 'change' },
    { archived: null, pinned: null, unread: false, origin: 'change' },
    { archived: true, pinned: null, unread: null, origin: 'change' },
  ])
  expect(new Set(all.map(({ eventId }) => eventId)).size).toBe(4)
})

test(
  '[B1] [B2] of many contacts none is told again over deaths, and what changed while it was dead is a change',
  () => expectNothingTwice(rig, { contacts: 600, deaths: 3 }),
  120_000,
)

test('[B1] what was done just before a clean end is told, once', async () => {
  const role = await rig.start()
  const device = await link(archive(true))
  await rig.untilEvents('chat.updated', 1)
  device.act(archive(false))
  await until('it was asked for', () => device.pending().length === 0)
  await role.close()
  await rig.start()
  await until('the socket is back', device.isOnline)
  device.act({ kind: 'pin', chat: ana.lid, on: true })
  const told = (await rig.untilEvents('chat.updated', 3)).map(({ archived, pinned }) => [archived, pinned])
  expect(told).toEqual([
    [true, null],
    [false, null],
    [null, true],
  ])
})

test('[B1] [B5] after another link only what differs from what was told before is told, as a snapshot', async () => {
  await rig.start()
  const device = await link(contact('Ana'), archive(true))
  await rig.untilEvents('chat.updated', 1)
  await rig.untilEvents('contact.updated', 1)
  device.streamError('loggedOut')
  await rig.untilState('first', 'logged-out')
  device.act(archive(false))
  await rig.want('first', "wanted = 'running', restart_count = restart_count + 1")
  const again = await rig.simulator.scanQr(await rig.qrOf('first'), { pn: device.pn })
  await again.shareAppState()
  expect(await rig.untilEvents('chat.updated', 2)).toMatchObject([{ archived: true }, { archived: false, origin: 'snapshot' }])
  again.act({ kind: 'pin', chat: ana.lid, on: true })
  expect((await rig.untilEvents('chat.updated', 3))[2]).toMatchObject({ archived: null, pinned: true, origin: 'change' })
  expect(await rig.eventsOf('contact.updated')).toHaveLength(1)
})

test('[A5] what is done with chats that the settings ignore is not told', async () => {
  await rig.start()
  await rig.create('second', { ignoreGroups: true })
  const device = await rig.simulator.scanQr(await rig.qrOf('second'), { pn: '5511900000099' })
  await rig.untilState('second', 'open')
  device.act(archive(true, group), { kind: 'star', chat: group, messageId: 'M1', fromMe: true, on: true }, archive(true))
  await device.shareAppState()
  expect(await rig.untilEvents('chat.updated', 1)).toMatchObject([{ chatId: ana.lid }])
  device.act(archive(false, group), archive(false))
  expect(await rig.untilEvents('chat.updated', 2)).toMatchObject([{ chatId: ana.lid }, { chatId: ana.lid }])
  expect(await rig.eventsOf('message.starred')).toEqual([])
  // Nor was it taken for told: once groups are not ignored any more, the next whole telling has it.
  await rig.want('second', `settings = '{}'`)
  await cutTheLock(rig)
  expect((await rig.untilEvents('chat.updated', 3))[2]).toMatchObject({ chatId: group, archived: false })
})

test('[B2] what a death kept from being told is told at the next login, though nothing changes any more', async () => {
  await rig.start()
  const device = await link(archive(true), contact('Ana'))
  await rig.untilEvents('chat.updated', 1)
  await rig.untilEvents('contact.updated', 1)
  await until('WhatsApp has nothing left to say', () => device.pending().length === 0)
  // As if the version had been stored, and the process had died before it told what came with it.
  await until('it is remembered', async () => (await forgetTold()) === 1)
  await cutTheLock(rig)
  expect(await rig.untilEvents('chat.updated', 2)).toMatchObject([{ archived: true }, { archived: true }])
  expect(await rig.eventsOf('contact.updated')).toHaveLength(1)
})

const forgetTold = async (): Promise<number> =>
  (await rig.database.database.query(`delete from told_states where entity = 'chat' returning 1`)).length

test('[B1] whom the account has blocked is asked at each login, and told where it differs', async () => {
  const role = await rig.start()
  const device = await rig.pair('first')
  device.setBlocked([ana.lid, '5511900000012@s.whatsapp.net'])
  device.drop()
  const first = await rig.untilEvents('blocklist.updated', 2)
  expect(first).toMatchObject([
    { contactId: ana.lid, on: true },
    { contactPn: '5511900000012@s.whatsapp.net', on: true },
  ])
  device.setBlocked([ana.lid])
  await role.close()
  await rig.start()
  const [, , freed, ...more] = await rig.untilEvents('blocklist.updated', 3)
  expect(freed).toMatchObject({ contactPn: '5511900000012@s.whatsapp.net', on: false, origin: 'change' })
  expect(more).toEqual([])
})
