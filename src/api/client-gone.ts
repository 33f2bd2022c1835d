// Whoever waits for an answer may leave before it comes.
import type { FastifyReply } from 'fastify'

/** Aborts once the client is gone, or has its answer. */
export function clientGone(reply: FastifyReply): AbortSignal {
  const gone = new AbortController()
  reply.raw.once('close', () => gone.abort())
  return gone.signal
}
