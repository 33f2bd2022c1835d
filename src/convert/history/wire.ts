// Protobuf on the wire, as far as history needs it (protobuf.dev, Encoding): tags, lengths, and values that are passed over without being held.
// By hand, because what is kept by others (protobufjs, @bufbuild/protobuf, pbf) decodes whole messages, or streams of whole ones, and a history
// is one message of any size.
import { CorruptHistory, type PieceReader } from './piece-reader.ts'

/** `tag`: its own bytes. */
export type Tag = { field: number; type: number; tag: Uint8Array }
/** Where to read, and where what is read ends: `Infinity` where nobody knows yet. */
export type Span = { reader: PieceReader; end: number }

export const wireTypes = { varint: 0, fixed64: 1, delimited: 2, groupStart: 3, groupEnd: 4, fixed32: 5 } as const

const maxTag = 2 ** 32
/** Protobuf's own: a message is smaller than 2 GiB. */
const maxLength = 2 ** 31 - 1
/** As protobuf's parsers have it. */
const maxGroups = 100

export async function readTag(span: Span): Promise<Tag> {
  const tag = await varintIn(span)
  const value = numberIn(tag)
  const [field, type] = [Math.floor(value / 8), value % 8]
  if (value >= maxTag || field === 0 || type > wireTypes.fixed32) throw corrupt(span, `${value} is no tag`)
  return { field, type, tag }
}

/** Of what is length-delimited. */
export async function readLength(span: Span): Promise<number> {
  const length = numberIn(await varintIn(span))
  if (length > maxLength) throw corrupt(span, `${length} bytes are more than protobuf allows`)
  if (span.reader.at() + length > span.end) throw corrupt(span, `${length} bytes are more than what they are in`)
  return length
}

/** Without sign, of so many bits: those above are not of it. */
export async function readNumber(bits: 32 | 64, span: Span): Promise<number> {
  const bytes = await varintIn(span)
  const whole = bytes.reduce((value, byte, index) => value | (BigInt(byte & 0x7f) << BigInt(7 * index)), 0n)
  return Number(BigInt.asUintN(bits, whole))
}

export async function skipValue({ field, type }: Tag, span: Span): Promise<void> {
  switch (type) {
    case wireTypes.varint:
      await varintIn(span)
      return
    case wireTypes.delimited:
      return span.reader.skip(await readLength(span))
    case wireTypes.groupStart:
      return skipGroup(field, span)
    case wireTypes.groupEnd:
      throw corrupt(span, `the group ${field} ends and did not begin`)
    default:
      return skipFixed(type, span)
  }
}

/** The whole field as it is on the wire, nothing of a group or of what has a fixed size; null: it was larger than so many bytes, and passed over. */
export async function takeField(tag: Tag, span: Span, maxBytes: number): Promise<Uint8Array | null> {
  if (tag.type === wireTypes.varint) return Buffer.concat([tag.tag, await varintIn(span)])
  if (tag.type !== wireTypes.delimited) {
    await skipValue(tag, span)
    return new Uint8Array()
  }
  const bytes = await takeDelimited(span, maxBytes)
  return bytes.value && Buffer.concat([tag.tag, varintOf(bytes.length), bytes.value])
}

/** `value` null: larger than so many bytes, and passed over. */
export async function takeDelimited(span: Span, maxBytes: number): Promise<{ length: number; value: Uint8Array | null }> {
  const length = await readLength(span)
  if (length <= maxBytes) return { length, value: await span.reader.take(length) }
  await span.reader.skip(length)
  return { length, value: null }
}

async function skipFixed(type: number, { reader, end }: Span): Promise<void> {
  const size = type === wireTypes.fixed64 ? 8 : 4
  if (reader.at() + size > end) throw corrupt({ reader, end }, `${size} bytes are more than what they are in`)
  await reader.skip(size)
}

/** With all that is in it, however deep, as long as that is no more than a parser takes. */
async function skipGroup(field: number, span: Span): Promise<void> {
  const open = [field]
  while (open.length > 0) {
    const tag = await readTag(span)
    if (tag.type === wireTypes.groupStart) {
      open.push(tag.field)
      if (open.length > maxGroups) throw corrupt(span, `more than ${maxGroups} groups are in each other`)
    } else if (tag.type !== wireTypes.groupEnd) await skipValue(tag, span)
    else if (tag.field !== open.pop()) throw corrupt(span, `the group ${tag.field} ends inside of another`)
  }
}

async function varintIn(span: Span): Promise<Uint8Array> {
  const bytes = await span.reader.varint()
  if (span.reader.at() > span.end) throw corrupt(span, 'a number goes beyond what it is in')
  return bytes
}

const numberIn = (varint: Uint8Array): number =>
  varint.reduce((value, byte, index) => value + (byte & 0x7f) * 2 ** (7 * index), 0)

function varintOf(value: number): Uint8Array {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) + 0x80)
  return Uint8Array.from([...bytes, rest])
}

const corrupt = ({ reader }: Span, why: string) => new CorruptHistory(`reading history at byte ${reader.at()}: ${why}`)
