// What is no HTTP, too much of it, or too slow is answered as a problem like everything else, and its connection ends.
import type { Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { Problem, problemBody, problemType } from './problems.ts'

export function answerClientErrors(server: Server) {
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy()
    const problem = problemOf(error)
    const body = JSON.stringify(problemBody(problem))
    const head = [
      `HTTP/1.1 ${problem.status} ${reasonPhrases[problem.status] ?? 'Bad Request'}`,
      `content-type: ${problemType}`,
      `content-length: ${Buffer.byteLength(body)}`,
      'cache-control: no-store',
      'connection: close',
    ]
    socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
  })
}

const reasonPhrases: Readonly<Record<number, string>> = { 408: 'Request Timeout', 431: 'Request Header Fields Too Large' }

function problemOf(error: NodeJS.ErrnoException): Problem {
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') return new Problem('request-timeout', 'the request did not come in time')
  if (error.code === 'HPE_HEADER_OVERFLOW') return new Problem('headers-too-large', 'expected headers of at most 16 KiB')
  return new Problem('malformed-request', `reading the request: ${error.message}`)
}
