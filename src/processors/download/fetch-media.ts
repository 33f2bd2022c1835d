// An encrypted file as a stream from WhatsApp's CDN: within its deadlines and size, resumed after a broken connection, never redirected.
import { type Dispatcher, request } from 'undici'
import { parseRetryAfter } from '../../runtime/retry-after.ts'
import { MediaError } from '../media-error.ts'
import { translateFetchError } from './fetch-errors.ts'

export type FetchRequest = {
  url: URL
  /** As announced by the message; null where it says nothing. */
  announcedBytes: number | null
  maxBytes: number
  /** Longest silence, before the first byte and between two. */
  idleTimeoutMs: number
  /** For the whole file, at least. */
  minTotalTimeoutMs: number
  /** 1, then 2, 4 … on later attempts. */
  timeoutFactor: number
  /** `anywhere`: a place that somebody else named; it is told nothing of us, and does not send us on [whatsapp]. */
  from?: 'whatsapp' | 'anywhere'
}

/** Broken connections that one attempt picks up again. */
const MAX_RESUMES = 3
const SLOWEST_BYTES_PER_MS = (256 * 1024) / 1000
const MAX_TOTAL_TIMEOUT_MS = 600_000

/** Throws MediaError, or the signal's reason once that aborts. Memory does not grow with the file. */
export async function* fetchMedia(
  deps: { dispatcher: Dispatcher },
  wanted: FetchRequest,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  checkSize(wanted, wanted.announcedBytes)
  const deadline = openDeadline(wanted)
  const ended = AbortSignal.any([signal, deadline.signal])
  const progress = { receivedBytes: 0 }
  try {
    for (let resumes = 0; ; resumes++) {
      try {
        yield* fetchRest(deps, { wanted, progress, deadline }, ended)
        return
      } catch (cause) {
        const error = translate(wanted, cause, { signal, deadline })
        // Elsewhere another file may be there by now: what came before would be of another one.
        const resumable =
          wanted.from !== 'anywhere' && error.code === 'connection' && progress.receivedBytes > 0 && resumes < MAX_RESUMES
        if (!resumable) throw error
      }
    }
  } finally {
    deadline.clear()
  }
}

type Progress = { receivedBytes: number }
type Rest = { wanted: FetchRequest; progress: Progress; deadline: Deadline }

async function* fetchRest(
  { dispatcher }: { dispatcher: Dispatcher },
  { wanted, progress, deadline }: Rest,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const fromByte = progress.receivedBytes
  const { statusCode, headers, body } = await request(wanted.url, {
    dispatcher,
    signal,
    headersTimeout: wanted.idleTimeoutMs,
    bodyTimeout: wanted.idleTimeoutMs,
    headers: {
      ...(wanted.from !== 'anywhere' && { origin: 'https://web.whatsapp.com' }),
      'accept-encoding': 'identity',
      ...(fromByte > 0 && { range: `bytes=${fromByte}-` }),
    },
  })
  try {
    checkStatus(wanted, statusCode, headers)
    const resumed = statusCode === 206
    if (resumed) checkRange(wanted, headers['content-range'], fromByte)
    const lengthBytes = parseLength(headers['content-length'])
    const totalBytes = lengthBytes === null ? null : lengthBytes + (resumed ? fromByte : 0)
    checkSize(wanted, totalBytes)
    if (totalBytes !== null) deadline.allow(totalBytes)
    // A server that ignores the range sends everything again: what was taken in already is passed over.
    let skipBytes = resumed ? 0 : fromByte
    for await (const chunk of body as AsyncIterable<Buffer>) {
      const fresh = chunk.subarray(Math.min(skipBytes, chunk.length))
      skipBytes -= chunk.length - fresh.length
      if (fresh.length === 0) continue
      progress.receivedBytes += fresh.length
      checkSize(wanted, progress.receivedBytes)
      yield fresh
    }
  } finally {
    discard(body)
  }
}

/** Its connection ends with it; the error that this makes says only that. */
function discard(body: Dispatcher.ResponseData['body']): void {
  if (body.readableEnded) return
  body.on('error', () => 'we ended it')
  body.destroy()
}

/** Messages name the host alone: the path is what the sensitive part of the message says. */
function checkStatus(wanted: FetchRequest, status: number, headers: Dispatcher.ResponseData['headers']): void {
  if (status === 200 || status === 206) return
  const doing = `fetching from ${wanted.url.host}`
  const retryAfterMs = parseRetryAfter([headers['retry-after']].flat()[0], Date.now())
  if (status === 429 || status === 408) throw new MediaError('throttled', `${doing}: got ${status}`, { retryAfterMs })
  if (status >= 500 || status === 416) throw new MediaError('server-error', `${doing}: got ${status}`, { retryAfterMs })
  if (status >= 300 && status < 400)
    throw new MediaError(
      wanted.from === 'anywhere' ? 'gone' : 'server-error',
      `${doing}: got ${status}; redirects are not followed`,
    )
  if (status >= 400) throw new MediaError('gone', `${doing}: got ${status}`)
  throw new MediaError('server-error', `${doing}: expected 200 or 206, got ${status}`)
}

/** Bytes from another place would look like a forged file. */
function checkRange(wanted: FetchRequest, header: string | string[] | undefined, fromByte: number): void {
  if (String(header).startsWith(`bytes ${fromByte}-`)) return
  const doing = `fetching from ${wanted.url.host} at byte ${fromByte}`
  throw new MediaError('server-error', `${doing}: got the range ${header ?? 'unnamed'}`)
}

function checkSize({ maxBytes }: FetchRequest, sizeBytes: number | null): void {
  if (sizeBytes !== null && sizeBytes > maxBytes)
    throw new MediaError('too-large', `fetching: expected at most ${maxBytes} bytes, got ${sizeBytes}`)
}

const parseLength = (header: string | string[] | undefined): number | null =>
  typeof header === 'string' && /^\d{1,15}$/.test(header) ? Number(header) : null

function translate(wanted: FetchRequest, cause: unknown, of: { signal: AbortSignal; deadline: Deadline }): MediaError {
  if (of.signal.aborted) throw of.signal.reason
  if (cause instanceof MediaError) return cause
  const doing = `fetching from ${wanted.url.host}`
  if (of.deadline.signal.aborted)
    return new MediaError('timeout', `${doing}: not done after ${of.deadline.timeoutMs()} ms`, { cause })
  return translateFetchError(doing, cause)
}

type Deadline = { signal: AbortSignal; allow(sizeBytes: number): void; timeoutMs(): number; clear(): void }

/** Runs from the first try over all resumes; longer once the size is known to need it. */
function openDeadline({ announcedBytes, minTotalTimeoutMs, timeoutFactor }: FetchRequest): Deadline {
  const over = new AbortController()
  const startAt = performance.now()
  const timeoutOf = (sizeBytes: number) =>
    Math.min(MAX_TOTAL_TIMEOUT_MS, timeoutFactor * Math.max(minTotalTimeoutMs, sizeBytes / SLOWEST_BYTES_PER_MS))
  const end = () => over.abort()
  let timeoutMs = timeoutOf(announcedBytes ?? 0)
  let timer = setTimeout(end, timeoutMs)
  return {
    signal: over.signal,
    allow(sizeBytes) {
      timeoutMs = Math.max(timeoutMs, timeoutOf(sizeBytes))
      clearTimeout(timer)
      timer = setTimeout(end, Math.max(0, startAt + timeoutMs - performance.now()))
    },
    timeoutMs: () => Math.round(timeoutMs),
    clear: () => clearTimeout(timer),
  }
}
