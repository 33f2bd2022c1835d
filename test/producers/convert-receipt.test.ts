import type { BinaryNode } from '@whiskeysockets/baileys'
import { expect, test } from 'vitest'
import { convertReceipt } from '../../src/convert/convert-receipt.ts'
import { readStanza } from '../../src/convert/stanza-identity.ts'

const own = { pn: '5511900000001@s.whatsapp.net', lid: '100@lid' }
const receivedAt = 1_700_000_010_000
function convert(attrs: Record<string, string>, content?: BinaryNode[]) {
  const node: BinaryNode = {
    tag: 'receipt',
    attrs: { id: 'R', from: '200@lid', t: '1700000000', ...attrs },
    ...(content && { content }),
  }
  return convertReceipt({ node, stanza: readStanza(node, { instanceId: 'first', own }), raw: Buffer.of(1), receivedAt })
}

test.each([
  [undefined, 'delivered'],
  ['inactive', 'delivered'],
  ['sender', 'server'],
  ['read', 'read'],
  ['read-self', 'read'],
  ['played', 'played'],
])('[B1] a receipt of type %s says %s', (type, status) => {
  const { drafts } = convert(type === undefined ? {} : { type })
  expect(drafts).toMatchObject([
    { type: 'message.receipt-updated', status, messageIds: ['R'], chatId: '200@lid', participantId: null },
  ])
})

test('[B1] a receipt for several messages is one event with all their ids', () => {
  const items = ['S', 'T'].map(id => ({ tag: 'item', attrs: { id } }))
  expect(convert({ type: 'read' }, [{ tag: 'list', attrs: {}, content: items }]).drafts).toMatchObject([
    { messageIds: ['R', 'S', 'T'] },
  ])
})

test('[B1] several readers of a group message in one stanza are one event each', () => {
  const users = ['200@lid', '201@lid'].map(jid => ({ tag: 'user', attrs: { jid, t: '1700000005' } }))
  const { drafts } = convert({ from: '1@g.us', type: 'read' }, [{ tag: 'participants', attrs: { key: 'G' }, content: users }])
  expect(drafts).toMatchObject([
    { participantId: '200@lid', messageIds: ['G'], occurredAt: 1_700_000_005_000 },
    { participantId: '201@lid', messageIds: ['G'] },
  ])
  expect(new Set(drafts.map(draft => draft.eventId)).size).toBe(2)
})

test('[B1] of a status each viewer is an event of its own, with what that one did and when', () => {
  const viewers = [
    { jid: '200@lid', t: '1700000005', type: 'delivery' },
    { jid: '200@lid', t: '1700000006', type: 'read' },
    { jid: '201:3@lid', t: '1700000007', type: 'read' },
  ].map(attrs => ({ tag: 'user', attrs }))
  const ofStatus = { class: 'status', from: 'status@broadcast' }
  const { drafts } = convert(ofStatus, [{ tag: 'participants', attrs: { message_id: 'ST' }, content: viewers }])
  const viewed = { type: 'message.receipt-updated', chatId: 'status@broadcast', messageIds: ['ST'], messageId: 'ST' }
  expect(drafts).toMatchObject([
    { ...viewed, senderId: '200@lid', status: 'delivered', occurredAt: 1_700_000_005_000 },
    { ...viewed, senderId: '200@lid', status: 'read', occurredAt: 1_700_000_006_000 },
    { ...viewed, senderId: '201@lid', status: 'read', occurredAt: 1_700_000_007_000 },
  ])
  expect(new Set(drafts.map(draft => draft.eventId)).size).toBe(3)
})

test('[B1] [B5] a viewer’s type that nobody knows is unknown, with the bytes of the whole, beside the others’', () => {
  const viewers = ['read', 'pondered'].map(type => ({ tag: 'user', attrs: { jid: '200@lid', type } }))
  expect(convert({}, [{ tag: 'participants', attrs: { message_id: 'ST' }, content: viewers }]).drafts).toMatchObject([
    { type: 'message.receipt-updated', status: 'read' },
    { type: 'unknown', name: 'receipt of a reader, pondered', raw: Buffer.of(1) },
  ])
})

test('[B1] what a device cannot have was not delivered to it', () => {
  const error = { tag: 'error', attrs: { reason: 'lid', type: 'feature-incapable' } }
  expect(convert({}, [error]).drafts).toMatchObject([{ status: 'server', messageIds: ['R'] }])
  expect(convert({ type: 'read' }, [error]).drafts).toMatchObject([{ status: 'read' }])
})

test.each(['retry', 'server-error', 'peer_msg', 'hist_sync', 'enc_rekey_retry'])(
  '[B1] %s is machinery, ignored by name',
  type => {
    expect(convert({ type })).toEqual({ drafts: [], ignored: `receipt ${type}` })
  },
)

test('[B1] a type of receipt that nobody knows is unknown, with its bytes', () => {
  expect(convert({ type: 'pondered' }).drafts).toMatchObject([{ type: 'unknown', name: 'receipt pondered', raw: Buffer.of(1) }])
})
