// A history of any size is read entry by entry as its protobuf says it, and bytes that are none end in words, never in waiting or in memory.
import { proto } from '@whiskeysockets/baileys'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CorruptHistory } from '../../src/convert/history/piece-reader.ts'
import { type HistoryEntry, readHistory } from '../../src/convert/history/read-history.ts'
import { numberOf } from '../../src/convert/kinds/body.ts'
import { allOf, piecesOf } from '../ground/convert/pieces.ts'
import { anyOf, nowAndThenCut } from '../ground/producers/kinds/any-message.ts'
import { lengthDelimited, varint } from '../ground/producers/wire.ts'

const plain = (of: object): unknown => JSON.parse(JSON.stringify(of))
const infoOf = (bytes: Uint8Array) => plain(proto.WebMessageInfo.decode(bytes))
const read = (bytes: Uint8Array, sizes?: readonly number[]) => allOf(readHistory(piecesOf(bytes, sizes)))

/** What protobufjs, which takes it whole, says of the same bytes; lists of one kind each. */
function expectedOf(bytes: Uint8Array) {
  const history = proto.HistorySync.decode(bytes)
  const lastOf = (value: number) => value >>> 0
  return {
    head: {
      syncType: lastOf(history.syncType),
      chunkOrder: lastOf(history.chunkOrder ?? 0),
      progress: lastOf(history.progress ?? 0),
    },
    messages: history.conversations.flatMap(({ messages }) =>
      (messages ?? []).flatMap(({ message, msgOrderId }) =>
        message ? [{ info: plain(message), order: numberOf(msgOrderId) }] : [],
      ),
    ),
    conversations: history.conversations.map(({ messages, ...conversation }) => [plain(conversation), messages?.length]),
    statuses: history.statusV3Messages.map(plain),
    names: history.pushnames.map(({ id, pushname }) => [id ?? '', pushname ?? '']),
    mappings: history.phoneNumberToLidMappings.map(({ pnJid, lidJid }) => [pnJid ?? '', lidJid ?? '']),
  }
}

type OfKind<Kind extends HistoryEntry['kind']> = Extract<HistoryEntry, { kind: Kind }>

function saidBy(entries: readonly HistoryEntry[]): ReturnType<typeof expectedOf> {
  const all = <Kind extends HistoryEntry['kind']>(kind: Kind) =>
    entries.filter((entry): entry is OfKind<Kind> => entry.kind === kind)
  const headOf = (field: string) => all('head').findLast(entry => entry.field === field)?.value ?? 0
  return {
    head: { syncType: headOf('syncType'), chunkOrder: headOf('chunkOrder'), progress: headOf('progress') },
    messages: all('message').map(({ bytes, order }) => ({ info: infoOf(bytes), order })),
    conversations: all('conversation').map(({ conversation, messages }) => [plain(conversation), messages]),
    statuses: all('status').map(({ bytes }) => infoOf(bytes)),
    names: all('pushname').map(({ id, pushName }) => [id, pushName]),
    mappings: all('mapping').map(({ pn, lid }) => [pn, lid]),
  }
}

/** Random fields of a history are seldom a conversation with messages in it. */
const anyMessages = fc.array(anyOf('HistorySyncMsg'), { maxLength: 3 })
const anyConversation = fc
  .tuple(anyOf('Conversation'), anyMessages)
  .chain(([fields, messages]) => fc.shuffledSubarray([fields, ...messages.map(one => lengthDelimited(2, one))]))
  .map(parts => lengthDelimited(2, Buffer.concat(parts)))
const anyHistory = fc
  .tuple(fc.array(anyConversation, { maxLength: 3 }), anyOf('HistorySync'))
  .map(([conversations, fields]) => Buffer.concat([...conversations, fields]))

const pieceSizes = fc.array(fc.oneof(fc.constantFrom(1, 2, 3, 100_000), fc.integer({ min: 1, max: 50 })), { minLength: 1 })

test('[B6] any history, in pieces of any size, is said as its protobuf decodes, entry by entry and in order', async () => {
  const seen = new Set<string>()
  await fc.assert(
    fc.asyncProperty(anyHistory, pieceSizes, async (bytes, sizes) => {
      const expected = decodedOrNull(bytes)
      fc.pre(expected !== null)
      const entries = await read(bytes, sizes)
      expect(saidBy(entries)).toEqual(expected)
      for (const { kind } of entries) seen.add(kind)
    }),
    { numRuns: 400 },
  )
  const kinds = ['conversation', 'head', 'mapping', 'message', 'not-taken', 'pushname', 'status']
  expect(kinds.filter(kind => !seen.has(kind))).toEqual([])
})

function decodedOrNull(bytes: Uint8Array): ReturnType<typeof expectedOf> | null {
  try {
    return expectedOf(bytes)
  } catch {
    return null
  }
}

test('[B6] whatever bytes come, they end as entries or as CorruptHistory, however they are cut', async () => {
  const outcome = (bytes: Uint8Array, sizes: readonly number[]) =>
    read(bytes, sizes).then(JSON.stringify, error => {
      expect(error).toBeInstanceOf(CorruptHistory)
      return String(error)
    })
  const anyBytes = fc.oneof(fc.uint8Array({ maxLength: 200 }), nowAndThenCut(anyHistory))
  await fc.assert(
    fc.asyncProperty(anyBytes, pieceSizes, async (bytes, sizes) => {
      // How it is cut says nothing.
      expect(await outcome(bytes, sizes)).toBe(await outcome(bytes, [bytes.length + 1]))
    }),
    { numRuns: 1_000 },
  )
})

const message = (id: string): proto.IHistorySyncMsg => ({
  message: { key: { id, remoteJid: '200@lid' }, message: { conversation: `text of ${id}` } },
  msgOrderId: 7,
})
const encode = (history: proto.IHistorySync) => Buffer.from(proto.HistorySync.encode(history).finish())
const two = encode({
  syncType: proto.HistorySync.HistorySyncType.RECENT,
  conversations: [{ id: '200@lid', messages: [message('A'), message('B')], name: 'Ana' }],
})

test('[B6] a history cut anywhere is CorruptHistory, or what came before the cut where that is between two fields', async () => {
  const outcomes = new Set<string>()
  for (let length = 0; length < two.length; length++)
    outcomes.add(
      await read(two.subarray(0, length), [5]).then(
        entries => entries.map(({ kind }) => kind).join(),
        error => (error instanceof CorruptHistory ? 'corrupt' : 'surprise'),
      ),
    )
  expect([...outcomes].toSorted()).toEqual(['', 'corrupt', 'head'])
  expect((await read(two)).map(({ kind }) => kind)).toEqual(['head', 'message', 'message', 'conversation'])
})

test('[B6] what is said of a conversation stands behind its messages, also where its name comes last', async () => {
  const fields = [
    lengthDelimited(2, proto.HistorySyncMsg.encode(message('A')).finish()),
    lengthDelimited(13, Buffer.from('Ana')),
    lengthDelimited(1, Buffer.from('200@lid')),
    lengthDelimited(2, proto.HistorySyncMsg.encode(message('B')).finish()),
  ]
  expect(await read(lengthDelimited(2, Buffer.concat(fields)))).toMatchObject([
    { kind: 'message', chat: null, order: 7 },
    { kind: 'message', chat: '200@lid', order: 7 },
    { kind: 'conversation', conversation: { id: '200@lid', name: 'Ana' }, messages: 2 },
  ])
})

const group = (field: number, inside: Uint8Array) => Buffer.concat([varint(field * 8 + 3), inside, varint(field * 8 + 4)])
const nested = (depth: number): Buffer => (depth === 0 ? Buffer.of() : group(90, nested(depth - 1)))

test('[B6] fields and groups of the future are passed over, at every level', async () => {
  const future = [group(90, lengthDelimited(1, Buffer.from('x'))), nested(50), lengthDelimited(200, Buffer.alloc(10))]
  const [fixed32, fixed64] = [
    Buffer.concat([varint(91 * 8 + 5), Buffer.alloc(4)]),
    Buffer.concat([varint(92 * 8 + 1), Buffer.alloc(8)]),
  ]
  const all = Buffer.concat([...future, fixed32, fixed64])
  const inMessage = Buffer.concat([all, proto.HistorySyncMsg.encode(message('A')).finish(), all])
  const conversation = Buffer.concat([all, lengthDelimited(1, Buffer.from('200@lid')), lengthDelimited(2, inMessage), all])
  const entries = await read(Buffer.concat([all, lengthDelimited(2, conversation), all]), [3])
  expect(entries.filter(({ kind }) => kind !== 'not-taken')).toMatchObject([
    { kind: 'message', chat: '200@lid' },
    { kind: 'conversation', conversation: { id: '200@lid' } },
  ])
  expect(entries.filter(({ kind }) => kind === 'not-taken')).toHaveLength(10)
})

test('[B6] what is not taken is named', async () => {
  const entries = await read(
    encode({ syncType: 0, pastParticipants: [{ groupJid: '1@g.us' }], callLogRecords: [{}], globalSettings: {} }),
  )
  expect(entries.filter(({ kind }) => kind === 'not-taken')).toEqual(
    ['globalSettings', 'pastParticipants', 'callLogRecords'].map(name => ({ kind: 'not-taken', name })),
  )
})

const tooLong = Buffer.concat([varint(18), varint(2 ** 31)])
test.each([
  ['a length of 2 GiB', tooLong],
  ['a conversation that is longer than all there is', Buffer.concat([varint(18), varint(2 ** 31 - 1), varint(8)])],
  ['a message that is longer than its conversation', lengthDelimited(2, Buffer.concat([varint(18), varint(100)]))],
  ['a number inside that goes on outside', Buffer.concat([lengthDelimited(2, Buffer.of(0x38, 0x80)), Buffer.of(1)])],
  ['a number without end', Buffer.alloc(11, 0xff)],
  ['the field 0', Buffer.of(2, 0)],
  ['a wire type that there is not', Buffer.of(15)],
  ['a group that ends and did not begin', Buffer.of(12)],
  ['a group that ends inside of another', Buffer.concat([varint(90 * 8 + 3), varint(91 * 8 + 4)])],
  ['groups without end', Buffer.concat(Array.from({ length: 200_000 }, () => varint(90 * 8 + 3)))],
  ['a fixed number that is cut', lengthDelimited(2, Buffer.of(0x09, 1, 2))],
])('[B6] %s is CorruptHistory', async (_title, bytes) => {
  await expect(read(bytes)).rejects.toThrow(CorruptHistory)
})

test('[B6] nothing is an empty history', async () => {
  expect(await read(Buffer.of())).toEqual([])
  expect(await allOf(readHistory(piecesOf(two, [1, 0])))).toHaveLength(4)
})

test('[B6] whoever stops reading stops the stream, and what the stream says is what the reader hears', async () => {
  const ended: string[] = []
  async function* endless(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield two
    } finally {
      ended.push('stream')
    }
  }
  for await (const entry of readHistory(endless())) if (entry.kind === 'message') break
  expect(ended).toEqual(['stream'])
  const broken = (async function* () {
    yield two.subarray(0, 10)
    throw new Error('the file is gone')
  })()
  await expect(allOf(readHistory(broken))).rejects.toThrow('the file is gone')
})

test('[B6] a stream may use the memory of its pieces again', async () => {
  async function* reusing(): AsyncGenerator<Uint8Array> {
    const piece = Buffer.alloc(7)
    for (let at = 0; at < two.length; at += piece.length) {
      const size = two.copy(piece.fill(0xff), 0, at, at + piece.length)
      yield piece.subarray(0, size)
    }
  }
  expect(saidBy(await allOf(readHistory(reusing())))).toEqual(expectedOf(two))
})

const oneMiB = 1024 * 1024

/** One conversation of so many messages, made while it is read. */
async function* longConversation(count: number, each: Uint8Array, pieceBytes: number): AsyncGenerator<Uint8Array> {
  const framed = lengthDelimited(2, each)
  const id = lengthDelimited(1, Buffer.from('200@lid'))
  yield Buffer.concat([varint(18), varint(id.length + count * framed.length), id])
  const perPiece = Math.max(1, Math.floor(pieceBytes / framed.length))
  const piece = Buffer.concat(Array.from({ length: perPiece }, () => framed))
  for (let left = count; left > 0; left -= perPiece) yield piece.subarray(0, Math.min(left, perPiece) * framed.length)
}

async function heldOver(pieces: AsyncIterable<Uint8Array>): Promise<{ held: number; messages: number; unreadable: number }> {
  const over = { held: 0, messages: 0, unreadable: 0 }
  const onHeld = (bytes: number) => {
    over.held = Math.max(over.held, bytes)
  }
  for await (const { kind } of readHistory(pieces, { onHeld })) {
    if (kind === 'message') over.messages += 1
    if (kind === 'unreadable') over.unreadable += 1
  }
  return over
}

test('[B6] 200,000 messages, and a conversation of 300 MB, hold a piece and a message at a time', async () => {
  const small = proto.HistorySyncMsg.encode(message('A')).finish()
  const many = await heldOver(longConversation(200_000, small, 64 * 1024))
  expect(many).toMatchObject({ messages: 200_000, unreadable: 0 })
  expect(many.held).toBeLessThan(64 * 1024 + small.length)
  const text = { conversation: 'x'.repeat(oneMiB) }
  const large = proto.HistorySyncMsg.encode({ message: { key: { id: 'A' }, message: text } }).finish()
  const long = await heldOver(longConversation(300, large, 1))
  expect(long).toMatchObject({ messages: 300, unreadable: 0 })
  expect(long.held).toBeLessThan(3 * oneMiB)
})

test('[B6] a message of 1 GB is passed over unheld, and what follows is read', async () => {
  const gigabyte = 1024 * oneMiB
  async function* pieces(): AsyncGenerator<Uint8Array> {
    const head = Buffer.concat([varint(10), varint(gigabyte)])
    const inner = Buffer.concat([varint(18), varint(head.length + gigabyte), head])
    const after = lengthDelimited(2, proto.HistorySyncMsg.encode(message('B')).finish())
    yield Buffer.concat([varint(18), varint(inner.length + gigabyte + after.length), inner])
    const piece = Buffer.alloc(oneMiB)
    for (let at = 0; at < 1024; at++) yield piece
    yield after
  }
  const over = await heldOver(pieces())
  expect(over).toMatchObject({ messages: 1, unreadable: 1 })
  expect(over.held).toBeLessThanOrEqual(2 * oneMiB)
})

test('[B6] of a conversation that says more of itself than is held, nothing is told, and its messages are', async () => {
  const participants = Array.from({ length: 10_000 }, (_, index) => ({ userJid: `${100_000_000_000_000 + index}@lid` }))
  const bytes = encode({ syncType: 2, conversations: [{ id: '1@g.us', messages: [message('A')], participant: participants }] })
  expect((await read(bytes)).slice(1)).toMatchObject([
    { kind: 'message', chat: '1@g.us' },
    { kind: 'unreadable', name: 'conversations' },
  ])
})

test('[B6] a group of 2,048 people is told; hundreds of thousands of small fields are not held', async () => {
  const participant = Array.from({ length: 2_048 }, (_, index) => ({
    userJid: `${5511900000000 + index}@s.whatsapp.net`,
    rank: 1,
  }))
  const bytes = encode({ syncType: 2, conversations: [{ id: '1@g.us', participant }] })
  expect((await read(bytes)).at(-1)).toMatchObject({ kind: 'conversation', conversation: { participant: { length: 2_048 } } })
  const id = lengthDelimited(1, Buffer.from('1@g.us'))
  const known = Buffer.concat([id, Buffer.alloc(200_000, Buffer.of(0x28, 0))])
  expect(await read(lengthDelimited(2, known))).toMatchObject([{ kind: 'unreadable', name: 'conversations' }])
  const unknown = Buffer.concat([id, Buffer.alloc(600_000, Buffer.from([0xa8, 0x06, 0]))])
  expect(await read(lengthDelimited(2, unknown))).toMatchObject([{ kind: 'conversation', conversation: { id: '1@g.us' } }])
})
