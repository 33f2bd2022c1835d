// GET /objects/*: presigned URLs of the embedded object store, which has no server of its own.
import type { ObjectStore } from '../../objects/objects.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { Connections } from '../connections.ts'
import type { App } from '../create-app.ts'
import { Problem } from '../problems.ts'
import { admit } from '../reception.ts'
import { serveObject } from './serve-object.ts'

/** `url` is as requested. What was signed may name the type and the file name of the answer. */
export type VerifyObjectUrl = (
  request: { method: string; url: string },
  nowAt: number,
) =>
  | { ok: true; grant: { key: string; contentType?: string; downloadName?: string; sizeBytes?: number } }
  | { ok: false; reason: 'malformed' | 'tampered' | 'expired' }

export function objectRoutes(
  app: App,
  deps: {
    objects: ObjectStore
    logger: Logger
    clock: () => number
    verifyObjectUrl: VerifyObjectUrl | null
    connections: Connections
  },
) {
  const { verifyObjectUrl } = deps
  if (verifyObjectUrl === null) return
  app.route({
    method: ['GET', 'HEAD'],
    url: '/objects/*',
    // Signed URLs are made by this server and followed as they are; their form is nobody's contract.
    schema: { hide: true, security: [] },
    handler: async (request, reply) => {
      const checked = verifyObjectUrl({ method: 'GET', url: request.raw.url ?? '' }, deps.clock())
      if (!checked.ok) throw refused(checked.reason)
      admit(deps.connections, request)
      const { key, contentType = null, downloadName = null } = checked.grant
      const served = { key, contentType, fileName: downloadName, download: downloadName !== null, maxAgeSeconds: null }
      const answered = await serveObject(deps, served, request, reply)
      if (answered === null) throw new Problem('media-not-found', 'the object is not in the store, or no more')
      return answered
    },
  })
}

export const refused = (reason: 'malformed' | 'tampered' | 'expired'): Problem =>
  reason === 'expired'
    ? new Problem('link-expired', 'the link has expired')
    : new Problem('link-invalid', 'the link is not as this server signed it')
