// Times that WhatsApp cannot have meant are replaced by the time of arrival, at every door, and what was said is kept.
import { proto } from '@whiskeysockets/baileys'
import { expect, test } from 'vitest'
import { createContactNames } from '../../src/convert/contact-names.ts'
import { convertMessage } from '../../src/convert/convert-message.ts'
import { convertReceipt } from '../../src/convert/convert-receipt.ts'
import { readStanza } from '../../src/convert/stanza-identity.ts'

const receivedAt = Date.UTC(2026, 10, 29, 12)
const own = { pn: '5511900000001@s.whatsapp.net', lid: '100@lid' }
const seconds = (instant: number) => String(instant / 1000)
const stanzaOf = (attrs: Record<string, string>, tag = 'message') =>
  readStanza({ tag, attrs: { id: 'M', from: '200@lid', notify: 'Ana', ...attrs } }, { instanceId: 'first', own })
const convert = (attrs: Record<string, string>, message: proto.IMessage = { conversation: 'hi' }) =>
  convertMessage({
    stanza: stanzaOf(attrs),
    part: 0,
    plaintext: proto.Message.encode(message).finish(),
    isPadded: false,
    receivedAt,
    aliases: [],
    ownId: null,
    ignores: () => false,
  })

test.each([seconds(Date.UTC(2009, 0, 1)), seconds(receivedAt - 1000), seconds(receivedAt + 86_400_000)])(
  '[B4] a message of second %s happened then',
  t => {
    expect(convert({ t })).toMatchObject([{ occurredAt: Number(t) * 1000, occurredAtSaid: null }])
  },
)

test.each([
  ['milliseconds', seconds(receivedAt * 1000)],
  ['before there was WhatsApp', seconds(Date.UTC(2009, 0, 1) - 1000)],
  ['0', '0'],
  ['negative', '-1700000000'],
  ['more than a day ahead', seconds(receivedAt + 86_401_000)],
  ['what fits no schema', '9007199254740991'],
  ['a fraction', '1700000000.5'],
  ['no number', 'NaN'],
  ['empty', ''],
])('[B4] a time of %s is the time of arrival, and what was said is kept', (_, t) => {
  expect(convert({ t })).toMatchObject([{ type: 'message.received', occurredAt: receivedAt, occurredAtSaid: t }])
})

test('[B4] a missing time is the time of arrival, and a long one is cut', () => {
  expect(convert({})).toMatchObject([{ occurredAt: receivedAt, occurredAtSaid: '' }])
  expect(convert({ t: '9'.repeat(5_000) })).toMatchObject([{ occurredAtSaid: '9'.repeat(40) }])
})

test('[B3] [B4] copies that arrive at different times are one event', () => {
  const [first] = convert({ t: '0' })
  const [again] = convertMessage({
    stanza: stanzaOf({ t: '0' }),
    part: 0,
    plaintext: proto.Message.encode({ conversation: 'hi' }).finish(),
    isPadded: false,
    receivedAt: receivedAt + 60_000,
    aliases: [],
    ownId: null,
    ignores: () => false,
  })
  expect(again?.eventId).toBe(first?.eventId)
  expect(again?.occurredAt).toBe(receivedAt + 60_000)
})

test('[B4] it holds for receipts, and for each reader of an aggregated one', () => {
  const receipt = (attrs: Record<string, string>, users: readonly Record<string, string>[] = []) => {
    const readers = users.map(user => ({ tag: 'user', attrs: user }))
    const content = readers.length === 0 ? [] : [{ tag: 'participants', attrs: { key: 'G' }, content: readers }]
    const node = { tag: 'receipt', attrs: { id: 'R', from: '1@g.us', type: 'read', ...attrs }, content }
    const stanza = readStanza(node, { instanceId: 'first', own })
    return convertReceipt({ node, stanza, raw: Buffer.of(1), receivedAt }).drafts
  }
  expect(receipt({ t: seconds(receivedAt * 1000) })).toMatchObject([{ occurredAt: receivedAt }])
  const t = seconds(receivedAt - 5_000)
  const jids = { zero: '200@lid', huge: '201@lid', silent: '202@lid', good: '203@lid' }
  const users = [
    { jid: jids.zero, t: '0' },
    { jid: jids.huge, t: '9007199254740991' },
    { jid: jids.silent },
    { jid: jids.good, t: seconds(receivedAt - 7_000) },
  ]
  expect(receipt({ t }, users)).toMatchObject([
    { participantId: jids.zero, occurredAt: receivedAt, occurredAtSaid: '0' },
    { participantId: jids.huge, occurredAt: receivedAt, occurredAtSaid: '9007199254740991' },
    { participantId: jids.silent, occurredAt: receivedAt - 5_000, occurredAtSaid: null },
    { participantId: jids.good, occurredAt: receivedAt - 7_000, occurredAtSaid: null },
  ])
})

test('[B4] it holds for what the phone hands over, and for what is learnt of a contact', () => {
  const key = { id: 'H', remoteJid: '201@lid', fromMe: false }
  const handedOver = (messageTimestamp: number) => {
    const webMessageInfoBytes = proto.WebMessageInfo.encode({ key, messageTimestamp, message: { conversation: 'hi' } }).finish()
    const type = proto.Message.ProtocolMessage.Type.PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE
    const peerDataOperationResult = [{ placeholderMessageResendResponse: { webMessageInfoBytes } }]
    const carrier = { type, peerDataOperationRequestResponseMessage: { peerDataOperationResult } }
    return convert({ from: own.pn, t: seconds(receivedAt) }, { protocolMessage: carrier })[1]
  }
  expect(handedOver(9007199254740991)).toMatchObject({ occurredAt: receivedAt, occurredAtSaid: '9007199254740991' })
  expect(handedOver(receivedAt)).toMatchObject({ occurredAt: receivedAt, occurredAtSaid: String(receivedAt) })
  const stanza = stanzaOf({ t: '0' })
  const names = createContactNames({ maxContacts: 1 })
  expect(names.changed(stanza, stanza.sender, receivedAt)).toMatchObject({ occurredAt: receivedAt, occurredAtSaid: '0' })
})
