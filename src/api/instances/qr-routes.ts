// GET /v1/instances/{id}/qr: the code to scan, as data, text for terminals, or a picture.
import type { FastifyReply } from 'fastify'
import { toBuffer, toString as toText } from 'qrcode'
import { z } from 'zod'
import { assertNever } from '../../events/event.ts'
import type { Qr } from '../../instances/instance-qr.ts'
import { clientGone } from '../client-gone.ts'
import type { App } from '../create-app.ts'
import { describeCall } from '../describe-call.ts'
import { Problem } from '../problems.ts'
import type { Instance } from './instance-shapes.ts'
import type { PendingQr } from './pending-qr.ts'

export type QrDeps = {
  pendingQr: PendingQr
  /** Throws Problem `instance-not-found`. */
  readInstance(id: string): Promise<Instance>
  /** No code will come before somebody asks for a restart. */
  isParked(id: string): Promise<boolean>
  /** A phone was linked since it was logged out last. */
  isLinked(id: string): Promise<boolean>
  stopping: AbortSignal
}

const query = z.strictObject({
  wait: z.coerce.number().int().min(1).max(60).optional().describe('seconds to wait for a code'),
  format: z.enum(['json', 'text', 'svg', 'png']).default('json').describe('text is a drawing for terminals'),
})
const answer = z
  .object({ qr: z.string().describe('what the code says'), expiresAt: z.string() })
  .meta({ examples: [{ qr: '2@Zm9yIGEgcGhvbmUgdG8gc2Nhbg==,c2VydmVy,a2V5,YWR2', expiresAt: '2026-01-05T12:00:20.000Z' }] })
const drawing = { schema: z.string() }

export function qrRoutes(app: App, deps: QrDeps) {
  app.route({
    method: 'GET',
    url: '/v1/instances/:id/qr',
    schema: describeCall('The QR code that a phone scans to link this instance', {
      tag: 'instances',
      params: z.object({ id: z.string() }),
      querystring: query,
      answers: {
        200: {
          description: 'The pending code',
          content: {
            'application/json': { schema: answer },
            'text/plain': drawing,
            'image/svg+xml': drawing,
            'image/png': drawing,
          },
        },
      },
      problems: [404, 409],
    }),
    handler: async (request, reply) => {
      const { id } = request.params
      const waited = AbortSignal.timeout((request.query.wait ?? 0) * 1000)
      const qr = await waitForQr(deps, id, AbortSignal.any([waited, clientGone(reply), deps.stopping]))
      if (qr === null && deps.stopping.aborted)
        throw new Problem('stopping', `waiting for the QR code of ${id}: this process is stopping`)
      if (qr === null) throw new Problem('no-qr-pending', whyNoQr(await deps.readInstance(id), { parked: false }))
      reply.header('cache-control', 'no-store')
      return draw(reply, request.query.format, qr)
    },
  })
}

/** Throws Problem `instance-not-found`, `already-paired`, or `no-qr-pending` where none can come, also while waiting. null: none came. */
export async function waitForQr(
  { pendingQr, readInstance, isParked, isLinked }: QrDeps,
  id: string,
  signal: AbortSignal,
): Promise<Qr | null> {
  const look = async () => {
    const qr = await pendingQr.read(id)
    if (qr !== null) return qr
    const instance = await readInstance(id)
    if (mayBePaired(instance) && (await isLinked(id))) throw alreadyPaired(instance)
    if (await isParked(id)) throw new Problem('no-qr-pending', whyNoQr(instance, { parked: true }))
    return null
  }
  return pendingQr.until(look, [id], signal)
}

/** As far as its state goes, of which `connecting` may lead to either; a phone that was paired once stays in the row after a log-out. */
export function mayBePaired({ state, phone, reason }: Instance): boolean {
  if (state === 'reconnecting' || state === 'closed') return phone !== null && reason !== 'qr-expired'
  return state === 'open'
}

export const alreadyPaired = ({ id, phone }: Instance): Problem =>
  new Problem('already-paired', `instance ${id} is paired with ${phone ?? 'a phone'}; log it out to pair another one`)

export const describeState = ({ id, state, reasonText }: Instance): string =>
  `instance ${id} is ${state}${reasonText === null ? '' : ` (${reasonText})`}`

/** A parked one may still be shown as it was: the read model follows. */
export function whyNoQr(instance: Instance, { parked }: { parked: boolean }): string {
  const { id, state } = instance
  const why = describeState(instance)
  return parked || state === 'closed' || state === 'logged-out'
    ? `${why}: POST /v1/instances/${id}/restart asks for a new code`
    : `${why}: wait=1..60 waits for the code`
}

async function draw(reply: FastifyReply, format: 'json' | 'text' | 'svg' | 'png', { qr, expiresAt }: Qr) {
  reply.header('expires', new Date(expiresAt).toUTCString())
  switch (format) {
    case 'json':
      return reply.send({ qr, expiresAt: new Date(expiresAt).toISOString() })
    case 'text':
      return reply
        .type('text/plain; charset=utf-8')
        .serializer(String)
        .send(await toText(qr, { type: 'utf8' }))
    case 'svg':
      return reply
        .type('image/svg+xml')
        .serializer(String)
        .send(await toText(qr, { type: 'svg' }))
    case 'png':
      return reply.type('image/png').send(await toBuffer(qr, { type: 'png', width: 400 }))
    default:
      return assertNever(format)
  }
}
