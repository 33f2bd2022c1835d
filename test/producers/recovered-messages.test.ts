// What this device could not read and the phone handed over is a message like any other.
import { proto } from '@whiskeysockets/baileys'
import { expect, test } from 'vitest'
import { convertMessage } from '../../src/convert/convert-message.ts'
import { readStanza } from '../../src/convert/stanza-identity.ts'

const own = { pn: '5511900000001@s.whatsapp.net', lid: '100@lid' }
const receivedAt = 1_700_000_010_000
const { Type } = proto.Message.ProtocolMessage
const encode = (message: proto.IMessage) => proto.Message.encode(message).finish()

function convertPlain(plaintext: Uint8Array, attrs: Record<string, string>) {
  const stanza = readStanza({ tag: 'message', attrs }, { instanceId: 'first', own })
  return convertMessage({
    stanza,
    part: 0,
    plaintext,
    isPadded: false,
    receivedAt,
    aliases: [],
    ownId: null,
    ignores: () => false,
  })
}
/** As the phone answers a request to send placeholders again. */
function handOver(infos: readonly (proto.IWebMessageInfo | Uint8Array)[], attrs: Record<string, string> = {}) {
  const peerDataOperationResult = infos.map(info => ({
    placeholderMessageResendResponse: {
      webMessageInfoBytes: info instanceof Uint8Array ? info : proto.WebMessageInfo.encode(info).finish(),
    },
  }))
  const peerDataOperationRequestResponseMessage = { peerDataOperationResult }
  const type = Type.PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE
  const plaintext = encode({ protocolMessage: { type, peerDataOperationRequestResponseMessage } })
  return convertPlain(plaintext, { id: 'PEER', from: own.pn, category: 'peer', t: '1700000009', ...attrs })
}
const info = (key: proto.IMessageKey, text = 'recovered'): proto.IWebMessageInfo => ({
  key,
  message: { conversation: text },
  messageTimestamp: 1_700_000_000,
  pushName: 'Ana',
})

test('[B8] a message that the phone hands over is message.received under its own address, beside the bytes it came in', () => {
  const [carrier, message, ...others] = handOver([info({ id: 'M', remoteJid: '200@lid', fromMe: false })])
  expect(carrier).toMatchObject({ type: 'unknown', messageId: 'PEER' })
  expect(message).toMatchObject({
    type: 'message.received',
    messageId: 'M',
    chatId: '200@lid',
    senderId: '200@lid',
    senderName: 'Ana',
    text: 'recovered',
    fromMe: false,
    occurredAt: 1_700_000_000_000,
  })
  expect(message?.raw?.equals(encode({ conversation: 'recovered' }))).toBe(true)
  expect(others).toEqual([])
})

test('[B3] [B8] handed over again, or decrypted after all, it is the same event', () => {
  const key = { id: 'M', remoteJid: '200@lid', fromMe: false }
  const [, first] = handOver([info(key)])
  const [, again] = handOver([info(key)], { id: 'ANOTHER' })
  const [decrypted] = convertPlain(encode({ conversation: 'recovered' }), { id: 'M', from: '200:3@lid', t: '1700000000' })
  expect(again?.eventId).toBe(first?.eventId)
  expect(decrypted?.eventId).toBe(first?.eventId)
})

test('[B8] groups and the account’s own messages keep their chat and author', () => {
  const [, group, sent] = handOver([
    info({ id: 'G', remoteJid: '1203@g.us', participant: '201:2@lid', fromMe: false }),
    info({ id: 'S', remoteJid: '200@lid', fromMe: true }),
  ])
  expect(group).toMatchObject({ type: 'message.received', chatId: '1203@g.us', senderId: '201@lid', isGroup: true })
  expect(sent).toMatchObject({ type: 'message.sent', chatId: '200@lid', senderId: own.pn, fromMe: true, source: 'phone' })
})

test('[B8] [B9] a pin in a group is one, whose stanza the phone keeps to itself; a revoke of somebody else’s is none', () => {
  const key = { id: 'G', remoteJid: '1203@g.us', participant: '201:2@lid', fromMe: false }
  const target = { id: 'TARGET', remoteJid: '1203@g.us', participant: '202@lid' }
  const told = (message: proto.IMessage, attrs: Record<string, string> = {}) => handOver([{ ...info(key), message }], attrs)
  const pin = { pinInChatMessage: { key: target, type: 1 } }
  const pinned = { type: 'message.pinned', messageId: 'G', chatId: '1203@g.us', senderId: '201@lid', targetSenderId: '202@lid' }
  expect(told(pin)[1]).toMatchObject(pinned)
  expect(told(pin, { from: '666@lid' }).map(({ type }) => type)).toEqual(['unknown'])
  const refused = { type: 'unknown', name: 'message: revoke without authority' }
  expect(told({ protocolMessage: { type: Type.REVOKE, key: target } })[1]).toMatchObject(refused)
  expect(convertPlain(encode(pin), { id: 'G', from: '1203@g.us', participant: '201@lid' })).toMatchObject([
    { type: 'unknown', name: 'message: pin without authority' },
  ])
})

test('[B2] [B8] nobody but the account itself can hand over messages, and what cannot be read hides no other', () => {
  const good = info({ id: 'M', remoteJid: '200@lid', fromMe: false })
  expect(handOver([good], { from: '666@lid' }).map(({ type }) => type)).toEqual(['unknown'])
  const types = handOver([Buffer.from('nonsense'), { ...good, key: {} }, good]).map(({ type }) => type)
  expect(types).toEqual(['unknown', 'message.received'])
})
