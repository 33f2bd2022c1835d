// The bytes of an open file as a stream that always closes it: at its end, when given up, on failure, and when the signal aborts.
import type { FileHandle } from 'node:fs/promises'
import { translateDiskError } from './disk-errors.ts'
import { ObjectError } from './objects.ts'

const CHUNK_BYTES = 128 * 1024

/** Bytes fromByte up to and without endByte. Not a generator: one that nobody started would never close the file. */
export function fileBody(
  of: { handle: FileHandle; key: string; fromByte: number; endByte: number },
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  const { handle, key, endByte } = of
  let atByte = of.fromByte
  let closed: Promise<void> | null = null
  const close = (): Promise<void> => {
    signal.removeEventListener('abort', onAbort)
    closed ??= handle.close()
    return closed
  }
  // A failure of this close is met again by the reader, who awaits the same promise.
  const onAbort = () => void close().catch(() => 'seen by the reader')
  signal.addEventListener('abort', onAbort, { once: true })

  const next = async (): Promise<IteratorResult<Uint8Array, undefined>> => {
    try {
      if (signal.aborted) throw new ObjectError('aborted', `reading ${key}: aborted`, { cause: signal.reason })
      if (closed === null && atByte < endByte) {
        const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, endByte - atByte))
        const { bytesRead } = await handle.read(chunk, 0, chunk.length, atByte)
        if (bytesRead === 0) throw new ObjectError('unreachable', `reading ${key}: ended at byte ${atByte} of ${endByte}`)
        atByte += bytesRead
        return { done: false, value: chunk.subarray(0, bytesRead) }
      }
      await close()
      return { done: true, value: undefined }
    } catch (cause) {
      await close()
      throw translateDiskError(`reading ${key} at byte ${atByte}`, cause)
    }
  }
  const giveUp = async (): Promise<IteratorResult<Uint8Array, undefined>> => {
    await close()
    return { done: true, value: undefined }
  }
  return { [Symbol.asyncIterator]: () => ({ next, return: giveUp }) }
}
