// Frames of WhatsApp's socket: three bytes of length, then so many bytes.

/**
 * Gives whole frames out of what has arrived so far; the rest waits for more. Skips the intro once: optionally `ED 0 1 len24 routing-info`, then
 * `WA` and two version bytes.
 */
export function createFrameReader() {
  let buffered: Buffer = Buffer.alloc(0)
  let introSeen = false
  const introLength = () => (buffered.toString('latin1', 0, 2) === 'ED' ? 7 + buffered.readUIntBE(4, 3) : 0)

  return function* frames(chunk: Buffer): Iterable<Buffer> {
    buffered = buffered.length > 0 ? Buffer.concat([buffered, chunk]) : chunk
    if (!introSeen) {
      if (buffered.length < 7 || buffered.length < introLength() + 4) return
      buffered = buffered.subarray(introLength())
      if (buffered.toString('latin1', 0, 2) !== 'WA')
        throw new Error(`reading the noise intro: expected WA, got ${buffered.toString('hex', 0, 2)}`)
      buffered = buffered.subarray(4)
      introSeen = true
    }
    while (buffered.length >= 3) {
      const end = 3 + buffered.readUIntBE(0, 3)
      if (buffered.length < end) return
      const bytes = buffered.subarray(3, end)
      buffered = buffered.subarray(end)
      yield bytes
    }
  }
}

export function frame(bytes: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(3 + bytes.length)
  framed.writeUIntBE(bytes.length, 0, 3)
  framed.set(bytes, 3)
  return framed
}
