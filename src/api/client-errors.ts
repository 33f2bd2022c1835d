// What is no HTTP, too much of it, too slow, or meant for a proxy is answered as a problem like everything else, and its connection ends.
import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { Problem, problemBody, problemType } from './problems.ts'
import { LINGER_MS } from './unread-body.ts'

export function answerClientErrors(server: Server) {
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy()
    socket.end(answerOf(problemOf(error)), () => socket.destroy())
  })
  server.on('connect', ({ url }: IncomingMessage, socket: Duplex) => {
    // Node has let go of it: nobody else hears of a reset, or reads what a client sends that takes us for a proxy.
    socket.on('error', () => socket.destroy()).resume()
    const cut = setTimeout(() => socket.destroy(), LINGER_MS)
    socket.once('close', () => clearTimeout(cut))
    socket.end(answerOf(new Problem('malformed-request', `reading CONNECT ${url}: this is no proxy`)))
  })
}

function answerOf(problem: Problem): string {
  const body = JSON.stringify(problemBody(problem))
  const head = [
    `HTTP/1.1 ${problem.status} ${reasonPhrases[problem.status] ?? 'Bad Request'}`,
    `content-type: ${problemType}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'cache-control: no-store',
    'connection: close',
  ]
  return `${head.join('\r\n')}\r\n\r\n${body}`
}

const reasonPhrases: Readonly<Record<number, string>> = { 408: 'Request Timeout', 431: 'Request Header Fields Too Large' }

function problemOf(error: NodeJS.ErrnoException): Problem {
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') return new Problem('request-timeout', 'the request did not come in time')
  if (error.code === 'HPE_HEADER_OVERFLOW') return new Problem('headers-too-large', 'expected headers of at most 16 KiB')
  return new Problem('malformed-request', `reading the request: ${error.message}`)
}
