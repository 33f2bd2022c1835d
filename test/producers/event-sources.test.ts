import { expect, test } from 'vitest'
import { describePayload } from '../../src/convert/describe-payload.ts'
import { treatEvent } from '../../src/convert/event-sources.ts'

test('[B1] what gated stanzas said already is ignored, what only Baileys says is appended', () => {
  expect(treatEvent('messages.upsert', {})).toEqual({ kind: 'ignore' })
  expect(treatEvent('creds.update', {})).toEqual({ kind: 'ignore' })
  expect(treatEvent('labels.edit', { id: '1' })).toEqual({ kind: 'append', payload: { id: '1' } })
})

test('[B1] of an event with two sources only the part that no stanza said is appended', () => {
  expect(treatEvent('chats.update', [{ id: 'a', conversationTimestamp: 1, messages: [{}] }])).toEqual({ kind: 'ignore' })
  expect(
    treatEvent('chats.update', [
      { id: 'a', unreadCount: 1 },
      { id: 'b', archived: true, unreadCount: 2 },
    ]),
  ).toEqual({
    kind: 'append',
    payload: [{ id: 'b', archived: true }],
  })
})

test('[B1] what was read, marked unread or starred on another device is appended: no stanza says it', () => {
  const chats = [
    { id: 'read', unreadCount: 0 },
    { id: 'marked', unreadCount: -1, conversationTimestamp: 1 },
  ]
  const payload = [
    { id: 'read', unreadCount: 0 },
    { id: 'marked', unreadCount: -1 },
  ]
  expect(treatEvent('chats.update', chats)).toEqual({ kind: 'append', payload })
  const key = { remoteJid: '200@lid', id: 'M' }
  const updates = [
    { key, update: { starred: false, status: 4 } },
    { key, update: { status: 3 } },
    { key, update: { message: null, messageStubType: 1 } },
  ]
  expect(treatEvent('messages.update', updates)).toEqual({ kind: 'append', payload: [{ key, update: { starred: false } }] })
  expect(treatEvent('messages.update', updates.slice(1))).toEqual({ kind: 'ignore' })
  expect(treatEvent('contacts.update', [{ id: 'a', notify: 'Ana', imgUrl: 'changed' }])).toEqual({ kind: 'ignore' })
})

test('[B1] an event of a newer Baileys is appended', () => {
  expect(treatEvent('stars.aligned', 1)).toEqual({ kind: 'append-unlisted', payload: 1 })
})

test('[B1] [I2] a payload loses byte arrays and secrets, and nothing else', () => {
  const payload = {
    id: '200@lid',
    key: { remoteJid: '200@lid', id: 'M' },
    mediaKey: 'x',
    authToken: 'x',
    qr: 'x',
    privateNote: 'x',
    thumbnail: new Uint8Array(3),
    deep: [{ advSecretKey: 'x', name: 'kept' }],
    at: new Date(0),
    many: 12n,
  }
  expect(JSON.parse(describePayload(payload))).toEqual({
    id: '200@lid',
    key: { remoteJid: '200@lid', id: 'M' },
    deep: [{ name: 'kept' }],
    at: '1970-01-01T00:00:00.000Z',
    many: '12',
  })
  const deleted = { keys: [{ remoteJid: '200@lid', id: 'M' }] }
  expect(JSON.parse(describePayload({ ...deleted, more: { keys: [{ keyData: 'x' }] } }))).toEqual({ ...deleted, more: {} })
  const loop: Record<string, unknown> = { name: 'loop' }
  loop.self = loop
  expect(describePayload(loop)).toContain('loop')
})
