// One fastify application with the manners that every route of ours has: problems, validation by zod, one log line and one metric per request.
import type { IncomingMessage, ServerResponse } from 'node:http'
import fastify, { type FastifyBaseLogger, type FastifyInstance, type RawServerDefault } from 'fastify'
import { serializerCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod'
import type { Logger } from '../runtime/logger.ts'
import type { Metrics } from '../runtime/metrics.ts'
import { validatorCompiler } from './invalid-input.ts'
import { readBodies } from './read-body.ts'
import { type ReceptionDeps, receive } from './reception.ts'
import { createRefuse, MAX_BODY_BYTES } from './refuse.ts'
import { leaveBodiesUnread } from './unread-body.ts'

export type App = FastifyInstance<RawServerDefault, IncomingMessage, ServerResponse, FastifyBaseLogger, ZodTypeProvider>

export function createApp(deps: ReceptionDeps & { logger: Logger; metrics: Metrics }): App {
  const refuse = createRefuse(deps.logger)
  const app = fastify({
    bodyLimit: MAX_BODY_BYTES,
    frameworkErrors: refuse,
    exposeHeadRoutes: true,
    trustProxy: deps.door.trustedProxies.length === 0 ? false : [...deps.door.trustedProxies],
    routerOptions: { maxParamLength: 500 },
  }).withTypeProvider<ZodTypeProvider>()
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  app.setErrorHandler(refuse)
  receive(app, deps)
  leaveBodiesUnread(app)
  readBodies(app)
  keepFromCaches(app)
  accountFor(app, deps)
  return app
}

/** Whoever has asked with a key: what says nothing else is kept by nobody in between. */
function keepFromCaches(app: App) {
  app.addHook('onSend', async (_request, reply) => {
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store')
  })
}

function accountFor(app: App, { logger, metrics }: { logger: Logger; metrics: Metrics }) {
  const seconds = metrics.histogram('zaplog_http_request_seconds')
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none'
    const durationMs = Math.round(reply.elapsedTime * 1000) / 1000
    seconds.observe({ method: request.method, route, status: String(reply.statusCode) }, durationMs / 1000)
    logger.debug('request.answered', { method: request.method, route, statusCode: reply.statusCode, durationMs })
  })
}
