// GET / and /docs: pages for people, open to everybody because they hold no more than this repository does; what they show they ask the
// API for, with the key that was typed. A program that asks / gets JSON.
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { App } from '../create-app.ts'
import { describeCall } from '../describe-call.ts'
import { isKnown } from '../if-none-match.ts'
import { securityOf } from '../needs.ts'
import { Problem } from '../problems.ts'
import { type PageFile, readPageFiles } from './page-files.ts'
import { contentSecurityPolicy, headPage } from './page-headers.ts'
import { prefersHtml } from './prefers-html.ts'

const links = { page: '/', reference: '/docs', description: '/openapi.json', health: '/health/ready', metrics: '/metrics' }
const about = z
  .object({
    name: z.literal('zaplog'),
    version: z.string(),
    build: z.string().describe('of the pages: another one, and an open page is an old one'),
    links: z.record(z.string(), z.string()).describe('paths'),
  })
  .meta({ examples: [{ name: 'zaplog', version: '0.2.0', build: '3f8a91c2', links }] })

export function pageRoutes(app: App, { version }: { version: string }) {
  const { home, reference, icon, assets, build } = readPageFiles({ version })
  const hidden = { hide: true, security: securityOf('nothing') }

  app.route({
    method: 'GET',
    url: '/',
    schema: describeCall('What this is and where to go on; a browser gets the page', {
      needs: 'nothing',
      answers: {
        200: {
          description: 'This zaplog',
          content: { 'application/json': { schema: about }, 'text/html': { schema: z.string() } },
        },
      },
    }),
    handler: async (request, reply) =>
      prefersHtml(request.headers.accept)
        ? sendPage(request, reply, { page: home, policy: contentSecurityPolicy() })
        : reply.header('vary', 'accept').header('cache-control', 'no-cache').send({ name: 'zaplog', version, build, links }),
  })
  app.route({
    method: 'GET',
    url: '/docs',
    schema: hidden,
    // Its library draws its own signs as data: URLs.
    handler: async (request, reply) =>
      sendPage(request, reply, { page: reference, policy: contentSecurityPolicy({ images: "'self' data:" }) }),
  })
  app.route({
    method: 'GET',
    url: `${links.reference}/`,
    schema: hidden,
    handler: async (_, reply) => reply.redirect(links.reference, 308),
  })
  // Asked for by browsers wherever a page names no other, such as JSON that somebody opens; it is nobody's missing key.
  app.route({
    method: 'GET',
    url: '/favicon.ico',
    schema: hidden,
    handler: async (request, reply) => sendFile(request, reply.header('cache-control', 'no-cache').type(icon.type), icon),
  })
  app.route({
    method: 'GET',
    url: '/assets/:name',
    schema: { ...hidden, params: z.object({ name: z.string() }) },
    handler: async (request, reply) => {
      const asset = assets.get(request.params.name)
      if (asset === undefined) throw new Problem('not-found', `there is no GET /assets/${request.params.name}`)
      reply
        .header('cache-control', 'public, max-age=31536000, immutable')
        .header('x-content-type-options', 'nosniff')
        .type(asset.type)
      return sendFile(request, reply, asset)
    },
  })
}

/** Asked for again each time, and not sent again where it is the same. */
function sendPage(request: FastifyRequest, reply: FastifyReply, { page, policy }: { page: PageFile; policy: string }) {
  return sendFile(request, headPage(reply, policy).header('cache-control', 'no-cache'), page)
}

function sendFile({ headers }: FastifyRequest, reply: FastifyReply, { body, etag }: PageFile) {
  reply.header('etag', etag)
  return isKnown(headers['if-none-match'], etag) ? reply.code(304).send() : reply.send(body)
}
