// One POST under one deadline for the whole exchange: redirects are not followed, at most 64 KiB are read and 4 KiB kept,
// and no body is ever left unread on a connection that is used again.
import { type Dispatcher, request } from 'undici'
import { parseRetryAfter } from '../../runtime/retry-after.ts'
import type { Exchange } from '../deliveries/attempt-outcome.ts'

export const MAX_RESPONSE_BYTES = 64 * 1024
export const MAX_KEPT_BYTES = 4 * 1024

export type Post = { url: string; headers: Readonly<Record<string, string>>; body: string; timeoutMs: number }

/** Rejects only when the signal aborts before the answer: then nobody knows what the receiver did, and the attempt does not count. */
export async function postDelivery(
  of: { dispatcher: Dispatcher; clock: () => number },
  post: Post,
  signal: AbortSignal,
): Promise<Exchange & { durationMs: number }> {
  const startedAt = of.clock()
  const exchange = await withDeadline(post.timeoutMs, signal, deadline => send(of, post, deadline))
  if (exchange.kind === 'failed') signal.throwIfAborted()
  return { ...exchange, durationMs: of.clock() - startedAt }
}

async function send(of: { dispatcher: Dispatcher; clock: () => number }, post: Post, deadline: AbortSignal): Promise<Exchange> {
  try {
    const answer = await request(post.url, {
      dispatcher: of.dispatcher,
      method: 'POST',
      headers: post.headers,
      body: post.body,
      signal: deadline,
    })
    const headerOf = (name: string) => [answer.headers[name]].flat()[0]
    return {
      kind: 'answered',
      statusCode: answer.statusCode,
      retryAfterMs: parseRetryAfter(headerOf('retry-after'), of.clock()),
      asked: parseAsked(headerOf('webhook-delivery')),
      response: await readStart(answer.body),
    }
  } catch (error) {
    return describeFailure(error, post)
  }
}

/** A controller of our own for each attempt: listeners on a long-lived signal pile up (undici #3157). */
async function withDeadline<T>(timeoutMs: number, signal: AbortSignal, work: (deadline: AbortSignal) => Promise<T>): Promise<T> {
  const deadline = new AbortController()
  const abort = () => deadline.abort(signal.reason)
  const timer = setTimeout(
    () => deadline.abort(new DOMException(`no whole answer within ${timeoutMs} ms`, 'TimeoutError')),
    timeoutMs,
  )
  signal.addEventListener('abort', abort, { once: true })
  if (signal.aborted) abort()
  try {
    return await work(deadline.signal)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
  }
}

/** Leaving the loop early destroys the connection. A body cut by deadline or cap changes nothing: the status has been said. */
async function readStart(body: Dispatcher.ResponseData['body']): Promise<string> {
  const kept: Buffer[] = []
  let readBytes = 0
  try {
    for await (const chunk of body) {
      const bytes: Buffer = chunk
      if (readBytes < MAX_KEPT_BYTES) kept.push(bytes.subarray(0, MAX_KEPT_BYTES - readBytes))
      readBytes += bytes.length
      if (readBytes >= MAX_RESPONSE_BYTES) break
    }
  } catch (error) {
    kept.push(Buffer.from(` [cut: ${codeOf(error)}]`))
  }
  return Buffer.concat(kept).toString('utf8').replaceAll('\u0000', '')
}

const parseAsked = (value: string | undefined): 'disable' | 'abort-message' | null =>
  value === 'disable' || value === 'abort-message' ? value : null

function describeFailure(error: unknown, post: Post): Exchange {
  const code = codeOf(error)
  const what = words[code] ?? (error instanceof Error ? error.message : String(error))
  return { kind: 'failed', code, message: `posting to ${new URL(post.url).host}: ${what}` }
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  if (error.name === 'TimeoutError') return 'timeout'
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name
  return codes[code] ?? code
}

/** undici's, Node's and OpenSSL's codes in our words; others keep their own. */
const codes: Readonly<Record<string, string>> = {
  UND_ERR_CONNECT_TIMEOUT: 'connect-timeout',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
  UND_ERR_SOCKET: 'connection-lost',
  ECONNREFUSED: 'connection-refused',
  ECONNRESET: 'connection-lost',
  EPIPE: 'connection-lost',
  ENOTFOUND: 'name-not-found',
  EAI_AGAIN: 'name-not-resolved',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  ETIMEDOUT: 'connect-timeout',
}
const words: Readonly<Record<string, string>> = {
  timeout: 'no whole answer within the deadline',
  'connect-timeout': 'no connection within the deadline',
  'connection-lost': 'the connection was closed before the answer was whole',
  'connection-refused': 'connection refused',
  'name-not-found': 'no such host name',
  'name-not-resolved': 'the host name could not be resolved now',
  unreachable: 'no route to it',
  'too-many-interim-responses': 'only interim responses (1xx) came, and too many of them',
  'answer-too-long': 'the answer was too long',
}
