// How long a client may take over the body of its request. Node has one deadline for all of them; here a file has as long as its size needs.
import type { IncomingMessage, RequestListener, Server } from 'node:http'

/** Whoever is slower than this is not served: 64 KiB/s. */
const SLOWEST_BYTES_PER_MS = (64 * 1024) / 1000
/** Longer than WhatsApp's largest file takes at that pace. */
const LONGEST_MS = 12 * 3_600_000

/** Beyond it the client is answered as Node does, unless it has its answer, and its connection ends. An answer does not end the wait: what is left of the body keeps the connection. */
export const awaitBodies =
  (server: Server, timeoutMs: number): RequestListener =>
  (request, response) => {
    const { 'content-length': length = '0', 'transfer-encoding': encoding } = request.headers
    if (Number(length) === 0 && encoding === undefined) return
    const over = () => {
      if (request.complete || request.socket.destroyed) return
      if (response.writableFinished) return void request.socket.destroy()
      server.emit('clientError', Object.assign(new Error('the body did not come in time'), { code: timedOut }), request.socket)
    }
    const timer = setTimeout(over, timeoutMs + extraMs(request))
    const settled = () => {
      clearTimeout(timer)
      request.socket.off('close', settled)
    }
    request.once('end', settled)
    request.socket.once('close', settled)
  }

const timedOut = 'ERR_HTTP_REQUEST_TIMEOUT'

/** Only what is put is a file. */
function extraMs({ method, url, headers }: IncomingMessage): number {
  const sizeBytes = Number(headers['content-length'])
  if (method !== 'PUT' || !url?.startsWith('/objects/') || !(sizeBytes > 0)) return 0
  return Math.min(LONGEST_MS, sizeBytes / SLOWEST_BYTES_PER_MS)
}
