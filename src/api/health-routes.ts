// Whether this process lives and can work, open to everybody because orchestrators have no key; and its metrics, which are not.
import { createHash, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import type { Metrics } from '../runtime/metrics.ts'
import type { Check } from '../runtime/role.ts'
import type { App } from './create-app.ts'
import { describeCall } from './describe-call.ts'
import { Problem } from './problems.ts'

export type HealthDeps = {
  checks(): readonly Check[]
  /** False while starting and stopping: live, but not ready. */
  isReady(): boolean
  /** Any of them reads /metrics; the administrator's is among them once it is known. */
  metricsKeys(): readonly string[]
  metrics: Metrics
}

const check = z.object({ name: z.string(), state: z.enum(['ok', 'degraded', 'failed']), detail: z.string() })
const live = z.object({ status: z.enum(['ok', 'failed']) })
const ready = z.object({ status: z.enum(['ok', 'degraded', 'starting', 'failed']), checks: z.array(check) })

export function healthRoutes(app: App, deps: HealthDeps) {
  app.route({
    method: 'GET',
    url: '/health/live',
    schema: describeCall('Whether a restart would help: 503 only if it would', { open: true, answers: { 200: live, 503: live } }),
    handler: async (_, reply) => {
      const failed = deps.checks().some(one => one.state === 'failed')
      return reply.code(failed ? 503 : 200).send({ status: failed ? ('failed' as const) : ('ok' as const) })
    },
  })
  app.route({
    method: 'GET',
    url: '/health/ready',
    schema: describeCall('Whether this process can work, and what keeps it from working', {
      open: true,
      answers: { 200: ready, 503: ready },
    }),
    handler: async (_, reply) => {
      const checks = [...deps.checks()]
      const status = readiness(checks, deps.isReady())
      return reply.code(status === 'ok' || status === 'degraded' ? 200 : 503).send({ status, checks })
    },
  })
  app.route({
    method: 'GET',
    url: '/metrics',
    schema: describeCall('Metrics in Prometheus’ text format, for METRICS_TOKEN or the administrator’s key', {
      open: true,
      answers: { 200: { description: 'Metrics', content: { 'text/plain': { schema: z.string() } } } },
      problems: [401],
    }),
    handler: async (request, reply) => {
      if (!mayScrape(request.headers.authorization, deps.metricsKeys()))
        throw new Problem('unauthorized', 'expected METRICS_TOKEN, or a key, in the header `authorization: Bearer <token>`')
      return reply
        .header('content-type', deps.metrics.contentType)
        .serializer(String)
        .send(await deps.metrics.render())
    },
  })
}

/** A process that is degraded can take requests, and a restart would not help; the reason is in the checks. */
function readiness(checks: readonly Check[], isReady: boolean): z.infer<typeof ready>['status'] {
  if (checks.some(one => one.state === 'failed')) return 'failed'
  if (!isReady) return 'starting'
  return checks.some(one => one.state === 'degraded') ? 'degraded' : 'ok'
}

function mayScrape(authorization: string | undefined, keys: readonly string[]): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  const given = digest(authorization ?? '')
  return keys.some(key => timingSafeEqual(given, digest(`Bearer ${key}`)))
}
