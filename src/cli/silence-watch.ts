// Ends what is read where nothing comes any more: a connection that nobody closed, such as one of a machine that is gone, looks open for ever.

export type SilenceWatch = {
  /** Aborts, with why, where nothing came for that long. */
  signal: AbortSignal
  /** The same bytes; each that comes is a sign of life. */
  watch(bytes: ReadableStream<Uint8Array>): ReadableStream<Uint8Array>
  stop(): void
}

export function createSilenceWatch(atMostMs: number): SilenceWatch {
  const silent = new AbortController()
  const timer = setTimeout(() => silent.abort(new Error(`nothing came for ${atMostMs / 1000} s`)), atMostMs)
  const hear = new TransformStream<Uint8Array, Uint8Array>({
    transform: (bytes, controller) => {
      timer.refresh()
      controller.enqueue(bytes)
    },
  })
  return { signal: silent.signal, watch: bytes => bytes.pipeThrough(hear), stop: () => clearTimeout(timer) }
}
