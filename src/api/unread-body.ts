// A request that is answered before its body was read ends its connection instead of being read to its end: who has no key sends nothing
// but a head. The client is given a moment to read the answer, which a reset would take from it.
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { App } from './create-app.ts'

/** What is cheaper to read and throw away than a new connection. */
const MAX_DISCARDED_BYTES = 64 * 1024
/** For the client to read the answer. */
export const LINGER_MS = 500

export function leaveBodiesUnread(app: App) {
  app.addHook('onSend', async ({ raw }, reply) => {
    if (raw.complete) return
    if (announcedBytes(raw) > MAX_DISCARDED_BYTES) reply.header('connection', 'close')
    if (reply.getHeader('connection') === 'close') linger(raw.socket)
  })
}

export function announcedBytes({ headers }: IncomingMessage): number {
  if (headers['transfer-encoding'] !== undefined) return Number.POSITIVE_INFINITY
  return Number(headers['content-length'] ?? 0)
}

/** Node calls `destroySoon` after the last answer of a connection: with bytes unread, the kernel would send a reset instead of the answer. */
function linger(socket: Socket) {
  socket.destroySoon = () => {
    socket.end()
    setImmediate(() => socket.pause()) // after Node began to read what is left of the body
    const cut = setTimeout(() => socket.destroy(), LINGER_MS)
    socket.once('close', () => clearTimeout(cut))
  }
}
