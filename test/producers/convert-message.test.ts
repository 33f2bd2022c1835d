import { proto } from '@whiskeysockets/baileys'
import { expect, test } from 'vitest'
import { bytesOf, convertBytes, convertedOf } from '../ground/producers/convert-part.ts'

const file = {
  mediaKey: Buffer.alloc(32, 1),
  fileSha256: Buffer.alloc(32, 2),
  fileEncSha256: Buffer.alloc(32, 3),
  directPath: '/v/t',
}
const convert = (message: proto.IMessage, attrs: Record<string, string> = {}) => convertedOf(message, attrs)[0]
const { Type } = proto.Message.ProtocolMessage

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
  const type = Type.MESSAGE_EDIT
  const edited = (editedMessage: proto.IMessage) =>
    convert({ editedMessage: { message: { protocolMessage: { key, type, editedMessage } } } })
  expect(edited({ conversation: 'new' })).toMatchObject({ type: 'message.edited', targetMessageId: 'T', text: 'new' })
  expect(edited({ imageMessage: { caption: 'new caption' } })).toMatchObject({ type: 'message.edited', text: 'new caption' })
})

test('[B1] what the account wrote on its phone or on another device is message.sent', () => {
  const message = { deviceSentMessage: { destinationJid: '201@lid', message: { conversation: 'mine' } } }
  const sent = (from: string) => convertBytes(bytesOf(message), { from, recipient: '201@lid' })[0]
  expect(sent('100@lid')).toMatchObject({ type: 'message.sent', source: 'phone', chatId: '201@lid', text: 'mine' })
  expect(sent('100:7@lid')).toMatchObject({ type: 'message.sent', source: 'other' })
})

test('[B5] raw bytes are the protobuf as it came, unpadded', () => {
  const plain = bytesOf({ deviceSentMessage: { destinationJid: '201@lid', message: { conversation: 'mine' } } })
  expect(convertBytes(plain, { from: '100@lid', recipient: '201@lid' })[0]?.raw).toEqual(Buffer.from(plain))
})

test('[B1] a part that only distributes keys is no event', () => {
  const keys = { senderKeyDistributionMessage: { groupId: '1@g.us' }, messageContextInfo: { messageSecret: Buffer.alloc(32) } }
  expect(convertBytes(bytesOf(keys))).toEqual([])
  expect(convertBytes(bytesOf({ deviceSentMessage: { destinationJid: '1@g.us', message: keys } }))).toEqual([])
})

/** A field whose number nobody has given out, with these bytes. */
const newer = (bytes: Uint8Array) => Buffer.concat([Buffer.of(0xc2, 0xb8, 0x02, bytes.length), bytes])
const future = { kind: 'unknown', messageId: 'M', senderName: 'Ana' }

test('[B1] what people write in a kind newer than this version is a message of unknown kind, with its bytes and the text in it', () => {
  const wrapped = bytesOf({ conversation: 'de amanhã' })
  const inWrapper = Buffer.concat([Buffer.of(0x0a, wrapped.length), wrapped])
  for (const [inside, text] of [
    [Buffer.from('de amanhã'), 'de amanhã'],
    [inWrapper, 'de amanhã'],
    [bytesOf({ imageMessage: { url: 'https://example.com' } }), null],
    [Buffer.of(0xff, 0xfe), null],
  ] as const) {
    const plain = Buffer.concat([bytesOf({ messageContextInfo: {} }), newer(inside)])
    const [draft, ...others] = convertBytes(plain)
    expect(draft).toMatchObject({ type: 'message.received', ...future, text })
    expect(draft?.raw).toEqual(plain)
    expect(others).toEqual([])
  }
})

test('[B1] so it is in a wrapper, and in a copy of what the account wrote', () => {
  const inner = newer(Buffer.from('oi'))
  const ephemeral = Buffer.concat([Buffer.of(0xc2, 0x02, inner.length + 2, 0x0a, inner.length), inner])
  expect(convertBytes(ephemeral)[0]).toMatchObject({ type: 'message.received', ...future, text: 'oi' })
  const copy = Buffer.concat([Buffer.of(0xfa, 0x01, inner.length + 2, 0x12, inner.length), inner])
  const attrs = { from: '100@lid', recipient: '201@lid' }
  expect(convertBytes(copy, attrs)[0]).toMatchObject({ type: 'message.sent', kind: 'unknown', chatId: '201@lid', text: 'oi' })
})

test('[B1] between devices, and as a change of another message, what is newer than this version is unknown', () => {
  const plain = newer(Buffer.from('x'))
  for (const attrs of [{ from: '100@lid', category: 'peer' }, { edit: '9' }])
    expect(convertBytes(plain, attrs)).toMatchObject([{ type: 'unknown', name: 'message: a kind newer than this version' }])
  const own = { from: '100@lid', category: 'peer' }
  expect(convert({ conversation: 'hi' }, own)).toMatchObject({ type: 'unknown', name: 'message: conversation' })
  expect(convert({ conversation: 'hi' }, { category: 'peer' })).toMatchObject({ type: 'message.received' })
})

test.each<[string, proto.IMessage]>([
  ['placeholderMessage', { placeholderMessage: { type: 0 } }],
  ['messageHistoryBundle', { messageHistoryBundle: { mimetype: 'x' } }],
  ['stickerSyncRmrMessage', { stickerSyncRmrMessage: { filehash: ['x'] } }],
  ['chat', { chat: { id: 'x' } }],
  ['reactionMessage', { reactionMessage: { text: 'no target' } }],
  ['viewOnceMessage', { viewOnceMessage: {} }],
  ['protocolMessage LIMIT_SHARING', { limitSharingMessage: { message: { protocolMessage: { type: Type.LIMIT_SHARING } } } }],
])('[B1] %s is unknown by its name, with its bytes, and no message', (name, message) => {
  const [draft, ...others] = convertedOf(message)
  expect(draft).toMatchObject({ type: 'unknown', name: `message: ${name}`, messageId: 'M' })
  expect(draft?.raw).toEqual(Buffer.from(bytesOf(message)))
  expect(others).toEqual([])
})

test('[B1] what is no protobuf is unknown, with its bytes', () => {
  expect(convertBytes(Buffer.of(0xff, 0xff))[0]).toMatchObject({ type: 'unknown', name: expect.stringContaining('unreadable') })
})

test('[B1] context alone in a wrapper is unknown', () => {
  const message = { ephemeralMessage: { message: { messageContextInfo: { messageSecret: Buffer.alloc(32) } } } }
  expect(convertedOf(message)).toMatchObject([{ type: 'unknown' }])
})

test.each<[string, proto.Message.IProtocolMessage]>([
  [
    'APP_STATE_SYNC_KEY_SHARE',
    {
      type: Type.APP_STATE_SYNC_KEY_SHARE,
      appStateSyncKeyShare: { keys: [{ keyData: { keyData: Buffer.from('secret!') } }] },
    },
  ],
  [
    'INITIAL_SECURITY_NOTIFICATION_SETTING_SYNC',
    {
      type: Type.INITIAL_SECURITY_NOTIFICATION_SETTING_SYNC,
      initialSecurityNotificationSettingSync: { securityNotificationEnabled: true },
    },
  ],
  ['INITIAL_SECURITY_NOTIFICATION_SETTING_SYNC', { type: Type.INITIAL_SECURITY_NOTIFICATION_SETTING_SYNC }],
  [
    'REVOKE',
    { key: { id: 'T', fromMe: true }, appStateSyncKeyShare: { keys: [{ keyData: { keyData: Buffer.from('secret!') } }] } },
  ],
])('[I2] keys of the app state and settings of security never enter the log, also as %s', (name, protocolMessage) => {
  for (const message of [{ protocolMessage }, { ephemeralMessage: { message: { protocolMessage } } }])
    expect(convert(message)).toMatchObject({ type: 'unknown', name: `message: protocolMessage ${name}`, raw: null })
})

const pin = (given: proto.Message.IPinInChatMessage, seconds: number | null = 86_400) => ({
  pinInChatMessage: { key: { id: 'T', fromMe: true }, type: proto.Message.PinInChatMessage.Type.PIN_FOR_ALL, ...given },
  ...(seconds !== null && { messageContextInfo: { messageAddOnDurationInSecs: seconds } }),
})
const inGroup = { from: '120363000000000001@g.us', participant: '200@lid', edit: '2' }
const saidAt = 1_700_000_000_000

test.each<[string, proto.IMessage, Record<string, string>, object]>([
  ['pinned', pin({}), {}, { on: true, targetSenderId: '200@lid', untilAt: saidAt + 86_400_000, isGroup: false }],
  ['pinned by its own clock', pin({ senderTimestampMs: saidAt - 500 }), {}, { untilAt: saidAt - 500 + 86_400_000 }],
  ['pinned in another century', pin({ senderTimestampMs: 9e15 }), {}, { untilAt: saidAt + 86_400_000 }],
  ['pinned for as long as one likes', pin({}, null), {}, { on: true, untilAt: null }],
  ['pinned, of the account itself', pin({ key: { id: 'T', fromMe: false } }), {}, { targetSenderId: '100@lid', fromMe: false }],
  [
    'pinned by the account, of the other side',
    pin({ key: { id: 'T', fromMe: false } }),
    { from: '100@lid', recipient: '200@lid' },
    { targetSenderId: null, fromMe: true },
  ],
  ['pinned in a group, of nobody who is named', pin({ key: { id: 'T', fromMe: false } }), inGroup, { targetSenderId: null }],
  [
    'pinned, of somebody in a group',
    pin({ key: { id: 'T', participant: '201:3@lid' } }),
    inGroup,
    { targetSenderId: '201@lid', isGroup: true },
  ],
  ['unpinned', pin({ type: proto.Message.PinInChatMessage.Type.UNPIN_FOR_ALL }), {}, { on: false, untilAt: null }],
])('[B1] a message that is %s', (_title, message, attrs, expected) => {
  expect(convert(message, attrs)).toMatchObject({ type: 'message.pinned', targetMessageId: 'T', messageId: 'M', ...expected })
})

test('[B1] a pin that names nothing, or says neither, is unknown', () => {
  for (const given of [{ key: {} }, { type: 7 as never }])
    expect(convert(pin(given))).toMatchObject({ type: 'unknown', name: 'message: pinInChatMessage' })
})
