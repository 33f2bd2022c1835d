// POST /v{N}/{phone-number-id}/media and its ids: a file in a form is an upload of ours, whose id is the media's.

import type { FileKind } from '../../events/command-bodies/files.ts'
import { bareType, kindOfType } from '../../instances/upload-kinds.ts'
import type { UploadRow } from '../../instances/uploads.ts'
import type { ObjectStore } from '../../objects/objects.ts'
import type { App } from '../create-app.ts'
import { inTheirWords, keyOf } from '../dialect.ts'
import { refuseFields } from '../invalid-input.ts'
import { takeLargeBodies } from '../large-bodies.ts'
import { Problem } from '../problems.ts'
import { findWithCommand } from '../uploads/find-upload.ts'
import { type TakeDeps, takeBytes } from '../uploads/take-bytes.ts'
import { accountOf, ofAccount } from './find-account.ts'
import { version } from './version.ts'

export type MediaDeps = TakeDeps & { objects: Pick<ObjectStore, 'presign'>; cut: AbortSignal }

const FIVE_MINUTES_MS = 300_000

export function routeMedia(scope: App, deps: MediaDeps): void {
  // Of its own, as nothing else here takes a form.
  scope.register(async own => takeForms(own as App, deps))
}

function takeForms(scope: App, deps: MediaDeps): void {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('multipart/form-data', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  scope.addContentTypeParser('*', (_request, _body, done) => done(noForm()))
  scope.route({
    method: 'POST',
    url: `/${version}/:account/media`,
    ...takeLargeBodies(({ params }) => ofAccount.parse(params).account),
    schema: { hide: true, params: ofAccount },
    handler: async (request, reply) => {
      const { account } = request.params
      const { id: instanceId } = await accountOf(deps.database, account)
      const { file, type } = await formOf(request.body, request.headers['content-type'] ?? '')
      const mimetype = bareType(type) || 'application/octet-stream'
      const said = { instanceId, key: keyOf(request), kind: kindOf(mimetype), mimetype, fileName: file.name || null }
      const bytes = Buffer.from(await file.arrayBuffer())
      return reply.send({ id: await inTheirWords(namesOfFile, () => takeBytes(deps, { ...said, bytes }, deps.cut)) })
    },
  })
}

const namesOfFile = { '/fileName': '/file', '/mimetype': '/type', '/sizeBytes': '/file' }

/** Throws Problem where it is no form with a file in it. */
async function formOf(body: unknown, contentType: string): Promise<{ file: File; type: string }> {
  if (!Buffer.isBuffer(body)) throw noForm()
  const form = await new Response(new Uint8Array(body), { headers: { 'content-type': contentType } })
    .formData()
    .catch((cause: unknown) => {
      throw new Problem('malformed-request', 'reading the request: the body is no form', { cause })
    })
  const [file, type, product] = [form.get('file'), form.get('type'), form.get('messaging_product')]
  if (product !== 'whatsapp')
    throw refuseFields('pointer', [{ pointer: '/messaging_product', expected: 'whatsapp', received: JSON.stringify(product) }])
  if (!(file instanceof File)) throw refuseFields('pointer', [{ pointer: '/file', expected: 'a file', received: 'nothing' }])
  return { file, type: typeof type === 'string' ? type : file.type }
}

const noForm = () => new Problem('unsupported-media-type', 'expected a body of type multipart/form-data')

/** Its only WebP are stickers. */
const kindOf = (mimetype: string): FileKind => (mimetype === 'image/webp' ? 'sticker' : kindOfType(mimetype))

/** As uploads are named. */
export const isMediaId = (id: string): boolean => /^[0-9a-f]{32}$/.test(id)

/** Throws Problem `upload-not-found`. */
export async function shownMedia(deps: MediaDeps, id: string) {
  const { row } = await findWithCommand(deps.database, id)
  return {
    ...{ messaging_product: 'whatsapp', url: await urlOf(deps, row), id },
    mime_type: row.file?.mimetype ?? row.mimetype,
    sha256: row.file?.sha256 ?? null,
    file_size: row.file?.sizeBytes ?? row.sizeBytes,
  }
}

/** null: it is not checked yet, or is no file that can be sent. */
async function urlOf({ objects, cut }: MediaDeps, { state, file }: UploadRow): Promise<string | null> {
  if (state !== 'ready' || file === null) return null
  return (await objects.presign({ method: 'GET', key: file.objectKey, expiresInMs: FIVE_MINUTES_MS }, cut)).url
}
