// The protobuf of a stanza part: unpadded, and looked through for content without decoding, so that unknown fields count as content.
import { carrierNumbers, pathInto } from './message-fields.ts'

const [deviceSentField, deviceSentMessageField] = pathInto('deviceSentMessage')

/** Encrypted stanza parts end in n bytes of the value n, as Baileys' unpadRandomMax16 takes it. Throws where that cannot be. */
export function unpad(plaintext: Uint8Array): Uint8Array {
  const count = plaintext.at(-1)
  if (count === undefined || count > plaintext.length)
    throw new Error(`unpadding ${plaintext.length} bytes: they end in ${count ?? 'nothing'}`)
  return plaintext.subarray(0, plaintext.length - count)
}

/** False for a stanza part that only distributes keys: there is nothing in it to append. */
export function hasContent(message: Uint8Array): boolean {
  for (const { field, bytes } of fieldsOf(message)) {
    if (carrierNumbers.has(field)) continue
    if (field !== deviceSentField || bytes === null) return true
    for (const inner of fieldsOf(bytes))
      if (inner.field === deviceSentMessageField && (inner.bytes === null || hasContent(inner.bytes))) return true
  }
  return false
}

/** The bytes of a message field as they are on the wire; null: absent. Throws on what is no protobuf. */
export function fieldOf(message: Uint8Array, wanted: number): Uint8Array | null {
  for (const { field, bytes } of fieldsOf(message)) if (field === wanted) return bytes
  return null
}

/** What is inside of these fields, outermost first; null: one is absent. Throws on what is no protobuf. */
export function bytesAt(message: Uint8Array, path: readonly number[]): Uint8Array | null {
  return path.reduce<Uint8Array | null>((bytes, field) => bytes && fieldOf(bytes, field), message)
}

/** Top-level fields in wire order; bytes of length-delimited ones. Throws on what is no protobuf. */
export function* fieldsOf(message: Uint8Array): Generator<{ field: number; bytes: Uint8Array | null }> {
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = message[at++]
      if (byte === undefined) break
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
    throw new Error(`reading a protobuf of ${message.length} bytes: it ends in the middle of a number`)
  }
  while (at < message.length) {
    const tag = varint()
    const field = Math.floor(tag / 8)
    switch (tag % 8) {
      case 0:
        varint()
        yield { field, bytes: null }
        break
      case 1:
        at += 8
        yield { field, bytes: null }
        break
      case 2: {
        const end = varint() + at
        if (end > message.length) throw new Error(`reading a protobuf of ${message.length} bytes: field ${field} is longer`)
        yield { field, bytes: message.subarray(at, end) }
        at = end
        break
      }
      case 5:
        at += 4
        yield { field, bytes: null }
        break
      default:
        throw new Error(`reading a protobuf of ${message.length} bytes: field ${field} has wire type ${tag % 8}`)
    }
  }
}
