// One POST of a sealed file to one host: within its deadlines, and never with more of it in memory than is on its way.
import { Readable } from 'node:stream'
import { Agent, request } from 'undici'
import { z } from 'zod'
import { describeError } from '../../runtime/logger.ts'

export type UploadTimes = {
  /** Longest time without a byte taken, or without an answer after the last [30 s]. */
  idleMs: number
  /** For the whole of a file, at least [2 min]. */
  totalMs: number
}
/** Rejects with the signal's reason. */
export type PostStream = (of: Post, signal: AbortSignal) => Promise<Posted>
/** `bytes` are read once a call. */
type Post = { url: URL; host: string; bytes(): AsyncIterable<Uint8Array>; sizeBytes: number }
/** `status` null: nothing was answered. not-read: `bytes` threw that, and the server did nothing wrong. */
export type Posted =
  | { is: 'posted'; url: string; directPath: string }
  | { is: 'not-posted'; status: number | null; why: string }
  | { is: 'not-read'; error: unknown }

/** What a slow line carries. */
const SLOWEST_BYTES_PER_MS = (128 * 1024) / 1000
const CONNECT_TIMEOUT_MS = 10_000
/** Of an answer. */
const MAX_BYTES = 64 * 1024

export function createPostStream(times: UploadTimes): PostStream {
  // One file per connection, as whoever stalls is cut; and none is kept that its server may end meanwhile.
  const dispatcher = new Agent({ connect: { timeout: CONNECT_TIMEOUT_MS }, allowH2: false, pipelining: 0 })

  return async (of, signal) => {
    using patience = openPatience(times, of.sizeBytes, signal)
    const reading = rememberFailure(of.bytes())
    try {
      const { statusCode, body } = await request(of.url, {
        ...{ dispatcher, method: 'POST', signal: patience.signal, headersTimeout: 0, bodyTimeout: 0 },
        headers: {
          'content-type': 'application/octet-stream',
          'content-length': String(of.sizeBytes),
          origin: 'https://web.whatsapp.com',
        },
        body: Readable.from(patience.followed(reading.bytes), { objectMode: false }),
      })
      const text = await textOf(body)
      return statusCode === 200 ? answerOf(text) : { is: 'not-posted', status: statusCode, why: `got ${statusCode}` }
    } catch (error) {
      signal.throwIfAborted()
      if (reading.failed !== null) return { is: 'not-read', error: reading.failed.error }
      const why = patience.signal.aborted ? patience.signal.reason : error
      return { is: 'not-posted', status: null, why: describeError(why) }
    }
  }
}

/** undici tells of it as of any end of a connection. */
function rememberFailure(bytes: AsyncIterable<Uint8Array>) {
  const reading: { bytes: AsyncIterable<Uint8Array>; failed: { error: unknown } | null } = { bytes: read(), failed: null }
  async function* read(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* bytes
    } catch (error) {
      reading.failed = { error }
      throw error
    }
  }
  return reading
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  let sizeBytes = 0
  for await (const chunk of body) {
    sizeBytes += chunk.length
    if (sizeBytes > MAX_BYTES) throw new Error(`expected an answer of at most ${MAX_BYTES} bytes, got more`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

const answer = z.object({ url: z.string().min(1), direct_path: z.string().startsWith('/') })

function answerOf(text: string): Posted {
  const said = answer.safeParse(parsed(text))
  if (!said.success) return { is: 'not-posted', status: null, why: 'expected {url, direct_path}, got something else' }
  return { is: 'posted', url: said.data.url, directPath: said.data.direct_path }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

type Patience = Disposable & { signal: AbortSignal; followed(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> }

/** Over when nothing went on for too long, or all of it takes too long. */
function openPatience({ idleMs, totalMs }: UploadTimes, sizeBytes: number, signal: AbortSignal): Patience {
  const over = new AbortController()
  const end = (afterMs: number) => over.abort(new Error(`not done after ${Math.round(afterMs)} ms`))
  const wholeMs = Math.max(totalMs, sizeBytes / SLOWEST_BYTES_PER_MS)
  const total = setTimeout(() => end(wholeMs), wholeMs)
  const idle = setTimeout(() => over.abort(new Error(`nothing went on for ${idleMs} ms`)), idleMs)
  return {
    signal: AbortSignal.any([signal, over.signal]),
    async *followed(bytes) {
      for await (const chunk of bytes) {
        idle.refresh()
        yield chunk
      }
      idle.refresh()
    },
    [Symbol.dispose]: () => {
      clearTimeout(total)
      clearTimeout(idle)
    },
  }
}
