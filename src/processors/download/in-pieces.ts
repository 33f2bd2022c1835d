// A file's plain bytes in large pieces, so that what is done once per piece costs little; the last one comes with the proof of them all.
import type { Piece } from './transfer-messages.ts'
import type { VerifiedFile } from './verified-download.ts'

/** `memory` waits until a piece may be filled. Throws what `plain` throws, which is told when nobody reads on. */
export async function* inPieces(
  plain: AsyncGenerator<Uint8Array, VerifiedFile, undefined>,
  memory: () => Promise<ArrayBuffer>,
): AsyncGenerator<Piece, void, undefined> {
  try {
    let piece = new Uint8Array(await memory())
    let filledBytes = 0
    for (;;) {
      const { done, value } = await plain.next()
      if (done === true) {
        yield { bytes: piece.subarray(0, filledBytes), file: value }
        return
      }
      for (let takenBytes = 0; takenBytes < value.length; ) {
        if (filledBytes === piece.length) {
          yield { bytes: piece, file: null }
          piece = new Uint8Array(await memory())
          filledBytes = 0
        }
        const part = value.subarray(takenBytes, takenBytes + piece.length - filledBytes)
        piece.set(part, filledBytes)
        filledBytes += part.length
        takenBytes += part.length
      }
    }
  } finally {
    await plain.return({ sizeBytes: 0, sha256: '' })
  }
}
