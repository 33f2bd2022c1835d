// What every request meets first, before any of its body is read: what HTTP asks of it, the door, then whether there is such a call at all.
import type { FastifyRequest } from 'fastify'
import type { Connections } from './connections.ts'
import type { App } from './create-app.ts'
import type { Door } from './door.ts'
import { needOf } from './needs.ts'
import { Problem } from './problems.ts'
import { refuseUnreadableQuery } from './readable-query.ts'
import { opensPage } from './refuse.ts'
import { holdsBodyBack, refuseHead } from './refuse-head.ts'
import { openRouteTable } from './route-table.ts'

export type ReceptionDeps = {
  door: Door
  connections: Connections
  /** What to say, to everybody, of a path that is not served. Where it is left out, only who has a key learns that there is none. */
  notFound?: () => Problem
}

/** Before any route: it has to know them all. */
export function receive(app: App, { door, connections, notFound }: ReceptionDeps) {
  const routes = openRouteTable(app)

  app.addHook('onRequest', async (request, reply) => {
    refuseHead(request, reply)
    const path = pathOf(request)
    const other = request.is404 ? routes.at(path) : null
    if (request.is404 && other === null && notFound !== undefined) throw notFound()
    // An address that somebody mistyped in a browser, which has no key to send: our paths are no secret, and no key is compared.
    if (request.is404 && other === null && opensPage(request)) throw noSuchPath(request)
    const need = other?.need ?? needOf(request.routeOptions.schema)
    door.demand(request, need)
    if (need !== 'nothing') admit(connections, request)
    if (other !== null) throw methodNotAllowed(request, other.methods)
    if (request.is404) throw noSuchPath(request)
    refuseUnreadableQuery(request)
  })
  app.addHook('preParsing', async (request, reply) => {
    if (holdsBodyBack(request)) reply.raw.writeContinue()
  })
}

/** What had a right key or signature. Throws Problem `busy`. */
export function admit(connections: Connections, { socket }: Pick<FastifyRequest, 'socket'>) {
  if (!connections.prove(socket)) throw new Problem('busy', 'too many requests are being answered: this one has to come again')
}

const noSuchPath = (request: FastifyRequest): Problem =>
  new Problem('not-found', `there is no ${request.method} ${pathOf(request)}`)

const methodNotAllowed = (request: FastifyRequest, methods: readonly string[]): Problem =>
  new Problem('method-not-allowed', `${pathOf(request)} takes ${methods.join(', ')}, not ${request.method}`, { allow: methods })

/** The path alone: a query may hold a signature. */
const pathOf = (request: FastifyRequest): string => request.url.split('?', 1)[0] ?? ''
