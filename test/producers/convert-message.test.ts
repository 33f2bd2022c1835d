import { proto } from '@whiskeysockets/baileys'
import { expect, test } from 'vitest'
import { convertMessage } from '../../src/producers/convert/convert-message.ts'
import type { Draft } from '../../src/producers/convert/draft.ts'
import { readStanza } from '../../src/producers/convert/stanza-identity.ts'

const own = { pn: '5511900000001@s.whatsapp.net', lid: '100@lid' }
const attrs = { id: 'M', from: '200@lid', notify: 'Ana', t: '1700000000' }
const receivedAt = 1_700_000_005_000
const file = {
  mediaKey: Buffer.alloc(32, 1),
  fileSha256: Buffer.alloc(32, 2),
  fileEncSha256: Buffer.alloc(32, 3),
  directPath: '/v/t',
}

const bytes = (message: proto.IMessage) => proto.Message.encode(message).finish()
const pad = (plain: Uint8Array) => Buffer.concat([plain, Buffer.of(3, 3, 3)])
function convertBytes(plain: Uint8Array, extra: Record<string, string> = {}): readonly Draft[] {
  const stanza = readStanza({ tag: 'message', attrs: { ...attrs, ...extra } }, { instanceId: 'first', own })
  return convertMessage({ stanza, part: 0, plaintext: pad(plain), isPadded: true, receivedAt, aliases: [], ignores: () => false })
}
const convert = (message: proto.IMessage) => convertBytes(bytes(message))[0]

test.each<[string, proto.IMessage, object]>([
  ['text', { conversation: 'hi' }, { text: 'hi' }],
  [
    'text',
    { extendedTextMessage: { text: 'hi', contextInfo: { mentionedJid: ['201:2@lid'], isForwarded: true, expiration: 86400 } } },
    { mentions: ['201@lid'], forwarded: true, expiresInSeconds: 86400 },
  ],
  [
    'image',
    { imageMessage: { ...file, caption: 'c', mimetype: 'image/jpeg', fileLength: 12, width: 4, height: 3 } },
    { text: 'c', media: { sizeBytes: 12, width: 4 } },
  ],
  ['video', { videoMessage: { ...file, mimetype: 'video/mp4', seconds: 9 } }, { media: { durationSeconds: 9 } }],
  ['gif', { videoMessage: { ...file, gifPlayback: true } }, {}],
  ['ptv', { ptvMessage: { ...file } }, {}],
  [
    'voice',
    { audioMessage: { ...file, ptt: true, seconds: 2, waveform: Buffer.of(1) } },
    { mediaSource: { waveform: Buffer.of(1) } },
  ],
  ['audio', { audioMessage: { ...file, ptt: false } }, {}],
  ['document', { documentMessage: { ...file, fileName: 'a.pdf', pageCount: 2 } }, { media: { fileName: 'a.pdf', pages: 2 } }],
  ['sticker', { stickerMessage: { ...file } }, {}],
  [
    'location',
    { locationMessage: { degreesLatitude: -23.5, degreesLongitude: -46.6, name: 'Sé' } },
    { location: { latitude: -23.5, name: 'Sé' } },
  ],
  ['live-location', { liveLocationMessage: { degreesLatitude: 1, degreesLongitude: 2 } }, {}],
  ['location', { locationMessage: { degreesLatitude: Number.NaN, degreesLongitude: Infinity } }, { location: null }],
  ['live-location', { liveLocationMessage: { degreesLatitude: 1, caption: 'on my way' } }, { location: null, text: 'on my way' }],
  [
    'contacts',
    { contactMessage: { displayName: 'Bea', vcard: 'BEGIN:VCARD' } },
    { contacts: [{ displayName: 'Bea', vcard: 'BEGIN:VCARD' }] },
  ],
  [
    'poll',
    {
      pollCreationMessageV3: {
        name: 'Lunch?',
        options: [{ optionName: 'yes' }, { optionName: 'no' }],
        selectableOptionsCount: 1,
      },
    },
    { poll: { name: 'Lunch?', options: ['yes', 'no'], selectableCount: 1 } },
  ],
])('[B1] kind %s', (kind, message, expected) => {
  expect(convert(message)).toMatchObject({ type: 'message.received', kind, senderName: 'Ana', ...expected })
})

test.each<[string, proto.IMessage, object]>([
  ['view-once', { viewOnceMessageV2: { message: { imageMessage: file } } }, { kind: 'image', viewOnce: true }],
  ['ephemeral', { ephemeralMessage: { message: { conversation: 'soon gone' } } }, { kind: 'text', text: 'soon gone' }],
  [
    'document with caption',
    { documentWithCaptionMessage: { message: { documentMessage: { ...file, caption: 'read' } } } },
    { kind: 'document', text: 'read' },
  ],
  [
    'view-once in ephemeral',
    { ephemeralMessage: { message: { viewOnceMessage: { message: { videoMessage: file } } } } },
    { kind: 'video', viewOnce: true },
  ],
])('[B1] the wrapper %s is unwrapped into flags', (_name, message, expected) => {
  expect(convert(message)).toMatchObject({ type: 'message.received', ...expected })
})

test('[B1] an edit in its wrapper, of a caption too, is message.edited', () => {
  const key = { id: 'T' }
  const type = proto.Message.ProtocolMessage.Type.MESSAGE_EDIT
  const edited = (editedMessage: proto.IMessage) =>
    convert({ editedMessage: { message: { protocolMessage: { key, type, editedMessage } } } })
  expect(edited({ conversation: 'new' })).toMatchObject({ type: 'message.edited', targetMessageId: 'T', text: 'new' })
  expect(edited({ imageMessage: { caption: 'new caption' } })).toMatchObject({ type: 'message.edited', text: 'new caption' })
})

test('[B1] what the account wrote on its phone or on another device is message.sent', () => {
  const message = { deviceSentMessage: { destinationJid: '201@lid', message: { conversation: 'mine' } } }
  const sent = (from: string) => convertBytes(bytes(message), { from, recipient: '201@lid' })[0]
  expect(sent('100@lid')).toMatchObject({ type: 'message.sent', source: 'phone', chatId: '201@lid', text: 'mine' })
  expect(sent('100:7@lid')).toMatchObject({ type: 'message.sent', source: 'other' })
})

test('[B5] raw bytes are the protobuf as it came, unpadded', () => {
  const plain = bytes({ deviceSentMessage: { destinationJid: '201@lid', message: { conversation: 'mine' } } })
  expect(convertBytes(plain, { from: '100@lid', recipient: '201@lid' })[0]?.raw).toEqual(Buffer.from(plain))
})

test('[B1] a part that only distributes keys is no event', () => {
  const keys = { senderKeyDistributionMessage: { groupId: '1@g.us' }, messageContextInfo: { messageSecret: Buffer.alloc(32) } }
  expect(convertBytes(bytes(keys))).toEqual([])
  expect(convertBytes(bytes({ deviceSentMessage: { destinationJid: '1@g.us', message: keys } }))).toEqual([])
})

test('[B1] what is not converted is unknown with its bytes, whatever it is', () => {
  const future = Buffer.concat([bytes({ messageContextInfo: {} }), Buffer.of(0xc2, 0xb8, 0x02, 1, 65)])
  for (const plain of [future, bytes({ orderMessage: { orderId: '1' } }), bytes({ imageMessage: { caption: 'no key' } })]) {
    const [draft, ...others] = convertBytes(plain)
    expect(draft).toMatchObject({ type: 'unknown', source: 'stanza', messageId: 'M' })
    expect(draft?.raw).toEqual(Buffer.from(plain))
    expect(others).toEqual([])
  }
  expect(convertBytes(bytes({ orderMessage: { orderId: '1' } }))[0]).toMatchObject({ name: 'message: orderMessage' })
  expect(convertBytes(Buffer.of(0xff, 0xff))[0]).toMatchObject({ type: 'unknown', name: expect.stringContaining('unreadable') })
})

test('[I2] the keys of the app state never enter the log', () => {
  const type = proto.Message.ProtocolMessage.Type.APP_STATE_SYNC_KEY_SHARE
  const draft = convert({
    protocolMessage: { type, appStateSyncKeyShare: { keys: [{ keyData: { keyData: Buffer.from('secret!') } }] } },
  })
  expect(draft).toMatchObject({ type: 'unknown', name: 'message: protocolMessage APP_STATE_SYNC_KEY_SHARE', raw: null })
})
