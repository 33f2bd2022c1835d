// What people write and tap: texts, answers, albums, polls, stickers.
import { proto } from '@whiskeysockets/baileys'
import { file, type KindCase } from './kind-case.ts'

const { AssociationType } = proto.MessageAssociation
const { PollType } = proto.Message
const album = { messageAssociation: { associationType: AssociationType.MEDIA_ALBUM, parentMessageKey: { id: 'ALBUM' } } }

const texts: readonly KindCase[] = [
  ['an empty text', { conversation: '' }, { kind: 'text', text: '', interactive: null }],
  [
    'a text with the preview of a link',
    {
      extendedTextMessage: {
        text: 'veja https://example.com/bolo',
        matchedText: 'https://example.com/bolo',
        title: 'Bolo',
        description: 'de cenoura',
        thumbnailDirectPath: '/v/t',
        thumbnailSha256: Buffer.alloc(32, 2),
        thumbnailEncSha256: Buffer.alloc(32, 3),
        mediaKey: file.mediaKey,
        thumbnailWidth: 300,
        thumbnailHeight: 200,
      },
    },
    {
      kind: 'link-preview',
      text: 'veja https://example.com/bolo',
      interactive: { url: 'https://example.com/bolo', title: 'Bolo', description: 'de cenoura' },
      media: { mimetype: 'image/jpeg', width: 300, height: 200, sha256: '02'.repeat(32) },
      mediaSource: { directPath: '/v/t', mediaKey: file.mediaKey, encSha256: Buffer.alloc(32, 3) },
    },
  ],
  [
    'a text with a link that nobody looked up',
    { extendedTextMessage: { text: 'https://example.com', matchedText: 'https://example.com' } },
    { kind: 'text', text: 'https://example.com', interactive: null, mediaSource: null },
  ],
  [
    'a text that a bot forwards',
    { botForwardedMessage: { message: { conversation: 'resposta da ia' } } },
    { kind: 'text', text: 'resposta da ia', forwarded: true },
  ],
  [
    'a comment',
    { commentMessage: { message: { conversation: 'concordo' }, targetMessageKey: { id: 'POST' } } },
    { kind: 'text', text: 'concordo', parentMessageId: 'POST' },
  ],
  [
    'an answer to a question in a channel',
    { questionResponseMessage: { key: { id: 'Q' }, text: 'azul' } },
    { kind: 'text', text: 'azul', parentMessageId: 'Q' },
  ],
  [
    'several parts of an assistant',
    { richResponseMessage: { submessages: [{ messageText: 'Olá' }, {}, { messageText: 'Tudo bem?' }] } },
    { kind: 'unknown', text: 'Olá\nTudo bem?' },
  ],
]

const taps: readonly KindCase[] = [
  [
    'the answer to buttons',
    {
      buttonsResponseMessage: {
        selectedButtonId: 'b1',
        selectedDisplayText: 'Sim, pode entregar',
        type: proto.Message.ButtonsResponseMessage.Type.DISPLAY_TEXT,
      },
    },
    { kind: 'buttons', text: 'Sim, pode entregar', interactive: { selectedId: 'b1' } },
  ],
  [
    'the answer to a list',
    {
      listResponseMessage: {
        title: 'Bolo de cenoura',
        description: '1 kg',
        singleSelectReply: { selectedRowId: 'row-7' },
        contextInfo: { stanzaId: 'LIST' },
      },
    },
    {
      kind: 'list',
      text: 'Bolo de cenoura',
      interactive: { selectedId: 'row-7', description: '1 kg' },
      quotedMessageId: 'LIST',
    },
  ],
  [
    'the answer to a template',
    { templateButtonReplyMessage: { selectedId: 'q', selectedDisplayText: 'Obrigada', selectedIndex: 0 } },
    { kind: 'template', text: 'Obrigada', interactive: { selectedId: 'q', selectedIndex: 0 } },
  ],
  [
    'the answer of a flow',
    {
      interactiveResponseMessage: {
        body: { text: 'Reserva feita' },
        nativeFlowResponseMessage: { name: 'flow', paramsJson: '{"mesa":4}', version: 3 },
      },
    },
    { kind: 'interactive', text: 'Reserva feita', interactive: { name: 'flow', paramsJson: '{"mesa":4}', version: 3 } },
  ],
  [
    'the answer of a flow that is a choice',
    {
      interactiveResponseMessage: {
        body: { text: 'Sim' },
        nativeFlowResponseMessage: { name: 'quick_reply', paramsJson: '{"id":"b2"}' },
      },
    },
    {
      kind: 'interactive',
      text: 'Sim',
      interactive: { name: 'quick_reply', selectedId: 'b2', paramsJson: '{"id":"b2"}' },
    },
  ],
]

const noKey = Buffer.of()
const hash = Buffer.alloc(32, 2)

const files: readonly KindCase[] = [
  [
    'a picture of a channel, which has no key',
    { imageMessage: { caption: 'Promoção', mimetype: 'image/jpeg', directPath: '/plain', fileSha256: hash, fileLength: 719 } },
    {
      kind: 'image',
      text: 'Promoção',
      media: { mimetype: 'image/jpeg', sizeBytes: 719, sha256: '02'.repeat(32) },
      mediaSource: { mediaKey: noKey, directPath: '/plain', sha256: hash, encSha256: null },
    },
  ],
  [
    'a picture of which only a thumbnail came',
    { imageMessage: { caption: 'só miniatura', jpegThumbnail: Buffer.from('small') } },
    {
      kind: 'image',
      text: 'só miniatura',
      media: { mimetype: 'application/octet-stream', sizeBytes: null },
      mediaSource: { mediaKey: noKey, directPath: null, url: null, preview: Buffer.from('small') },
    },
  ],
]

const albums: readonly KindCase[] = [
  [
    'the marker of an album',
    { albumMessage: { expectedImageCount: 2, expectedVideoCount: 0 } },
    { kind: 'album', text: null, interactive: { imageCount: 2, videoCount: 0 } },
  ],
  [
    'a picture of an album',
    { imageMessage: { ...file, caption: 'um' }, messageContextInfo: album },
    { kind: 'image', text: 'um', parentMessageId: 'ALBUM' },
  ],
  [
    'a picture of an album in its wrapper',
    { associatedChildMessage: { message: { imageMessage: file, messageContextInfo: album } } },
    { kind: 'image', parentMessageId: 'ALBUM' },
  ],
  [
    'a picture whose album is named beside its wrapper',
    { ephemeralMessage: { message: { imageMessage: file } }, messageContextInfo: album },
    { kind: 'image', parentMessageId: 'ALBUM' },
  ],
]

const lunch = { name: 'Almoço?', options: [{ optionName: 'sim' }, { optionName: 'não' }], selectableOptionsCount: 1 }
const asked = { kind: 'poll', poll: { name: 'Almoço?', options: ['sim', 'não'], selectableCount: 1 } }

const polls: readonly KindCase[] = [
  ['a poll', { pollCreationMessage: lunch }, { ...asked, interactive: null }],
  ['a poll, version 2', { pollCreationMessageV2: lunch }, asked],
  ['a poll, version 3', { pollCreationMessageV3: lunch }, asked],
  ['a poll, version 4', { pollCreationMessageV4: { message: { pollCreationMessageV3: lunch } } }, asked],
  [
    'a quiz, version 5',
    { pollCreationMessageV5: { ...lunch, pollType: PollType.QUIZ, correctAnswer: { optionName: 'sim' } } },
    { ...asked, interactive: { type: 'quiz', correctAnswer: 'sim' } },
  ],
  [
    'the result of a poll',
    { pollResultSnapshotMessage: { name: 'Almoço?', pollVotes: [{ optionName: 'sim', optionVoteCount: 3 }] } },
    {
      kind: 'poll',
      poll: { name: 'Almoço?', options: ['sim'], selectableCount: 0 },
      interactive: { results: [{ name: 'sim', votes: 3 }] },
    },
  ],
]

const stickers: readonly KindCase[] = [
  [
    'a pack of stickers',
    { stickerPackMessage: { ...file, stickerPackId: 'p', name: 'Bolos', publisher: 'Padaria', stickers: [{}, {}] } },
    {
      kind: 'sticker',
      text: 'Bolos',
      interactive: { packId: 'p', name: 'Bolos', publisher: 'Padaria', stickerCount: 2 },
      mediaSource: null,
    },
  ],
  ['a sticker that moves', { lottieStickerMessage: { message: { stickerMessage: file } } }, { kind: 'sticker' }],
]

export const saidCases: readonly KindCase[] = [...texts, ...taps, ...files, ...albums, ...polls, ...stickers]
