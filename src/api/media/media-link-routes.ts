// GET /m/{eventId} and /m/{eventId}/thumbnail: the media behind a stable link, or in words why there is none.
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Database } from '../../database/database.ts'
import { isDeleted } from '../../instances/instance-ids.ts'
import type { ObjectStore } from '../../objects/objects.ts'
import { type MediaLocation, mediaOf } from '../../projections/read-model/queries.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { MediaLinkKind, MediaLinks } from '../../runtime/media-links.ts'
import { wait } from '../../runtime/wait.ts'
import type { Connections } from '../connections.ts'
import type { App } from '../create-app.ts'
import { describeCall } from '../describe-call.ts'
import { Problem } from '../problems.ts'
import { admit } from '../reception.ts'
import { serveObject } from './serve-object.ts'

type Deps = {
  database: Database
  objects: ObjectStore
  links: MediaLinks
  logger: Logger
  clock: () => number
  stopping: AbortSignal
  connections: Connections
}

/** Other parameters are let through: whoever shares a link may add some, and the signature covers what matters. */
const query = z.object({
  sig: z.string().default(''),
  exp: z.coerce.number().int().min(0).max(100_000_000_000).optional().describe('epoch seconds; part of what is signed'),
  download: z.literal('1').optional().describe('save rather than show'),
})

export function mediaLinkRoutes(app: App, deps: Deps) {
  for (const { kind, path, summary } of links)
    app.route({
      method: ['GET', 'HEAD'],
      url: path,
      schema: describeCall(summary, {
        tag: 'media',
        needs: 'nothing',
        params: z.object({ eventId: z.string() }),
        querystring: query,
        answers: { 200: bytes, 206: bytes, 304: z.undefined() },
        problems: [403, 404, 410, 416, 503],
      }),
      handler: async (request, reply) => {
        const link = { eventId: request.params.eventId, kind, ...request.query }
        checkLink(deps, link)
        admit(deps.connections, request)
        const media = await readMedia(deps, link.eventId)
        if (media !== null) await refuseDeleted(deps, media.instanceId)
        return serveMedia(deps, { media, link }, request, reply)
      },
    })
}

const links = [
  {
    kind: 'file',
    path: '/m/:eventId',
    summary: 'The media of a message, by a signed link that does not expire unless it says so',
  },
  { kind: 'thumbnail', path: '/m/:eventId/thumbnail', summary: 'Its thumbnail' },
] as const
const bytes = { description: 'The bytes', content: { '*/*': { schema: z.string().meta({ format: 'binary' }) } } }

type Link = { eventId: string; kind: MediaLinkKind; sig: string; exp?: number | undefined; download?: '1' | undefined }

function checkLink({ links, clock }: Deps, link: Link) {
  const { eventId, kind, sig, exp } = link
  const verdict = links.verify({ eventId, kind, signature: sig, expiresAtSeconds: exp ?? null }, clock())
  if (verdict === 'invalid') throw new Problem('link-invalid', 'the link is not as this server signed it')
  if (verdict === 'expired') throw new Problem('link-expired', `the link expired at ${new Date((exp ?? 0) * 1000).toISOString()}`)
}

/** A link may be followed before the read model has seen what the webhook was made of. */
const CATCH_UP_MS = 2_000
const CATCH_UP_POLL_MS = 50

async function readMedia({ database, stopping }: Deps, eventId: string): Promise<MediaLocation | null> {
  const patience = AbortSignal.any([stopping, AbortSignal.timeout(CATCH_UP_MS)])
  for (;;) {
    const media = await mediaOf(database, eventId)
    if (media !== null && media.status !== 'pending') return media
    if (!(await wait(CATCH_UP_POLL_MS, patience))) return media
  }
}

/** Links are signed for ever; what they lead to belonged to the account. */
async function refuseDeleted({ database }: Deps, instanceId: string): Promise<void> {
  if (await isDeleted(database, instanceId))
    throw new Problem('instance-deleted', `the instance ${instanceId} that the media belonged to was deleted`)
}

async function serveMedia(
  deps: Deps,
  { media, link }: { media: MediaLocation | null; link: Link },
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  if (media === null) throw new Problem('media-not-found', `there is no message with media under the event ${link.eventId}`)
  const key = link.kind === 'file' ? media.key : media.thumbnailKey
  if (media.status !== 'stored') throw notStored(media, link.eventId)
  if (key === null) throw new Problem('media-not-found', `the media of event ${link.eventId} has no ${link.kind}`)
  const served = {
    key,
    contentType: null,
    fileName: link.kind === 'file' ? media.fileName : null,
    download: link.download === '1',
    maxAgeSeconds: maxAgeSeconds(media.kind ?? 'unknown', link.exp, deps.clock()),
  }
  const answered = await serveObject(deps, served, request, reply)
  if (answered === null) throw new Problem('media-not-found', `the object of event ${link.eventId} is not in the store any more`)
  return answered
}

function notStored({ status, reason }: MediaLocation, eventId: string): Problem {
  const said = status === 'skipped' && reason === null ? 'files from before the device was linked are not fetched' : reason
  const why = `the media of event ${eventId} is ${status}${said === null ? '' : `: ${said}`}`
  switch (status) {
    case 'failed':
      return new Problem('media-failed', why)
    case 'skipped':
      return new Problem('media-skipped', why)
    case 'expired':
      return new Problem('media-expired', why)
    default:
      return new Problem('media-pending', why)
  }
}

const DAY_SECONDS = 86_400

/** Image 7 days, audio 3, document 1, video 7; never beyond the link's own end. */
function maxAgeSeconds(kind: string, exp: number | undefined, nowAt: number): number {
  const days = kind === 'document' ? 1 : kind === 'audio' || kind === 'voice' ? 3 : 7
  const leftSeconds = exp === undefined ? Number.POSITIVE_INFINITY : Math.max(0, exp - Math.floor(nowAt / 1000))
  return Math.min(days * DAY_SECONDS, leftSeconds)
}
