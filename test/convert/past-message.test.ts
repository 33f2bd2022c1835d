// A message of the phone’s history is message.history: converted as a live one, with all that the phone says of it beside.
import { describe, expect, test } from 'vitest'
import { vote } from '../../simulator/accounts/seal-content.ts'
import { converterOf, convertInfo, entryOf, infoOf, onlyOf, ownAddresses, toldAt } from '../ground/convert/past.ts'
import { at, everything, historyOf, people, poll, sha256 } from '../ground/convert/past-group.ts'
import { bytesOf, convertedOf } from '../ground/producers/convert-part.ts'
import { saidCases } from '../ground/producers/kinds/said.ts'
import { shownCases } from '../ground/producers/kinds/shown.ts'
import { toldCases } from '../ground/producers/kinds/told.ts'

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
