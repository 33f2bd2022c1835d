// PUT /objects/*: where the bytes of an upload go that the embedded object store has, which has no server of its own. Straight into the store, in
// constant memory; exactly as many as were announced, of the type that was, while nobody has completed the upload.
import type { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import type { Database } from '../../database/database.ts'
import { bareType } from '../../instances/upload-kinds.ts'
import { readUpload, uploadOfKey } from '../../instances/uploads.ts'
import type { ObjectStore } from '../../objects/objects.ts'
import type { Connections } from '../connections.ts'
import type { App } from '../create-app.ts'
import { refused, type VerifyObjectUrl } from '../media/object-routes.ts'
import { Problem } from '../problems.ts'
import { admit } from '../reception.ts'

type Deps = {
  database: Database
  objects: ObjectStore
  verifyObjectUrl: VerifyObjectUrl | null
  connections: Connections
  clock: () => number
  cut: AbortSignal
}
type Grant = { key: string; contentType?: string; sizeBytes?: number }

export function putRoutes(app: App, deps: Deps) {
  const { verifyObjectUrl } = deps
  if (verifyObjectUrl === null) return
  const grantOf = ({ raw }: FastifyRequest): Grant => {
    const checked = verifyObjectUrl({ method: 'PUT', url: raw.url ?? '' }, deps.clock())
    if (!checked.ok) throw refused(checked.reason)
    return checked.grant
  }
  // Of its own, as its bodies are read by nobody but the store.
  app.register(async scope => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, body, done) => done(null, body))
    scope.route<{ Body: Readable | undefined }>({
      method: 'PUT',
      url: '/objects/*',
      schema: { hide: true, security: [] },
      onRequest: async request => {
        const grant = grantOf(request)
        admit(deps.connections, request)
        checkHead(grant, request.headers)
        await checkPending(deps, grant.key)
      },
      handler: async (request, reply) => {
        await put(deps, grantOf(request), request.body)
        return reply.code(200).send()
      },
    })
  })
}

/** Before any byte of it is read. Throws Problem. */
function checkHead(grant: Grant, headers: Readonly<Record<string, unknown>>): void {
  const got = headers['content-length']
  if (headers['transfer-encoding'] !== undefined || got === undefined || Number(got) !== grant.sizeBytes)
    throw new Problem('invalid-input', `putting an upload: expected a content-length of ${grant.sizeBytes}, got ${got ?? 'none'}`)
  const type = bareType(String(headers['content-type'] ?? ''))
  if (type !== grant.contentType)
    throw new Problem(
      'unsupported-media-type',
      `putting an upload: expected content-type ${grant.contentType}, got ${type || 'none'}`,
    )
}

/** What was completed is what is checked and sent: nothing takes its place. Throws Problem. */
async function checkPending({ database }: Deps, key: string): Promise<void> {
  const uploadId = uploadOfKey(key)
  const row = uploadId === null ? null : await readUpload(database, uploadId)
  if (row?.incomingKey !== key) throw new Problem('upload-not-found', 'the upload is not there, or no more')
  if (row.state !== 'pending')
    throw new Problem('upload-over', `upload ${row.uploadId} is ${row.state}: its bytes are there already`)
}

async function put(
  { database, objects, cut }: Deps,
  { key, contentType = '', sizeBytes = 0 }: Grant,
  body: Readable | undefined,
) {
  await objects.put({ key, body: whole(body, sizeBytes), contentType, metadata: {} }, cut)
  // Given up or purged meanwhile: what came is nobody's.
  const row = await readUpload(database, uploadOfKey(key) ?? '')
  if (row === null || row.state === 'failed') await objects.delete([key], cut)
}

/** A client that goes away in the middle leaves nothing. */
async function* whole(body: Readable | undefined, sizeBytes: number): AsyncGenerator<Uint8Array, void, undefined> {
  let gotBytes = 0
  const cutShort = (cause?: unknown) =>
    new Problem('malformed-request', `putting an upload: expected ${sizeBytes} bytes, got ${gotBytes}`, { cause })
  try {
    for await (const chunk of body ?? []) {
      gotBytes += chunk.length
      yield chunk
    }
  } catch (cause) {
    throw cutShort(cause)
  }
  if (gotBytes !== sizeBytes) throw cutShort()
}
