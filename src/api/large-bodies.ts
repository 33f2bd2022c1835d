// Bodies that are in memory as a whole while they are answered: few at once in the process, one of an instance, and instances take turns. Who finds
// no turn in time comes again.
import type { FastifyReply, FastifyRequest } from 'fastify'
import { createFairTurns } from '../runtime/fair-turns.ts'
import { onAbort } from '../runtime/or-abort.ts'
import { Problem } from './problems.ts'
import { MAX_BODY_BYTES } from './refuse.ts'
import { announcedBytes } from './unread-body.ts'

/** Of a route: before any byte of such a body is read. */
export type LargeBodies = { bodyLimit: number; onRequest(request: FastifyRequest, reply: FastifyReply): Promise<void> }
type Limits = { bodyLimit: number; total?: number; maxWaitMs?: number }

/** In base64 a file of 18 MiB; larger ones come by URL, or by POST /v1/instances/{id}/uploads. */
export const MAX_FILE_BODY_BYTES = 24 * 1024 * 1024

/** Of one instance, each on a connection that is not read. */
const MAX_WAITING = 8

/** `keyOf`: whoever may not take everything. A body that any other call takes needs no turn. */
export function takeLargeBodies(
  keyOf: (request: FastifyRequest) => string,
  { bodyLimit = MAX_FILE_BODY_BYTES, total = 3, maxWaitMs = 10_000 }: Partial<Limits> = {},
): LargeBodies {
  const turns = createFairTurns({ total, perKey: 1 })
  const patience = { maxWaiting: MAX_WAITING, maxWaitMs }
  return {
    bodyLimit,
    onRequest: async (request, { raw }) => {
      if (announcedBytes(request.raw) <= MAX_BODY_BYTES) return
      const answered = new AbortController()
      raw.once('close', () => answered.abort())
      const turn = await turns.take({ key: keyOf(request), patience }, answered.signal)
      if (typeof turn === 'string')
        throw new Problem('busy', 'as many files are being taken as this process takes at once: this one has to come again')
      onAbort(answered.signal, turn.release)
    },
  }
}
