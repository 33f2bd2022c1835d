// The bytes of a stream in the order they are asked for, whatever pieces they come in: held are the piece in hand and what was asked for.

/** What came is no history: it ends too early, or breaks the rules of protobuf. */
export class CorruptHistory extends Error {
  override readonly name = 'CorruptHistory'
}

export type PieceReader = {
  /** Bytes that were taken or skipped. */
  at(): number
  /** Asks for the next piece where it has to. */
  isAtEnd(): Promise<boolean>
  /** As many bytes, in memory of their own. Rejects with CorruptHistory where the stream ends before. */
  take(sizeBytes: number): Promise<Buffer>
  /** Likewise, and holds nothing of it. */
  skip(sizeBytes: number): Promise<void>
  /** A number as it is on the wire, 10 bytes at most. */
  varint(): Promise<Uint8Array>
  /** The stream is told that nobody reads on; idempotent. */
  close(): Promise<void>
}

/** Bytes of a number of 64 bits. */
const maxVarint = 10

/** `onHeld`: is told how many bytes are held, whenever that may be more than before. */
export function readPieces(pieces: AsyncIterable<Uint8Array>, onHeld: (bytes: number) => void = () => undefined): PieceReader {
  const source = pieces[Symbol.asyncIterator]()
  let rest: Uint8Array = new Uint8Array()
  let taken = 0

  /** False: there is none. */
  async function nextPiece(): Promise<boolean> {
    const { done, value } = await source.next()
    if (done === true) return false
    rest = value
    onHeld(rest.length)
    return true
  }

  async function isAtEnd(): Promise<boolean> {
    while (rest.length === 0) if (!(await nextPiece())) return true
    return false
  }

  /** At least one byte, at most so many. */
  async function some(most: number): Promise<Uint8Array> {
    if (await isAtEnd()) throw new CorruptHistory(`reading history: it ends after ${taken} bytes, in the middle of something`)
    return cut(most)
  }

  /** Of the piece in hand. */
  function cut(most: number): Uint8Array {
    const part = rest.subarray(0, most)
    rest = rest.subarray(part.length)
    taken += part.length
    return part
  }

  async function take(sizeBytes: number): Promise<Buffer> {
    const bytes = Buffer.alloc(sizeBytes)
    onHeld(sizeBytes + rest.length)
    for (let at = 0; at < sizeBytes; ) {
      const part = await some(sizeBytes - at)
      onHeld(sizeBytes + part.length + rest.length)
      bytes.set(part, at)
      at += part.length
    }
    return bytes
  }

  async function skip(sizeBytes: number): Promise<void> {
    for (let left = sizeBytes; left > 0; ) left -= (await some(left)).length
  }

  async function varint(): Promise<Uint8Array> {
    // Mostly all of it is in hand.
    const size = rest.subarray(0, maxVarint).findIndex(byte => byte < 0x80) + 1
    if (size > 0) return new Uint8Array(cut(size))
    const bytes: number[] = []
    while (bytes.length < maxVarint) {
      const [byte = 0] = await some(1)
      bytes.push(byte)
      if (byte < 0x80) return Uint8Array.from(bytes)
    }
    throw new CorruptHistory(`reading history: a number that ends after ${taken} bytes is longer than ${maxVarint} bytes`)
  }

  return { at: () => taken, isAtEnd, take, skip, varint, close: async () => void (await source.return?.()) }
}
