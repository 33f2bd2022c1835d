// The process's one listening socket: health and metrics from the first moment, everything else while it is mounted.
import { createServer, type RequestListener, type Server } from 'node:http'
import type { Config } from '../runtime/config.ts'
import { descriptorLimit } from '../runtime/descriptors.ts'
import { type Address, listenRefused } from '../runtime/listen-refused.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Metrics } from '../runtime/metrics.ts'
import type { Role } from '../runtime/role.ts'
import { awaitBodies } from './await-bodies.ts'
import { answerClientErrors } from './client-errors.ts'
import { type Connections, limitConnections } from './connections.ts'
import { createApp } from './create-app.ts'
import { createDoor, type Door, type Keys } from './door.ts'
import { type HealthDeps, healthRoutes } from './health-routes.ts'
import { openRequests } from './open-requests.ts'
import { Problem } from './problems.ts'

export type HttpServer = Role & {
  /** Where it listens, without a path, e.g. http://127.0.0.1:7070. */
  url: string
  /** Of every request, whoever answers it. */
  door: Door
  connections: Connections
  /** Every request from now on is this listener's. What it answers takes that back: it resolves when its requests have ended, or were cut after graceMs. */
  mount(listener: RequestListener): Unmount
}
export type Unmount = (graceMs: number) => Promise<void>
export type HttpServerDeps = HealthDeps & {
  config: Address & { http: Config['http'] }
  keys(): Keys
  logger: Logger
  metrics: Metrics
  /** Milliseconds that never go back. */
  clock: () => number
  /** For tests, which do not wait. */
  deadlines?: Partial<typeof usualDeadlines>
}

/** How long a client may take. Beyond it the connection is closed: for what it sends with 408. */
const usualDeadlines = {
  /** Its body, where it is none of a file. */
  bodyTimeout: 30_000,
  headersTimeout: 10_000,
  connectionsCheckingInterval: 1_000,
  keepAliveTimeout: 72_000, // longer than load balancers keep theirs, or they would write into a closing socket
}
/** Nothing sent and nothing taken, also in the middle of an answer; longer than any call waits [60 s]. */
const SILENCE_MS = 90_000
const CLOSE_GRACE_MS = 1_000

/** Rejects with ListenRefused. Port 0 takes a free one. */
export async function openHttpServer(deps: HttpServerDeps): Promise<HttpServer> {
  // A missing Host is refused as everything else is (refuse-head.ts).
  const { bodyTimeout, ...deadlines } = { ...usualDeadlines, ...deps.deadlines }
  const server = createServer({ ...deadlines, requestTimeout: 0, requireHostHeader: false })
  server.setTimeout(SILENCE_MS)
  const door = createDoor({ ...deps, trustedProxies: deps.config.http.trustedProxies })
  const connections = limitConnections(server, { ...deps, max: mostConnections(deps.config.http) })
  const base = createApp({ ...deps, door, connections, notFound: notServing })
  healthRoutes(base, deps)
  await base.ready()

  const idle = () => openRequests((request, response) => base.routing(request, response))
  let current = idle()
  const serve: RequestListener = (request, response) => current.serve(request, response)
  const waitForBody = awaitBodies(server, bodyTimeout)
  server.on('request', waitForBody).on('checkContinue', waitForBody).on('checkExpectation', waitForBody)
  server.on('request', serve).on('checkContinue', serve).on('checkExpectation', serve)
  answerClientErrors(server)
  const url = await listen(server, deps.config)
  let closed: Promise<void> | null = null

  async function close() {
    const stopped = new Promise<void>(resolve => server.close(() => resolve()))
    await current.end(CLOSE_GRACE_MS)
    server.closeAllConnections()
    await stopped
    await base.close()
  }

  return {
    name: 'http',
    url,
    door,
    connections,
    checks: () => [],
    mount: listener => {
      const mounted = openRequests(listener)
      current = mounted
      return graceMs => {
        if (current === mounted) current = idle()
        return mounted.end(graceMs)
      }
    },
    close: () => {
      closed ??= close()
      return closed
    },
  }
}

/** Files and sockets of everything else, those of WhatsApp first, have three quarters of what the process may open. */
const SHARE = 1 / 4
const LEAST_CONNECTIONS = 16

function mostConnections({ maxConnections }: Config['http']): number {
  const limit = descriptorLimit() ?? Number.POSITIVE_INFINITY
  return Math.min(maxConnections, Math.max(LEAST_CONNECTIONS, Math.floor(limit * SHARE)))
}

const notServing = () =>
  new Problem('not-serving', 'the API is not open in this process: it is starting or stopping, or ROLES leaves api out')

async function listen(server: Server, { host, port }: Address): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', cause => reject(listenRefused({ host, port }, cause)))
    server.listen(port, host, resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error(`listening on port ${port} of ${host}: got no port`)
  return `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`
}
