// What Baileys says of the app state, as its events are (processSyncAction in lib/Utils/chat-utils.js), becomes events with schemas; what is not
// understood stays whole.
import { expect, test } from 'vitest'
import { readAppState } from '../../src/convert/app-state/app-state.ts'
import { readBlocklist } from '../../src/convert/app-state/blocklist.ts'
import type { Said, Telling } from '../../src/convert/app-state/said.ts'
import { treatEvent } from '../../src/convert/event-sources.ts'
import type { Address } from '../../src/convert/stanza-identity.ts'
import { aGroup, somebody, us } from '../ground/events.ts'

const at = Date.UTC(2026, 0, 5)

/** Every event that a first telling makes, less what all of them have; and what is left as `unknown`. */
function read(name: string, payload: unknown) {
  const treatment = treatEvent(name, payload)
  if (treatment.kind === 'ignore' || treatment.kind === 'list') return { events: [], rest: undefined }
  const { said, rest } = readAppState(name, treatment.payload)
  return { events: said.map(one => eventOf(one)), rest }
}

const shared = new Set(['eventId', 'instanceId', 'occurredAt', 'origin', 'chats', 'chatPn'])

function eventOf(said: Said, differing = said.fields) {
  const place = { instanceId: 'shop', occurredAt: at, origin: 'change', eventId: () => 'id' } as const
  const of: Telling = { ...place, fields: said.fields, ownId: us.lid, address: { id: said.about ?? '', pn: null } }
  const fields = Object.entries(said.event(differing, of))
  return Object.fromEntries(fields.filter(([name, value]) => value !== null && !shared.has(name)))
}

const chat = somebody.lid
const updated = (fields: object) => ({ type: 'chat.updated', chatId: chat, isGroup: false, ...fields })

test.each([
  ['archived', { archived: true }, { archived: true }],
  ['unarchived', { archived: false }, { archived: false }],
  ['pinned', { pinned: at }, { pinned: true }],
  ['unpinned', { pinned: null }, { pinned: false }],
  ['muted until', { muteEndTime: at }, { muted: true, mutedUntil: at }],
  ['muted for ever', { muteEndTime: -1 }, { muted: true }],
  ['muted for ever, in older words', { muteEndTime: 0 }, { muted: true }],
  ['muted until nonsense', { muteEndTime: Number.NaN }, { muted: true }],
  ['muted until a time of no calendar', { muteEndTime: 1e300 }, { muted: true }],
  ['not muted', { muteEndTime: null }, { muted: false }],
  ['read elsewhere', { unreadCount: 0 }, { unread: false }],
  ['marked unread', { unreadCount: -1 }, { unread: true }],
])('[B1] a chat that was %s', (_title, update, fields) => {
  expect(read('chats.update', [{ id: chat, ...update, conditional: undefined }])).toEqual({
    events: [updated(fields)],
    rest: undefined,
  })
})

test('[B1] of a chat only what differs is told, and what messages undo is known by name', () => {
  const [said] = readAppState('chats.update', [{ id: chat, archived: true, pinned: null, unreadCount: 0 }]).said
  if (said === undefined) throw new Error('nothing was said')
  expect(eventOf(said, { pinned: false })).toEqual(updated({ pinned: false }))
  expect(said.undone).toEqual(['archived', 'unread'])
})

test('[B1] a chat that was locked or deleted; that all in one was deleted is kept whole, should Baileys ever say it', () => {
  expect(read('chats.lock', { id: aGroup, locked: true }).events).toEqual([
    { type: 'chat.updated', chatId: aGroup, locked: true, isGroup: true },
  ])
  const deleted = { type: 'chat.deleted', chatId: chat, isGroup: false }
  expect(read('chats.delete', [chat]).events).toEqual([{ ...deleted, cleared: false }])
  const emptied = { jid: chat, all: true }
  expect(read('messages.delete', emptied)).toEqual({ events: [], rest: emptied })
})

test('[B1] a message that was starred, unstarred or deleted: whose it is, is said where it is the account’s own', () => {
  const [theirs, ours] = [
    { remoteJid: chat, id: 'M1', fromMe: false },
    { remoteJid: aGroup, id: 'M2', fromMe: true },
  ]
  const about = { targetMessageId: 'M1', chatId: chat, isGroup: false }
  const aboutOurs = { targetMessageId: 'M2', chatId: aGroup, isGroup: true, targetSenderId: us.lid }
  expect(
    read('messages.update', [
      { key: theirs, update: { starred: true } },
      { key: ours, update: { starred: false } },
    ]),
  ).toEqual({
    events: [
      { type: 'message.starred', on: true, ...about },
      { type: 'message.starred', on: false, ...aboutOurs },
    ],
    rest: undefined,
  })
  expect(read('messages.delete', { keys: [theirs, ours] }).events).toEqual([
    { type: 'message.deleted', ...about },
    { type: 'message.deleted', ...aboutOurs },
  ])
  const ids = readAppState('messages.delete', { keys: [theirs, { ...theirs, fromMe: true }, ours] }).said.map(({ id }) => id)
  expect(new Set(ids).size).toBe(3)
})

test('[B1] [B5] names in the address book and pairs of addresses are one contact under its LID', () => {
  const { lid, pn } = somebody
  const whole = { type: 'contact.updated', contactId: lid, contactPn: pn, contactLid: lid }
  const upserts = [
    { id: pn, name: 'Ana Souza', username: undefined, lid, phoneNumber: pn },
    { id: lid, name: 'Ana', username: 'Ana', lid, phoneNumber: undefined },
    { id: pn, name: 'Bia', username: undefined, lid: undefined, phoneNumber: pn },
  ]
  const { events, rest } = read('contacts.upsert', upserts)
  expect(events).toEqual([
    { ...whole, name: 'Ana Souza' },
    { type: 'contact.updated', contactId: lid, contactLid: lid, name: 'Ana' },
    { type: 'contact.updated', contactId: pn, name: 'Bia' },
  ])
  expect(rest).toBeUndefined()
  expect(read('lid-mapping.update', { lid, pn }).events).toEqual([whole])
  const ids = [readAppState('contacts.upsert', upserts), readAppState('lid-mapping.update', { lid, pn })]
  expect(ids.flatMap(({ said }) => said.map(({ id }) => id))).toEqual([lid, lid, pn, lid])
})

test('[B1] labels, and the chats and messages that have them', () => {
  const { events } = read('labels.edit', { id: '7', name: 'Paid', color: 3, deleted: false, predefinedId: '1' })
  expect(events).toEqual([{ type: 'label.changed', labelId: '7', name: 'Paid', color: 3 }])
  expect(read('labels.edit', { id: '7', name: 'Paid', deleted: true }).events).toEqual([
    { type: 'label.changed', labelId: '7', name: 'Paid', deleted: true },
  ])
  const given = (type: string, association: object) => read('labels.association', { type, association }).events
  expect(given('add', { type: 'label_jid', chatId: chat, labelId: '7' })).toEqual([
    { type: 'label.changed', chatId: chat, labelId: '7', on: true },
  ])
  expect(given('remove', { type: 'label_message', chatId: chat, messageId: 'M1', labelId: '7' })).toEqual([
    { type: 'label.changed', chatId: chat, labelId: '7', on: false, targetMessageId: 'M1' },
  ])
})

const before = (id: string, known: Address = { id, pn: null }) => ({ id, known })

test('[B1] [B5] whom a list names by the other address is still blocked', () => {
  const byPn = before(somebody.pn, { id: somebody.lid, pn: somebody.pn })
  const byLid = before(somebody.lid, { id: somebody.lid, pn: somebody.pn })
  const saidOf = (id: string, of: ReturnType<typeof before>) =>
    readBlocklist({ blocklist: [id] }, [of]).said.map(one => eventOf(one))
  const on = (contactId: string) => [{ type: 'blocklist.updated', contactId, on: true }]
  expect(saidOf(somebody.lid, byPn)).toEqual(on(somebody.lid))
  expect(saidOf(somebody.pn, byLid)).toEqual(on(somebody.pn))
  expect(saidOf(us.lid, byPn)).toHaveLength(2)
})

test('[B1] a list of those blocked says who is in it, and who of those that were is not any more', () => {
  const { said, rest } = readBlocklist({ blocklist: [somebody.lid, '5511900000012:3@c.us', 'nobody', 7] }, [
    before(us.lid),
    before(somebody.lid),
  ])
  expect(said.map(one => eventOf(one))).toEqual([
    { type: 'blocklist.updated', contactId: somebody.lid, on: true },
    { type: 'blocklist.updated', contactId: '5511900000012@s.whatsapp.net', on: true },
    { type: 'blocklist.updated', contactId: us.lid, on: false },
  ])
  expect(rest).toBeUndefined()
  for (const odd of [null, 7, {}, { blocklist: 'x' }])
    expect(readBlocklist(odd, [before(us.lid)])).toEqual({ said: [], rest: odd })
})

test('[B1] what is not understood stays whole, and takes nothing with it', () => {
  const odd = [null, 7, 'x', [], {}, { id: 7 }, { id: '' }, { id: chat, archived: 'yes' }]
  for (const name of ['chats.update', 'contacts.upsert', 'messages.update']) {
    const { said, rest } = readAppState(name, [
      ...odd,
      { id: chat, archived: true, key: { remoteJid: chat, id: 'M' }, name: 'Ana' },
    ])
    expect(said.length).toBeLessThanOrEqual(1)
    expect(rest).toEqual(expect.arrayContaining([null, 7, 'x', {}, { id: 7 }]))
  }
  const names = ['chats.update', 'chats.delete', 'chats.lock', 'messages.update', 'messages.delete', 'contacts.upsert']
  for (const name of [...names, 'lid-mapping.update', 'labels.edit', 'labels.association', 'settings.update'])
    for (const payload of [null, undefined, 7, 'x', {}, { id: null }, { keys: 7 }, { keys: [null] }, { association: 7 }, [null]])
      expect(readAppState(name, payload)).toEqual({ said: [], rest: payload })
  const newer = { id: chat, archived: true, capturedBy: 'a newer Baileys' }
  expect(read('chats.update', [newer])).toEqual({
    events: [updated({ archived: true })],
    rest: [{ id: chat, capturedBy: 'a newer Baileys' }],
  })
})
