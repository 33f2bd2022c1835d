// What nobody wrote is told as what it is, what is no message is passed over by name, and what settings leave out is not told.
import { proto } from '@whiskeysockets/baileys'
import { describe, expect, test } from 'vitest'
import { converterOf, convertInfo, entryOf, infoOf, onlyOf } from '../ground/convert/past.ts'
import { by, everything, historyOf, people } from '../ground/convert/past-group.ts'

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
