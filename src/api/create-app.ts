// One fastify application with the manners that every route of ours has: problems, validation by zod, one log line and one metric per request.

import type { IncomingMessage, ServerResponse } from 'node:http'
import fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type RawServerDefault,
} from 'fastify'
import { isResponseSerializationError, serializerCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod'
import { DatabaseError } from '../database/database.ts'
import { LogError } from '../log/log.ts'
import { ObjectError } from '../objects/objects.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Metrics } from '../runtime/metrics.ts'
import type { Connections } from './connections.ts'
import type { Door } from './door.ts'
import { validatorCompiler } from './invalid-input.ts'
import { needOf } from './needs.ts'
import { Problem, problemBody, problemType } from './problems.ts'
import { leaveBodiesUnread } from './unread-body.ts'

export type App = FastifyInstance<RawServerDefault, IncomingMessage, ServerResponse, FastifyBaseLogger, ZodTypeProvider>

const MAX_BODY_BYTES = 256 * 1024

type AppDeps = { logger: Logger; metrics: Metrics; door: Door; connections: Connections; notFound?: () => Problem }

/** `notFound`: what to say, to everybody, of a path that has no route. Where it is left out, only who has a key learns that there is none. */
export function createApp(deps: AppDeps): App {
  const refuse = createRefuse(deps.logger)
  const app = fastify({
    bodyLimit: MAX_BODY_BYTES,
    frameworkErrors: refuse,
    exposeHeadRoutes: false,
    trustProxy: deps.door.trustedProxies.length === 0 ? false : [...deps.door.trustedProxies],
    routerOptions: { maxParamLength: 500 },
  }).withTypeProvider<ZodTypeProvider>()
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  app.setErrorHandler(refuse)
  askForKeys(app, deps)
  leaveBodiesUnread(app)
  app.setNotFoundHandler((request, reply) =>
    refuse(deps.notFound?.() ?? new Problem('not-found', `there is no ${request.method} ${pathOf(request)}`), request, reply),
  )
  readJson(app)
  accountFor(app, deps)
  return app
}

/** Before anything else of a request is read. */
function askForKeys(app: App, { door, connections, notFound }: AppDeps) {
  app.addHook('onRequest', async request => {
    if (request.is404 && notFound !== undefined) return
    const need = needOf(request.routeOptions.schema)
    door.demand(request, need)
    if (need !== 'nothing') admit(connections, request)
  })
  // Asked for by `expect: 100-continue`: the client holds its body back until then.
  app.addHook('preParsing', async (request, reply) => {
    if (request.headers.expect !== undefined) reply.raw.writeContinue()
  })
}

/** What had a right key or signature. Throws Problem `busy`. */
export function admit(connections: Connections, { socket }: Pick<FastifyRequest, 'socket'>) {
  if (!connections.prove(socket)) throw new Problem('busy', 'too many requests are being answered: this one has to come again')
}

/** JSON only; an empty body is none, because some clients announce JSON with every POST. */
function readJson(app: App) {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(['application/json', 'application/merge-patch+json'], { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined)
    else parse(request, body.toString(), done)
  })
}

function accountFor(app: App, { logger, metrics }: { logger: Logger; metrics: Metrics }) {
  const seconds = metrics.histogram({
    name: 'zaplog_http_request_seconds',
    help: 'Time to answer a request.',
    labels: ['method', 'route', 'status'],
  })
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none'
    const durationMs = Math.round(reply.elapsedTime * 1000) / 1000
    seconds.observe({ method: request.method, route, status: String(reply.statusCode) }, durationMs / 1000)
    logger.debug('request.answered', { method: request.method, route, statusCode: reply.statusCode, durationMs })
  })
}

/** The path alone: a query may hold a signature. */
const pathOf = (request: FastifyRequest): string => request.url.split('?', 1)[0] ?? ''

const createRefuse = (logger: Logger) => (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
  const problem = problemOf(error)
  if (problem.status >= 500)
    logger[problem.slug === 'internal' ? 'error' : 'warn']('request.failed', {
      method: request.method,
      route: request.routeOptions?.url ?? 'none',
      statusCode: problem.status,
      error,
    })
  if (problem.retryAfterSeconds !== null) reply.header('retry-after', String(problem.retryAfterSeconds))
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer realm="zaplog"')
  return reply
    .code(problem.status)
    .header('cache-control', 'no-store')
    .header('content-type', problemType)
    .serializer(JSON.stringify)
    .send(problemBody(problem))
}

function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (error instanceof DatabaseError && (error.retryable || error.code === 'aborted' || error.code === 'commit-unknown'))
    return new Problem('unavailable', unavailableDetail(error), { cause: error })
  if (error instanceof LogError && (error.retryable || error.code === 'aborted'))
    return new Problem('unavailable', 'the event log did not answer in time', { cause: error })
  if (error instanceof ObjectError && error.code !== 'refused')
    return new Problem('unavailable', 'the object store cannot be reached', { cause: error })
  return isFastifyError(error) ? problemOfFastify(error) : new Problem('internal', internalDetail, { cause: error })
}

function unavailableDetail(error: DatabaseError): string {
  return error.code === 'commit-unknown'
    ? 'the database was lost while the change was being committed: read it again before repeating the request'
    : 'the database cannot be reached'
}

const internalDetail = 'the request could not be answered; the reason is in the log of the server'

/** fastify's own refusals of what cannot be read; its texts hold nothing but what came in. */
function problemOfFastify(error: FastifyError): Problem {
  if (isResponseSerializationError(error)) return new Problem('internal', internalDetail, { cause: error })
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return new Problem('body-too-large', `expected a body of at most ${MAX_BODY_BYTES} bytes`, { cause: error })
  if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE')
    return new Problem('unsupported-media-type', 'expected a body of type application/json', { cause: error })
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500)
    return new Problem('malformed-request', `reading the request: ${error.message}`, { cause: error })
  return new Problem('internal', internalDetail, { cause: error })
}

const isFastifyError = (error: unknown): error is FastifyError =>
  error instanceof Error && 'code' in error && 'statusCode' in error
