// What a history says of people, chats and groups is told as state, so far as it is said.
import { proto } from '@whiskeysockets/baileys'
import { describe, expect, test } from 'vitest'
import type { HistoryOf } from '../../src/convert/history/history-context.ts'
import { readHistory } from '../../src/convert/history/read-history.ts'
import { readPairs } from '../../src/convert/history/read-pairs.ts'
import { converterOf, ownAddresses, toldAt } from '../ground/convert/past.ts'
import { allOf, piecesOf } from '../ground/convert/pieces.ts'

const [ana, anaPn] = ['200@lid', '5511900000002@s.whatsapp.net']
const group = '120363000000000001@g.us'
const convert = (conversation: proto.IConversation, over: Partial<HistoryOf> = {}) =>
  converterOf(over).convert({ kind: 'conversation', conversation, messages: 0 }, 0)
const told = { instanceId: 'first', occurredAt: toldAt, origin: 'history', eventId: expect.stringMatching(/^[0-9a-f]{32}$/) }
const said = (draft: object | undefined) => Object.fromEntries(Object.entries(draft ?? {}).filter(([, value]) => value != null))

describe('people', () => {
  test('[B4] [B6] a conversation names its person, and pairs the addresses', () => {
    const { drafts, pairs } = convert({ id: anaPn, lidJid: ana, name: 'Ana Souza', displayName: '~ana' })
    const contact = { contactId: ana, contactPn: anaPn, contactLid: ana, name: 'Ana Souza' }
    expect(drafts.map(said)).toEqual([{ ...told, type: 'contact.updated', ...contact }])
    expect(pairs).toEqual([{ lid: ana, pn: anaPn }])
  })

  test.each([
    [{ displayName: 'Ana da Padaria' }, 'Ana da Padaria'],
    [{ name: 'Ana', displayName: 'outra' }, 'Ana'],
    [{ displayName: '+55 11 90000-0002' }, null],
    [{ displayName: '+55 11 9∙∙∙∙∙∙02' }, null],
    [{ name: '', displayName: '' }, null],
  ])('[B6] of %j the name is %s', (fields, name) => {
    const [draft] = convert({ id: ana, ...fields }).drafts
    expect(draft === undefined ? null : 'name' in draft ? draft.name : 'none').toBe(name)
  })

  test('[B6] a push name is the contact’s, but not the account’s own', () => {
    const converter = converterOf()
    converter.convert({ kind: 'mapping', pn: anaPn, lid: ana }, 0)
    const [draft] = converter.convert({ kind: 'pushname', id: anaPn, pushName: 'aninha' }, 0).drafts
    expect(said(draft)).toEqual({
      ...{ ...told, type: 'contact.updated', contactId: ana },
      ...{ contactPn: anaPn, contactLid: ana, pushName: 'aninha' },
    })
    for (const id of Object.values(ownAddresses))
      expect(converter.convert({ kind: 'pushname', id, pushName: 'eu' }, 0)).toMatchObject({
        drafts: [],
        passedOver: 'own push name',
      })
    expect(converter.convert({ kind: 'pushname', id: group, pushName: 'x' }, 0)).toMatchObject({ isUnreadable: true })
    expect(converter.convert({ kind: 'pushname', id: ana, pushName: '' }, 0)).toMatchObject({ drafts: [], isUnreadable: false })
  })

  test.each([
    ['5511900000002\0@s.whatsapp.net'],
    [`${'5'.repeat(21)}@s.whatsapp.net`],
    ['ana@s.whatsapp.net'],
    [`5:${'1'.repeat(300)}@s.whatsapp.net`],
  ])('[B4] [B6] %s is in no pair', pn => {
    expect(converterOf().convert({ kind: 'mapping', pn, lid: ana }, 0)).toMatchObject({ pairs: [], isUnreadable: true })
    expect(convert({ id: ana, pnJid: pn }).pairs).toEqual([])
  })

  test('[B6] nobody and no chat is called by what no table holds', () => {
    const id = `${'5'.repeat(300)}@lid`
    expect(convert({ id, name: 'Ana' })).toMatchObject({ drafts: [], isUnreadable: true })
    expect(converterOf().convert({ kind: 'pushname', id, pushName: 'Ana' }, 0)).toMatchObject({ drafts: [], isUnreadable: true })
  })

  test('[B4] [B6] a mapping is a pair, whichever address is called which', () => {
    for (const [pn, lid] of [
      [anaPn, ana],
      ['5511900000002:3@c.us', '200:3@lid'],
      [ana, anaPn],
    ] as const) {
      const { drafts, pairs } = converterOf().convert({ kind: 'mapping', pn, lid }, 0)
      expect(pairs).toEqual([{ lid: ana, pn: anaPn }])
      expect(drafts.map(said)).toEqual([{ ...told, type: 'contact.updated', contactId: ana, contactLid: ana, contactPn: anaPn }])
    }
    expect(converterOf().convert({ kind: 'mapping', pn: ana, lid: ana }, 0)).toMatchObject({ drafts: [], isUnreadable: true })
  })

  test('[B6] what the caller knows of a pair is newer than what the history says', () => {
    const known = { lidOf: (pn: string) => (pn === anaPn ? '999@lid' : null), pnOf: () => null }
    const converter = converterOf({ known })
    converter.convert({ kind: 'mapping', pn: anaPn, lid: ana }, 0)
    expect(converter.convert({ kind: 'pushname', id: anaPn, pushName: 'aninha' }, 0).drafts).toMatchObject([
      { contactId: '999@lid' },
    ])
  })
})

test('[B4] [B6] pairs that stand behind the messages are known to them, where they were read ahead', async () => {
  const history: proto.IHistorySync = {
    syncType: 3,
    conversations: [
      { id: anaPn, messages: [{ message: { key: { id: 'M', remoteJid: anaPn }, message: { conversation: 'oi' } } }] },
      { id: '201@lid', pnJid: '5511900000003@s.whatsapp.net' },
      { id: group, pnJid: '5511900000004@s.whatsapp.net', lidJid: '203@lid' },
    ],
    phoneNumberToLidMappings: [{ pnJid: anaPn, lidJid: ana }],
  }
  const bytes = proto.HistorySync.encode(history).finish()
  const pairsAhead = await readPairs(piecesOf(bytes), { endsReading: () => false })
  expect(pairsAhead).toEqual([
    { lid: '201@lid', pn: '5511900000003@s.whatsapp.net' },
    { lid: ana, pn: anaPn },
  ])
  expect(await readPairs(piecesOf(bytes), { maxPairs: 1, endsReading: () => false })).toEqual(pairsAhead.slice(0, 1))
  const [first] = (await allOf(readHistory(piecesOf(bytes)))).filter(({ kind }) => kind === 'message')
  if (first === undefined) throw new Error('expected a message')
  expect(converterOf().convert(first, 0).drafts).toMatchObject([{ chatId: anaPn }])
  expect(converterOf({ pairsAhead }).convert(first, 0).drafts).toMatchObject([{ chatId: ana, chatPn: anaPn, senderId: ana }])
})

describe('chats', () => {
  test.each([
    [{ archived: true }, { archived: true }],
    [{ archived: false }, { archived: false }],
    [{ pinned: 1_700_000_000 }, { pinned: true }],
    [{ pinned: 0 }, { pinned: false }],
    [{ locked: true }, { locked: true }],
    [{ ephemeralExpiration: 86_400 }, { expiresInSeconds: 86_400 }],
    [{ markedAsUnread: true, unreadCount: 3 }, { unread: true }],
    [{ markedAsUnread: false }, { unread: false }],
    [{ muteEndTime: 0 }, { muted: false }],
    [{ muteEndTime: 1_800_000_000 }, { muted: true, mutedUntil: 1_800_000_000_000 }],
    [{ muteEndTime: 1_800_000_000_000 }, { muted: true, mutedUntil: 1_800_000_000_000 }],
    [{ muteEndTime: 1_600_000_000 }, { muted: false }],
    [{ muteEndTime: -1 }, { muted: true }],
    [{ muteEndTime: 9_007_199_254_740_991 }, { muted: true }],
  ])('[B6] %j is %j', (fields, state) => {
    const [draft, ...others] = convert({ id: ana, ...fields }).drafts
    expect(others).toEqual([])
    expect(said(draft)).toEqual({ ...told, type: 'chat.updated', chatId: ana, isGroup: false, ...state })
  })

  test('[B6] where nothing is said nothing is told', () => {
    expect(convert({ id: ana, unreadCount: 3, lastMsgTimestamp: 1_700_000_000 }).drafts).toEqual([])
    expect(convert({ id: ana, markedAsUnread: false, unreadCount: 3 }).drafts).toEqual([])
    for (const id of ['', 'nobody', 'a b@lid', '@lid', '200@', '5511900000011'])
      expect([id, convert({ id, name: 'Ana', archived: true })]).toMatchObject([id, { drafts: [], isUnreadable: true }])
  })
})

const { Rank } = proto.GroupParticipant
const family: proto.IConversation = {
  id: group,
  name: 'Família',
  description: 'só a família',
  createdAt: 1_600_000_000,
  createdBy: anaPn,
  parentGroupId: '120363000000000002@g.us',
  isParentGroup: false,
  ephemeralExpiration: 0,
  archived: true,
  participant: [{ userJid: '201@lid', rank: Rank.ADMIN }, { userJid: anaPn, rank: Rank.SUPERADMIN }, { userJid: '202:1@lid' }],
}

describe('groups', () => {
  test('[B6] a group is what it is called, who made it, and who is in it', () => {
    const converter = converterOf()
    converter.convert({ kind: 'mapping', pn: anaPn, lid: ana }, 0)
    const [updated, chat, ...others] = converter.convert({ kind: 'conversation', conversation: family, messages: 0 }, 0).drafts
    expect(others).toEqual([])
    expect(said(chat)).toEqual({ ...told, type: 'chat.updated', chatId: group, isGroup: true, archived: true })
    expect(said(updated)).toEqual({
      ...{ ...told, type: 'group.updated', groupId: group, chatId: group },
      ...{ subject: 'Família', description: 'só a família', createdAt: 1_600_000_000_000, ownerId: ana, ownerPn: anaPn },
      ...{ expiresInSeconds: 0, isCommunity: false, parentGroupId: '120363000000000002@g.us' },
      participants: [
        { id: ana, pn: anaPn, role: 'superadmin' },
        { id: '201@lid', pn: null, role: 'admin' },
        { id: '202@lid', pn: null, role: null },
      ],
    })
  })

  test('[B6] of a group of which nothing is said nothing is told, nor of a channel', () => {
    expect(convert({ id: group }).drafts).toEqual([])
    expect(convert({ id: '5@newsletter', name: 'Canal' }).drafts).toEqual([])
  })
})

describe('ids and settings', () => {
  test('[B3] [B6] worked off again everything has the same id, whatever is known by then; of another notification another', () => {
    const ids = (over: Partial<HistoryOf> = {}) => convert(family, over).drafts.map(({ eventId }) => eventId)
    const known = { lidOf: () => ana, pnOf: () => anaPn }
    expect(ids({ known })).toEqual(ids())
    expect(ids({ sourceEventId: 'OTHER' })).not.toEqual(ids())
    expect(new Set([...ids(), ...ids({ sourceEventId: 'OTHER' })]).size).toBe(4)
  })

  test('[A5] [B6] an ignored group is left out, and people never are', () => {
    const ignores = (chat: string | null) => chat === null || chat.endsWith('@g.us')
    expect(convert(family, { ignores })).toMatchObject({ drafts: [], passedOver: 'settings' })
    expect(convert({ id: ana, name: 'Ana' }, { ignores }).drafts).toHaveLength(1)
  })

  test('[A5] [B6] while historySync is off only names and addresses are told', () => {
    const over = { withMessages: false }
    expect(convert(family, over).drafts).toEqual([])
    expect(convert({ id: ana, pnJid: anaPn, archived: true, name: 'Ana' }, over).drafts.map(({ type }) => type)).toEqual([
      'contact.updated',
    ])
  })
})

test('[B6] what is not taken, and what could not be read, is counted by name', () => {
  const { convert } = converterOf()
  expect(convert({ kind: 'not-taken', name: 'callLogRecords' }, 0)).toMatchObject({
    passedOver: 'callLogRecords',
    isUnreadable: false,
  })
  expect(convert({ kind: 'unreadable', name: 'messages', sizeBytes: 9 }, 0)).toMatchObject({
    passedOver: 'messages',
    isUnreadable: true,
  })
  expect(convert({ kind: 'head', field: 'progress', value: 50 }, 0)).toMatchObject({
    drafts: [],
    passedOver: null,
    isUnreadable: false,
  })
})
