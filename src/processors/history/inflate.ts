// Inflates what a phone packed, as a stream and within bounds: what grows beyond all that phones write is not read on.
import { pipeline, Readable } from 'node:stream'
import { createInflate } from 'node:zlib'
import { MediaError } from '../media-error.ts'

export type InflateBounds = {
  maxBytes: number
  /** Inflated to packed, where more than `freeBytes` came out. */
  maxRatio: number
  freeBytes: number
}

const MIB = 1024 * 1024
export const historyBounds: InflateBounds = { maxBytes: 4096 * MIB, maxRatio: 200, freeBytes: 64 * MIB }

const PIECE_BYTES = 64 * 1024

/** Throws MediaError `corrupt` or `too-large`, or what `packed` throws. */
export async function* inflated(
  packed: AsyncIterable<Uint8Array>,
  { maxBytes, maxRatio, freeBytes }: InflateBounds,
): AsyncGenerator<Uint8Array, void, undefined> {
  const inflate = createInflate({ chunkSize: PIECE_BYTES })
  // Its failure is that of the last stream, which is read here.
  const pieces: AsyncIterable<Buffer> = pipeline(
    Readable.from(packed, { objectMode: true, highWaterMark: 1 }),
    inflate,
    () => undefined,
  )
  let sizeBytes = 0
  try {
    for await (const piece of pieces) {
      sizeBytes += piece.length
      const isBomb = sizeBytes > freeBytes && sizeBytes > maxRatio * inflate.bytesWritten
      if (sizeBytes > maxBytes || isBomb)
        throw new MediaError('too-large', `inflating history: ${inflate.bytesWritten} bytes became more than ${sizeBytes}`)
      yield piece
    }
  } catch (error) {
    throw isOfZlib(error) ? new MediaError('corrupt', `inflating history: ${error.message}`, { cause: error }) : error
  }
}

const isOfZlib = (error: unknown): error is Error =>
  error instanceof Error && 'code' in error && String(error.code).startsWith('Z_')
