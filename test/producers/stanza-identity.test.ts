import { expect, test } from 'vitest'
import { identityOf, readStanza, stanzaPartKey } from '../../src/convert/stanza-identity.ts'
import { sourceId } from '../../src/events/ids.ts'

const own = { pn: '5511900000001@s.whatsapp.net', lid: '100@lid' }
const pn = '5511900000011@s.whatsapp.net'
const lid = '200@lid'
const read = (attrs: Record<string, string>, tag = 'message') => readStanza({ tag, attrs }, { instanceId: 'first', own })
const idOf = (attrs: Record<string, string>) => sourceId(identityOf(read(attrs)), 'message.received', { part: 0, index: 0 })

test('[B3] an event has the same id whether the LID comes as address or as attribute', () => {
  const ids = [
    idOf({ id: 'M', from: '200:3@lid', sender_pn: pn, t: '1700000000' }),
    idOf({ id: 'M', from: '5511900000011:3@s.whatsapp.net', sender_lid: lid, t: '1700000009', offline: '1' }),
    idOf({ id: 'M', from: lid }),
  ]
  expect(new Set(ids).size).toBe(1)
  const inGroup = [
    idOf({ id: 'M', from: '1@g.us', participant: '200:1@lid', participant_pn: pn }),
    idOf({ id: 'M', from: '1@g.us', participant: pn, participant_lid: lid }),
  ]
  expect(new Set(inGroup).size).toBe(1)
})

test('[B3] another sender, chat or direction has another id under the same message id', () => {
  const ids = [
    idOf({ id: 'M', from: lid }),
    idOf({ id: 'M', from: '201@lid' }),
    idOf({ id: 'M', from: '1@g.us', participant: lid }),
    idOf({ id: 'M', from: '2@g.us', participant: lid }),
    idOf({ id: 'M', from: '100:0@lid', recipient: lid }),
  ]
  expect(new Set(ids).size).toBe(ids.length)
})

test('[B4] a chat carries LID and phone number, neither overwriting the other', () => {
  const { chat, sender, fromMe, saidAt } = read({
    id: 'M',
    from: '5511900000011:3@s.whatsapp.net',
    sender_lid: lid,
    t: '1700000000',
  })
  expect({ chat, sender, fromMe, saidAt }).toEqual({
    chat: { id: lid, pn },
    sender: { id: lid, pn },
    fromMe: false,
    saidAt: '1700000000',
  })
  expect(read({ id: 'M', from: pn }).chat).toEqual({ id: pn, pn })
})

test('[B4] what the account wrote belongs to the chat it was written to', () => {
  const byLid = read({ id: 'M', from: '100:2@lid', recipient: lid, peer_recipient_pn: pn })
  expect(byLid).toMatchObject({ fromMe: true, senderDevice: 2, chat: { id: lid, pn }, sender: { id: '100@lid' } })
  const byPn = read({ id: 'M', from: '5511900000001@s.whatsapp.net', recipient: pn, peer_recipient_lid: lid })
  expect(byPn).toMatchObject({ fromMe: true, senderDevice: 0, chat: { id: lid, pn } })
  expect(read({ id: 'M', from: '1@g.us', participant: '100:2@lid' })).toMatchObject({
    fromMe: true,
    isGroup: true,
    chat: { id: '1@g.us', pn: null },
  })
})

test('[B4] hosted devices belong to their account', () => {
  expect(read({ id: 'M', from: '200:99@hosted.lid' }).sender.id).toBe('200@lid')
  expect(read({ id: 'M', from: '5511900000011:99@hosted', sender_lid: lid }).sender).toEqual({ id: lid, pn })
})

test('[B3] a receipt is told apart by its type and the messages it lists', () => {
  const stanza = read({ id: 'R', from: lid }, 'receipt')
  const id = (receipt: { type: string; messageIds: string[] }) =>
    sourceId(identityOf(stanza, receipt), 'message.receipt-updated', { part: 0, index: 0 })
  const ids = [
    id({ type: '', messageIds: ['R'] }),
    id({ type: 'read', messageIds: ['R'] }),
    id({ type: 'read', messageIds: ['R', 'S'] }),
  ]
  expect(new Set(ids).size).toBe(3)
})

test('[B3] a part is known again by class, stanza id, sender, part and ciphertext', () => {
  const at = (part: number, content = 'x') => ({ part, content: Buffer.from(content) })
  const keys = [
    stanzaPartKey(read({ id: 'M', from: lid }), at(0)),
    stanzaPartKey(read({ id: 'M', from: lid }), at(1)),
    stanzaPartKey(read({ id: 'M', from: lid }), at(0, 'y')),
    stanzaPartKey(read({ id: 'N', from: lid }), at(0)),
    stanzaPartKey(read({ id: 'M', from: '201@lid' }), at(0)),
  ]
  expect(new Set(keys).size).toBe(5)
  expect(stanzaPartKey(read({ id: 'M', from: pn, sender_lid: lid, offline: '1' }), at(0))).toBe(keys[0])
})
