// Spans of calls, where somebody traces: of each that asks for something, from its head to the end of its answer, and of a read only where its caller
// traces it, so that those who poll drown nothing. What a call causes goes on with its span. Only who has the administrator's key has a span, and is
// followed: a traceparent of anybody else's, or one that cannot be read, is as none.
import type { FastifyRequest } from 'fastify'
import { type OpenSpan, readTraceparent, type Traces } from '../runtime/traces.ts'
import type { App } from './create-app.ts'
import { needOf } from './needs.ts'

/** Behind the door, and before any route. */
export function traceCalls(app: App, traces: Traces): void {
  const spans = new WeakMap<FastifyRequest, OpenSpan>()
  app.addHook('onRequest', async (request, reply) => {
    const span = begin(traces, request)
    if (span === null) return
    spans.set(request, span)
    reply.raw.once('close', () => {
      const { statusCode } = reply
      const error = reply.raw.writableFinished ? (statusCode >= 500 ? String(statusCode) : null) : 'the client left'
      const attributes = { 'http.response.status_code': statusCode, ...(statusCode !== 404 && ofInstance(request)) }
      span.end({ attributes, ...(error !== null && { error }) })
    })
  })
  // Not before: a body is read in another context than its request's.
  app.addHook('preValidation', (request, _reply, done) => {
    const span = spans.get(request)
    if (span === undefined) done()
    else traces.within(span.traceparent, done)
  })
}

const reads = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Named by its route: a path may have numbers of people. null: it has none. */
function begin(traces: Traces, request: FastifyRequest): OpenSpan | null {
  const { method, routeOptions, headers } = request
  const { url: route, schema } = routeOptions
  const parent = readTraceparent(typeof headers.traceparent === 'string' ? headers.traceparent : undefined)
  if (route === undefined || needOf(schema) !== 'admin' || (reads.has(method) && parent === null)) return null
  return traces.begin({
    ...{ name: `${method} ${route}`, kind: 'server', parent },
    attributes: { 'http.request.method': method, 'http.route': route },
  })
}

const ofInstance = ({ routeOptions, params }: FastifyRequest) =>
  routeOptions.url?.startsWith('/v1/instances/:id') && typeof params === 'object' && params !== null && 'id' in params
    ? { 'zaplog.instance.id': String(params.id) }
    : {}
