// A phone's history entry by entry, from the inflated bytes of its HistorySync and in their order, in constant memory: the largest that is ever
// held is one message. What is too large for that, or cannot be read, is an entry that says so; only what breaks the frame itself is
// CorruptHistory, which ends the reading.
import { proto } from '@whiskeysockets/baileys'
import { conversationNumbers, historySyncMsgNumbers, historySyncNumbers } from '../generated/history-field-numbers.ts'
import { numberOf } from '../kinds/body.ts'
import { readPieces } from './piece-reader.ts'
import { readLength, readNumber, readTag, type Span, skipValue, type Tag, takeDelimited, takeField, wireTypes } from './wire.ts'

export type HistoryEntry =
  /** What the whole says of itself, field by field. */
  | { kind: 'head'; field: 'syncType' | 'chunkOrder' | 'progress'; value: number }
  /** `bytes` of a WebMessageInfo. `chat`: of its conversation, where that was said before; null: it was not. */
  | { kind: 'message'; chat: string | null; bytes: Uint8Array; order: number | null }
  /** All that is said of a conversation, without its messages, which came before. */
  | { kind: 'conversation'; conversation: proto.IConversation; messages: number }
  /** `bytes` of a WebMessageInfo. */
  | { kind: 'status'; bytes: Uint8Array }
  | { kind: 'pushname'; id: string; pushName: string }
  | { kind: 'mapping'; pn: string; lid: string }
  /** What is in it is of no use, or newer than this version. */
  | { kind: 'not-taken'; name: string }
  /** Too large, or no protobuf. */
  | { kind: 'unreadable'; name: string; sizeBytes: number }

/** It has more entries than any phone says: what came so far is all that is read. */
export class LongHistory extends Error {
  override readonly name = 'LongHistory'
}

type Options = {
  maxEntries?: number
  /** What is larger is passed over; of a conversation without its messages no more than 256 KiB are taken. */
  maxEntryBytes?: number
  /** Is told how many bytes are held, whenever that may be more than before. */
  onHeld?: (bytes: number) => void
}

/** Rejects with CorruptHistory or LongHistory, and with whatever the stream rejects with. */
export async function* readHistory(
  pieces: AsyncIterable<Uint8Array>,
  { maxEntries = 2_000_000, maxEntryBytes = 2 * 1024 * 1024, onHeld }: Options = {},
): AsyncGenerator<HistoryEntry, void, undefined> {
  const reader = readPieces(pieces, onHeld)
  try {
    let entries = 0
    while (!(await reader.isAtEnd()))
      for await (const entry of readField({ reader, end: Number.POSITIVE_INFINITY }, maxEntryBytes)) {
        if (++entries > maxEntries) throw new LongHistory(`reading history: it has more than ${maxEntries} entries`)
        yield entry
      }
  } finally {
    await reader.close()
  }
}

const namesByNumber: ReadonlyMap<number, string> = new Map(
  Object.entries(historySyncNumbers).map(([name, number]) => [number, name]),
)

type Entries = AsyncGenerator<HistoryEntry, void, undefined>

async function* readField(span: Span, maxBytes: number): Entries {
  const tag = await readTag(span)
  const name = namesByNumber.get(tag.field) ?? `field ${tag.field}`
  if (tag.type === wireTypes.varint && isHead(name)) yield { kind: 'head', field: name, value: await readNumber(32, span) }
  else if (tag.type === wireTypes.delimited && name === 'conversations') yield* readConversation(span, maxBytes)
  else if (tag.type === wireTypes.delimited && name in readers) yield await readWhole(span, name, maxBytes)
  else {
    await skipValue(tag, span)
    yield { kind: 'not-taken', name }
  }
}

const isHead = (name: string): name is 'syncType' | 'chunkOrder' | 'progress' =>
  name === 'syncType' || name === 'chunkOrder' || name === 'progress'

/** Of what is held whole: its entry. Throws on what is no protobuf. */
const readers: Readonly<Record<string, (bytes: Uint8Array) => HistoryEntry>> = {
  statusV3Messages: bytes => ({ kind: 'status', bytes }),
  pushnames: bytes => {
    const { id, pushname } = proto.Pushname.decode(bytes)
    return { kind: 'pushname', id: id ?? '', pushName: pushname ?? '' }
  },
  phoneNumberToLidMappings: bytes => {
    const { pnJid, lidJid } = proto.PhoneNumberToLIDMapping.decode(bytes)
    return { kind: 'mapping', pn: pnJid ?? '', lid: lidJid ?? '' }
  },
}

async function readWhole(span: Span, name: string, maxBytes: number): Promise<HistoryEntry> {
  const { length, value } = await takeDelimited(span, maxBytes)
  return readable(name, length, () => (value && readers[name]?.(value)) ?? null)
}

/** `read` answers null, or throws: it cannot be read. */
function readable(name: string, sizeBytes: number, read: () => HistoryEntry | null): HistoryEntry {
  const unreadable: HistoryEntry = { kind: 'unreadable', name, sizeBytes }
  try {
    return read() ?? unreadable
  } catch {
    return unreadable
  }
}

async function* readConversation(outer: Span, maxBytes: number): Entries {
  const { reader } = outer
  const length = await readLength(outer)
  const span = { reader, end: reader.at() + length }
  const said = collectFields(Math.min(maxBytes, maxOwnBytes))
  let messages = 0
  while (reader.at() < span.end) {
    const tag = await readTag(span)
    if (tag.field === conversationNumbers.messages && tag.type === wireTypes.delimited) {
      messages += 1
      yield await readMessage(span, said.chat(), maxBytes)
    } else if (ownNumbers.has(tag.field) && said.isOpen()) said.add(await takeField(tag, span, maxOwnBytes), tag)
    else await skipValue(tag, span)
  }
  yield readable('conversations', length, () => {
    const bytes = said.bytes()
    if (bytes === null) return null
    const { messages: _, ...conversation } = proto.Conversation.decode(bytes)
    return { kind: 'conversation', conversation, messages }
  })
}

/** Of a conversation; what is newer than this version is passed over. */
const ownNumbers: ReadonlySet<number> = new Set(Object.values(conversationNumbers))
/** A group of 2,048 people says half of that. */
const maxOwnBytes = 256 * 1024
/** What it costs to hold a field, beside its bytes. */
const fieldBytes = 32

/** Fields of a conversation as they come; where they are more than so many bytes, none of them count. */
function collectFields(maxBytes: number) {
  const fields: Uint8Array[] = []
  let left = maxBytes
  let chat: string | null = null
  return {
    /** null: it was too large. */
    add: (field: Uint8Array | null, { field: number, type }: Tag) => {
      left -= field === null ? Number.POSITIVE_INFINITY : field.length + fieldBytes
      if (left < 0) fields.length = 0
      else if (field !== null) fields.push(field)
      if (field !== null && number === conversationNumbers.id && type === wireTypes.delimited)
        chat = proto.Conversation.decode(field).id || null
    },
    isOpen: () => left >= 0,
    chat: () => chat,
    bytes: () => (left < 0 ? null : Buffer.concat(fields)),
  }
}

/** Of a field that is there twice the later one counts. */
async function readMessage(outer: Span, chat: string | null, maxBytes: number): Promise<HistoryEntry> {
  const { reader } = outer
  const sizeBytes = await readLength(outer)
  const span = { reader, end: reader.at() + sizeBytes }
  let bytes: Uint8Array | null = null
  let order: number | null = null
  while (reader.at() < span.end) {
    const tag = await readTag(span)
    if (tag.field === historySyncMsgNumbers.message && tag.type === wireTypes.delimited)
      bytes = (await takeDelimited(span, maxBytes)).value
    else if (tag.field === historySyncMsgNumbers.msgOrderId && tag.type === wireTypes.varint)
      order = numberOf(await readNumber(64, span))
    else await skipValue(tag, span)
  }
  return bytes === null ? { kind: 'unreadable', name: 'messages', sizeBytes } : { kind: 'message', chat, bytes, order }
}
