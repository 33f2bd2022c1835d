// /v1/instances/{id}/uploads and /v1/uploads/{id}: files that clients give an account to send, put straight into the store.
import { randomUUID } from 'node:crypto'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { bareType } from '../../instances/upload-kinds.ts'
import type { UploadRow } from '../../instances/uploads.ts'
import type { Position } from '../../log/log.ts'
import type { ObjectStore } from '../../objects/objects.ts'
import type { App } from '../create-app.ts'
import { describeCall } from '../describe-call.ts'
import { demandInstance } from '../instances/read-instances.ts'
import { noBody } from '../no-body.ts'
import { pageOf, pageQuery } from '../pagination.ts'
import { setPosition } from '../position.ts'
import { type CompleteDeps, completeUpload, giveUpUpload, retryUpload } from './complete-upload.ts'
import { type FoundUpload, findWithCommand, uploadPage } from './find-upload.ts'
import { type RequestDeps, requestUpload } from './request-upload.ts'
import { asked, newUpload, shownUpload, takenUpload, upload } from './upload-shapes.ts'

type Deps = CompleteDeps & RequestDeps & { objects: ObjectStore; cut: AbortSignal }

const tag = 'uploads'
const ofUpload = z.object({ id: z.string() })
const headers = z.looseObject({
  'idempotency-key': z
    .string()
    .regex(/^[\x20-\x7e]{1,255}$/, { error: '1 to 255 printable characters of ASCII' })
    .optional()
    .describe('the same again is one upload; left out, one is made and answered'),
})

export function uploadRoutes(app: App, deps: Deps) {
  routeAsking(app, deps)
  routeReading(app, deps)
  routeSending(app, deps)
  routeGivingUp(app, deps)
}

function routeAsking(app: App, deps: Deps) {
  app.route({
    method: 'POST',
    url: '/v1/instances/:id/uploads',
    schema: describeCall('Begin to send a file: type and size are judged, and its bytes may be put into the store', {
      tag,
      params: z.object({ id: z.string() }),
      headers,
      body: newUpload,
      answers: { 201: asked },
      problems: [404, 409],
    }),
    handler: async ({ params: { id }, headers, body }, reply) => {
      const key = headers['idempotency-key'] ?? randomUUID()
      const { chatId = null, caption = null, kind = null, fileName, mimetype, sizeBytes } = body
      const wanted = {
        instanceId: id,
        key,
        source: { from: 'upload' },
        chatId,
        caption,
        kind,
        fileName,
        mimetype,
        sizeBytes,
      } as const
      const { row, outboxId } = await requestUpload(deps, wanted, deps.cut)
      if (outboxId !== null) setPosition(reply, await deps.outbox.append(outboxId))
      const location = `/v1/uploads/${row.uploadId}`
      return reply
        .code(201)
        .header('location', location)
        .send({ ...(await putting(deps, row)), idempotencyKey: key })
    },
  })
}

/** The client's own words for its type are what it signs. */
async function putting({ objects, uploads, cut }: Deps, { uploadId, incomingKey, state, mimetype, sizeBytes }: UploadRow) {
  const answer = { uploadId, method: 'PUT' as const, headers: {}, url: null, expiresAt: null }
  if (state !== 'pending' || sizeBytes === null) return answer
  const contentType = bareType(mimetype ?? '') || 'application/octet-stream'
  const grant = { method: 'PUT', key: incomingKey, expiresInMs: uploads.urlExpiresInMs, contentType, sizeBytes } as const
  const { url, expiresAt } = await objects.presign(grant, cut)
  const headers = { 'content-type': contentType, 'content-length': String(sizeBytes) }
  return { ...answer, url, headers, expiresAt: new Date(expiresAt).toISOString() }
}

function routeReading(app: App, deps: Deps) {
  app.route({
    method: 'GET',
    url: '/v1/instances/:id/uploads',
    schema: describeCall('List the files that an account was given to send, newest first', {
      tag,
      params: z.object({ id: z.string() }),
      querystring: z.strictObject(pageQuery),
      answers: { 200: pageOf(upload) },
      problems: [404],
    }),
    handler: async ({ params: { id }, query }) => {
      await demandInstance(deps.database, id)
      return uploadPage(deps.database, { instanceId: id, ...query })
    },
  })
  app.route({
    method: 'GET',
    url: '/v1/uploads/:id',
    schema: describeCall('Read an upload: how far it is', { tag, params: ofUpload, answers: { 200: upload }, problems: [404] }),
    handler: async ({ params: { id } }) => shown(await findWithCommand(deps.database, id)),
  })
}

function routeSending(app: App, deps: Deps) {
  app.route({
    method: 'POST',
    url: '/v1/uploads/:id/complete',
    schema: describeCall('Say that a file is uploaded: it is checked and prepared, and sent where it has a chat', {
      tag,
      params: ofUpload,
      body: noBody,
      answers: { 202: takenUpload },
      problems: [404, 409],
    }),
    handler: async ({ params: { id } }, reply) => taken(reply, await completeUpload(deps, id, deps.cut)),
  })
  app.route({
    method: 'POST',
    url: '/v1/uploads/:id/retry',
    schema: describeCall('Send an uploaded file again whose send failed', {
      tag,
      params: ofUpload,
      body: noBody,
      answers: { 202: takenUpload },
      problems: [404, 409],
    }),
    handler: async ({ params: { id } }, reply) => taken(reply, await retryUpload(deps, id, deps.cut)),
  })
}

function taken(reply: FastifyReply, { found, positions }: { found: FoundUpload; positions: readonly Position[] | null }) {
  setPosition(reply, positions, 'commands')
  return reply.code(202).send(shown(found))
}

function routeGivingUp(app: App, deps: Deps) {
  app.route({
    method: 'DELETE',
    url: '/v1/uploads/:id',
    schema: describeCall('Give an upload up that was not sent', {
      tag,
      params: ofUpload,
      answers: { 204: z.undefined().describe('It is not sent') },
      problems: [404, 409],
    }),
    handler: async ({ params: { id } }, reply) => {
      await giveUpUpload(deps, id, deps.cut)
      return reply.code(204).send()
    },
  })
}

const shown = ({ row, command }: FoundUpload) => shownUpload(row, command)
