// The bytes of an S3 answer as a stream that is never waited for in vain: a server that falls silent ends it, a slow reader does not.
import { ObjectError } from './objects.ts'
import { translateS3Error } from './s3-errors.ts'

type Source = AsyncIterable<Uint8Array> & { destroy(): unknown }

/** `source` is the answer of a request that had the same signal, which ends it even where nobody reads it. */
export function s3Body(
  of: { key: string; source: Source; idleTimeoutMs: number },
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  const { key, source, idleTimeoutMs } = of
  let readBytes = 0
  let chunks: AsyncIterator<Uint8Array> | null = null
  let silent = false

  const next = async (): Promise<IteratorResult<Uint8Array, undefined>> => {
    const timer = setTimeout(() => {
      silent = true
      source.destroy()
    }, idleTimeoutMs)
    try {
      chunks ??= source[Symbol.asyncIterator]()
      const chunk = await chunks.next()
      if (signal.aborted || silent) throw new Error('the connection was closed here')
      readBytes += chunk.value?.length ?? 0
      return chunk.done === true ? { done: true, value: undefined } : { done: false, value: chunk.value }
    } catch (cause) {
      source.destroy()
      throw failure(cause)
    } finally {
      clearTimeout(timer)
    }
  }
  const failure = (cause: unknown): ObjectError => {
    const doing = `reading ${key} at byte ${readBytes}`
    if (signal.aborted) return new ObjectError('aborted', `${doing}: aborted`, { cause: signal.reason })
    if (silent) return new ObjectError('unreachable', `${doing}: no byte for ${idleTimeoutMs} ms`, { cause })
    return translateS3Error(doing, cause)
  }
  const giveUp = async (): Promise<IteratorResult<Uint8Array, undefined>> => {
    source.destroy()
    return { done: true, value: undefined }
  }
  return { [Symbol.asyncIterator]: () => ({ next, return: giveUp }) }
}
