// A message of the phone's history is message.history: converted as a live one, with all that the phone says of it beside.
import { createHash } from 'node:crypto'
import { proto } from '@whiskeysockets/baileys'
import { describe, expect, test } from 'vitest'
import { vote } from '../../simulator/accounts/seal-content.ts'
import { converterOf, convertInfo, entryOf, infoOf, onlyOf, ownAddresses, toldAt } from '../ground/convert/past.ts'
import { bytesOf, convertedOf } from '../ground/producers/convert-part.ts'
import { saidCases } from '../ground/producers/kinds/said.ts'
import { shownCases } from '../ground/producers/kinds/shown.ts'
import { toldCases } from '../ground/producers/kinds/told.ts'

const historyOf = (info: proto.IWebMessageInfo, over = {}) => onlyOf('message.history', convertInfo(info, over))
const sha256 = (text: string) => createHash('sha256').update(text).digest()

describe('what was written', () => {
  test.each([...saidCases, ...shownCases, ...toldCases])('[B1] [B6] %s is what it is live', (_title, message) => {
    const [live] = convertedOf(message)
    expect(live?.type).toBe('message.received')
    const { eventId } = historyOf(infoOf(message))
    expect(historyOf(infoOf(message))).toMatchObject({ ...live, type: 'message.history', eventId })
  })

  test('[B6] what the account wrote says so, and not on which device', () => {
    const draft = historyOf(infoOf({ conversation: 'oi' }, { key: { fromMe: true }, status: 4 }))
    expect(draft).toMatchObject({
      fromMe: true,
      senderId: '100@lid',
      senderPn: ownAddresses.pn,
      chatId: '200@lid',
      status: 'read',
    })
    expect(draft.source ?? null).toBeNull()
  })

  test('[B6] an edited message is the message as it stands, under its own id', () => {
    const key = { id: 'ORIGINAL', remoteJid: '200@lid', fromMe: false }
    const edit = { protocolMessage: { type: 14, key, editedMessage: { conversation: 'as it stands' } } }
    for (const message of [edit, { editedMessage: { message: edit } }]) {
      const draft = historyOf(infoOf(message, { key: { id: 'EDIT' } }))
      expect(draft).toMatchObject({ messageId: 'ORIGINAL', text: 'as it stands' })
      expect(draft.raw?.equals(bytesOf(message))).toBe(true)
      expect(draft.eventId).toBe(historyOf(infoOf({ conversation: 'before' }, { key })).eventId)
    }
  })
})

const people = { ana: '200@lid', anaPn: '5511900000002@s.whatsapp.net', bea: '201@lid' }
const at = 1_700_000_001_000
const by = (participant: string, id = 'X') => ({ id, remoteJid: '1203@g.us', fromMe: false, participant })
const byAccount = { id: 'OWN', remoteJid: '1203@g.us', fromMe: true }

const poll = { name: 'Almoço?', options: [{ optionName: 'sopa' }, { optionName: 'salada' }], selectableOptionsCount: 1 }
const everything: proto.IWebMessageInfo = {
  ...infoOf({ pollCreationMessageV3: poll, messageContextInfo: { messageSecret: Buffer.alloc(32, 9) } }),
  key: { id: 'M', remoteJid: '1203@g.us', fromMe: true },
  status: 3,
  starred: true,
  reactions: [
    { key: by('201:4@lid'), text: '👍', senderTimestampMs: at },
    { key: by('201@lid'), text: '🎉', senderTimestampMs: at + 1 },
    { key: by(people.anaPn), text: '', senderTimestampMs: at },
    { key: byAccount, text: '❤️' },
  ],
  pollUpdates: [
    { pollUpdateMessageKey: by(people.anaPn), vote: { selectedOptions: [sha256('sopa')] }, senderTimestampMs: at },
    { pollUpdateMessageKey: by(people.bea), vote: { selectedOptions: [sha256('pizza')] }, senderTimestampMs: at },
    { pollUpdateMessageKey: byAccount, vote: { selectedOptions: [] }, senderTimestampMs: at },
  ],
  eventResponses: [
    {
      eventResponseMessageKey: by(people.bea),
      eventResponseMessage: { response: 1, extraGuestCount: 2, timestampMs: at },
    },
  ],
  userReceipt: [
    { userJid: people.bea, receiptTimestamp: 1_700_000_001, readTimestamp: 1_700_000_002 },
    { userJid: people.anaPn, receiptTimestamp: 1_700_000_001 },
    { userJid: '202@lid', pendingDeviceJid: ['202:1@lid'] },
  ],
  pinInChat: {
    type: 1,
    key: by(people.bea),
    senderTimestampMs: at,
    messageAddOnContextInfo: { messageAddOnDurationInSecs: 86_400 },
  },
}

test('[B6] all that the phone says of a message is beside it', () => {
  const converter = converterOf()
  converter.convert({ kind: 'mapping', pn: people.anaPn, lid: people.ana }, 0)
  const converted = converter.convert(entryOf(everything), 3)
  const ana = { senderId: people.ana, senderPn: people.anaPn, fromMe: false }
  const bea = { senderId: people.bea, senderPn: null, fromMe: false }
  const account = { senderId: '100@lid', senderPn: ownAddresses.pn, fromMe: true }
  const { eventId, ...draft } = onlyOf('message.history', converted)
  expect(eventId).toMatch(/^[0-9a-f]{32}$/)
  expect(draft).toEqual({
    type: 'message.history',
    instanceId: 'first',
    occurredAt: 1_700_000_000_000,
    occurredAtSaid: null,
    chatId: '1203@g.us',
    chatPn: null,
    senderId: '100@lid',
    senderPn: ownAddresses.pn,
    messageId: 'M',
    fromMe: true,
    raw: Buffer.from(bytesOf(everything.message ?? {})),
    kind: 'poll',
    poll: { name: 'Almoço?', options: ['sopa', 'salada'], selectableCount: 1 },
    interactive: null,
    senderName: 'Ana',
    isGroup: true,
    quotedMessageId: null,
    mentions: null,
    parentMessageId: null,
    forwarded: null,
    viewOnce: null,
    expiresInSeconds: null,
    ordinal: 3,
    order: 7,
    status: 'delivered',
    starred: true,
    revokedAt: null,
    pinned: true,
    pinnedUntil: at + 86_400_000,
    reactions: [
      { ...bea, emoji: '🎉', at: at + 1 },
      { ...account, emoji: '❤️', at: null },
    ],
    votes: [
      { ...ana, options: ['sopa'], unknownHashes: [], at },
      { ...bea, options: [], unknownHashes: [sha256('pizza').toString('hex')], at },
      { ...account, options: [], unknownHashes: [], at },
    ],
    answers: [{ ...bea, answer: 'going', extraGuests: 2, at }],
    receipts: [
      { participantId: people.bea, participantPn: null, status: 'read', at: 1_700_000_002_000 },
      { participantId: people.ana, participantPn: people.anaPn, status: 'delivered', at: 1_700_000_001_000 },
    ],
    undecryptable: null,
    syncType: 'recent',
    sourceEventId: 'NOTIFICATION',
    origin: 'history',
  })
  expect(converted.secret).toMatchObject({
    messageId: 'M',
    chat: { id: '1203@g.us' },
    author: { id: '100@lid' },
    secret: Buffer.alloc(32, 9),
    options: ['sopa', 'salada'],
  })
})

test('[B6] between two people who reacted is one of both, and the account is itself by whichever of its addresses', () => {
  const reactions = [
    { key: { id: 'X', remoteJid: '200@lid', fromMe: false }, text: '👍' },
    { key: { id: 'Y', remoteJid: '200@lid', fromMe: false, participant: ownAddresses.pn }, text: '🎉' },
  ]
  expect(historyOf({ ...infoOf({ conversation: 'oi' }), reactions }).reactions).toMatchObject([
    { senderId: '200@lid', fromMe: false, emoji: '👍' },
    { senderId: '100@lid', fromMe: true, emoji: '🎉' },
  ])
})

describe('which message it is', () => {
  const text = { conversation: 'oi' }
  test('[B3] [B6] the same message is the same event in every part, whichever addresses are known by then', () => {
    const key = { remoteJid: people.anaPn }
    const info = infoOf(text, { key })
    const known = { lidOf: (pn: string) => (pn === people.anaPn ? people.ana : null), pnOf: () => null }
    const [first, again] = [
      historyOf(info),
      historyOf({ ...info, starred: true }, { known, syncType: 'full', sourceEventId: 'OTHER' }),
    ]
    expect(first).toMatchObject({ chatId: people.anaPn, senderId: people.anaPn })
    expect(again).toMatchObject({ chatId: people.ana, chatPn: people.anaPn, senderId: people.ana, senderPn: people.anaPn })
    expect(again.eventId).toBe(first.eventId)
  })

  test.each([
    ['of another id', { id: 'N' }],
    ['of the account', { fromMe: true }],
    ['in another chat', { remoteJid: '201@lid' }],
  ])('[B3] [B6] a message %s is another event', (_title, key) => {
    expect(historyOf(infoOf(text, { key })).eventId).not.toBe(historyOf(infoOf(text)).eventId)
  })

  test('[B3] [B6] nobody takes the place of somebody else’s message in a group, and it is no copy of a live one', () => {
    const inGroup = (participant: string) => historyOf(infoOf(text, { key: by(participant, 'M') }))
    expect(inGroup(people.ana).eventId).not.toBe(inGroup(people.bea).eventId)
    expect(inGroup('201:7@lid').eventId).toBe(inGroup(people.bea).eventId)
    expect(historyOf(infoOf(text)).eventId).not.toBe(convertedOf(text)[0]?.eventId)
  })

  test('[B6] a group’s author may stand beside the key; a post is its channel’s; status and lists are what they are live', () => {
    expect(historyOf({ ...infoOf(text, { key: { remoteJid: '1203@g.us' } }), participant: '201:2@lid' }).senderId).toBe(
      people.bea,
    )
    expect(historyOf(infoOf(text, { key: { remoteJid: '5@newsletter' } }))).toMatchObject({
      chatId: '5@newsletter',
      isGroup: false,
    })
    const status = infoOf(text, { key: { remoteJid: 'status@broadcast', participant: people.bea } })
    expect(historyOf(status)).toMatchObject({ chatId: 'status@broadcast', senderId: people.bea })
    const list = infoOf(text, { key: { remoteJid: '99@broadcast', participant: people.bea } })
    expect(historyOf(list)).toMatchObject({ chatId: people.bea, senderId: people.bea })
  })

  test('[B6] a status is message.history, whose chat is status', () => {
    const bytes = entryOf(infoOf(text, { key: { remoteJid: '', participant: people.bea } })).bytes
    const status = onlyOf('message.history', converterOf().convert({ kind: 'status', bytes }, 0))
    expect(status).toMatchObject({ chatId: 'status@broadcast', senderId: people.bea, order: null, ordinal: 0 })
  })
})

describe('what nobody wrote', () => {
  test('[B6] a line of the phone’s own is of the kind system, and says which', () => {
    const draft = historyOf({
      ...infoOf(null, { key: { remoteJid: '1203@g.us', participant: people.bea } }),
      messageStubType: proto.WebMessageInfo.StubType.GROUP_CHANGE_SUBJECT,
      messageStubParameters: ['Família'],
    })
    expect(draft).toMatchObject({ kind: 'system', text: null, raw: null, undecryptable: null, revokedAt: null })
    expect(JSON.parse(draft.interactive ?? '')).toEqual({ action: 'group-change-subject', params: ['Família'] })
    const newer = historyOf({ ...infoOf(null), messageStubType: 9_999 as proto.WebMessageInfo.StubType })
    expect(JSON.parse(newer.interactive ?? '')).toEqual({ action: 'stub-9999' })
  })

  test.each([
    ['ciphertext', { messageStubType: 2 }],
    ['futureproof', { messageStubType: 3 }],
    ['oversized', { messageStubType: 68 }],
    ['no-content', {}],
    ['no-content', { message: { messageContextInfo: {} } }],
  ])('[B6] what the phone itself could not read is undecryptable: %s', (undecryptable, more) => {
    expect(historyOf({ ...infoOf(null), ...more })).toMatchObject({ kind: 'unknown', undecryptable })
  })

  const itself = { protocolMessage: { type: 0, key: { id: 'M', remoteJid: '200@lid', fromMe: false } } }
  test.each([
    ['by its stub', { messageStubType: 1 }, 'revoke'],
    ['by an admin', { messageStubType: 132 }, 'admin-revoke'],
    ['as the revoke of itself', { message: itself }, 'revoke'],
    ['by its time alone', { revokeMessageTimestamp: 1_700_000_002 }, 'revoke'],
  ])('[B6] a message that was revoked says when, %s', (_title, more, action) => {
    const draft = historyOf({ ...infoOf(null), ...more })
    const revokedAt = 'revokeMessageTimestamp' in more ? 1_700_000_002_000 : 1_700_000_000_000
    expect(draft).toMatchObject({ kind: 'system', revokedAt, undecryptable: null })
    expect(JSON.parse(draft.interactive ?? '')).toEqual({ action })
  })
})

describe('what is no message', () => {
  const key = { id: 'OTHER', remoteJid: '200@lid', fromMe: false }
  test.each([
    ['message.reacted', { reactionMessage: { key, text: '👍' } }],
    ['message.pinned', { pinInChatMessage: { key, type: 1 } }],
    ['message.revoked', { protocolMessage: { type: 0, key: { ...key, fromMe: true } } }],
    ['message: revoke without authority', { protocolMessage: { type: 0, key } }],
    ['chat.updated', { protocolMessage: { type: 3, ephemeralExpiration: 86_400 } }],
    ['message: protocolMessage HISTORY_SYNC_NOTIFICATION', { protocolMessage: { type: 5, historySyncNotification: {} } }],
    [
      'message.undecryptable',
      { pollUpdateMessage: { pollCreationMessageKey: key, vote: { encPayload: Buffer.alloc(20), encIv: Buffer.alloc(12) } } },
    ],
    ['message: placeholderMessage', { placeholderMessage: {} }],
  ])('[B6] %s is passed over by name', (name, message) => {
    expect(convertInfo(infoOf(message))).toMatchObject({ drafts: [], isUnreadable: false, passedOver: name })
  })

  test.each([
    ['message without key', infoOf({ conversation: 'oi' }, { key: { id: '' } })],
    ['message without key', infoOf({ conversation: 'oi' }, { key: { remoteJid: '' } })],
    ['message without key', { message: { conversation: 'oi' } }],
  ])('[B6] %s is unreadable', (passedOver, info) => {
    expect(convertInfo(info)).toMatchObject({ drafts: [], isUnreadable: true, passedOver })
  })

  test('[B6] the conversation says the chat where the key does not', () => {
    const entry = entryOf(infoOf({ conversation: 'oi' }, { key: { remoteJid: '' } }), '200@lid')
    expect(onlyOf('message.history', converterOf().convert(entry, 0)).chatId).toBe('200@lid')
  })
})

test('[B6] [B9] a vote by itself opens with the secret that the history brought, or that is known, and is poll.voted of history', () => {
  const secret = Buffer.alloc(32, 9)
  const message = { pollCreationMessageV3: poll, messageContextInfo: { messageSecret: secret } }
  const asked = infoOf(message, { key: { id: 'POLL', fromMe: true } })
  const [account, ana] = ['100@lid', '200@lid'].map(lidJid => ({ pn: lidJid, pnJid: lidJid, lidJid, name: '' }))
  if (!account || !ana) throw new Error('two people')
  const voted = infoOf(vote(ana, ['sopa'], { messageId: 'POLL', author: account }, { secret }), { key: { id: 'VOTE' } })
  const converter = converterOf()
  expect(converter.convert(entryOf(voted), 0).passedOver).toBe('message.undecryptable')
  converter.convert(entryOf(asked), 0)
  const draft = onlyOf('poll.voted', converter.convert(entryOf(voted), 1))
  expect(draft).toMatchObject({
    targetMessageId: 'POLL',
    options: ['sopa'],
    senderId: '200@lid',
    origin: 'history',
    occurredAt: 1_700_000_000_000,
  })
  const known = { author: { id: '100@lid', pn: null }, secret, options: [] }
  const unnamed = onlyOf('poll.voted', convertInfo(voted, { secretsOf: () => [known] }))
  expect(unnamed).toMatchObject({ options: [], unknownHashes: [sha256('sopa').toString('hex')], eventId: draft.eventId })
})

test('[B6] impossible times give way to that of the notification, and say what was said', () => {
  for (const [messageTimestamp, occurredAtSaid] of [
    [0, '0'],
    [-1, '18446744073709551615'],
    [1_700_000_000_000, '1700000000000'],
    [64_000_000_000, '64000000000'],
  ] as const)
    expect(historyOf({ ...infoOf({ conversation: 'oi' }), messageTimestamp })).toMatchObject({
      occurredAt: toldAt,
      occurredAtSaid,
    })
})

describe('what is left out', () => {
  const text = { conversation: 'oi' }
  const ignores = (chat: string | null) => chat === null || chat.endsWith('@g.us')
  test('[A5] [B6] messages of an ignored chat are, and no others', () => {
    expect(convertInfo(infoOf(text, { key: by(people.bea) }), { ignores })).toMatchObject({
      drafts: [],
      secret: null,
      passedOver: 'settings',
    })
    expect(converterOf({ ignores }).convert(entryOf(infoOf(text), '1203@g.us'), 0).passedOver).toBe('settings')
    expect(convertInfo(infoOf(text), { ignores }).drafts).toHaveLength(1)
  })

  test('[A5] [B6] all messages are while historySync is off', () => {
    expect(convertInfo(everything, { withMessages: false })).toMatchObject({
      drafts: [],
      secret: null,
      passedOver: 'historySync is off',
    })
  })
})

describe('ids', () => {
  const long = `${'5'.repeat(14)}:${'1'.repeat(300)}@lid`
  const text = { conversation: 'oi' }
  test.each([
    ['an id', infoOf(text, { key: { id: 'x'.repeat(257) } })],
    ['an id with a NUL', infoOf(text, { key: { id: 'x\0' } })],
    ['a chat', infoOf(text, { key: { remoteJid: long } })],
    ['an author', infoOf(text, { key: { remoteJid: '1203@g.us', participant: long } })],
    ['an author beside the key', { ...infoOf(text, { key: { remoteJid: '1203@g.us' } }), participant: long }],
    [
      'an id of what was edited',
      infoOf({ protocolMessage: { type: 14, key: { id: 'x'.repeat(257) }, editedMessage: { conversation: 'now' } } }),
    ],
  ])('[B6] a message with %s that no table holds is unreadable', (_title, info) => {
    expect(convertInfo(info)).toMatchObject({ drafts: [], secret: null, isUnreadable: true })
  })

  test('[B6] so is one in a conversation without such an id, and one with an id of 256 characters is told', () => {
    expect(converterOf().convert(entryOf(infoOf(text), long), 0)).toMatchObject({ drafts: [], isUnreadable: true })
    expect(historyOf(infoOf(text, { key: { id: 'x'.repeat(256) } })).messageId).toHaveLength(256)
  })
})
