// Whether this process lives and can work, open to everybody because orchestrators have no key; and its metrics, which are not.
import { z } from 'zod'
import type { Metrics } from '../runtime/metrics.ts'
import type { Check } from '../runtime/role.ts'
import type { App } from './create-app.ts'
import { describeCall } from './describe-call.ts'

export type HealthDeps = {
  checks(): readonly Check[]
  /** False while starting and stopping: live, but not ready. */
  isReady(): boolean
  metrics: Metrics
}

const check = z.object({ name: z.string(), state: z.enum(['ok', 'degraded', 'failed']), detail: z.string() })
const live = z.object({ status: z.enum(['ok', 'failed']) }).meta({ title: 'Liveness' })
const ready = z
  .object({ status: z.enum(['ok', 'degraded', 'starting', 'failed']), checks: z.array(check) })
  .meta({ title: 'Readiness' })
const works = { name: 'database', state: 'ok', detail: '' }
const away = { name: 'log', state: 'degraded', detail: 'kafka:9092 does not answer' }
const readyExamples = [
  { status: 'ok', checks: [works] },
  { status: 'degraded', checks: [works, away] },
]
const unready = { status: 'starting', checks: [works] }

const metrics =
  '# TYPE zaplog_http_request_seconds histogram\nzaplog_http_request_seconds_count{method="GET",route="/v1/stats",status="200"} 1\n'

export function healthRoutes(app: App, deps: HealthDeps) {
  app.route({
    method: 'GET',
    url: '/health/live',
    schema: describeCall('Whether a restart would help: 503 only if it would', {
      needs: 'nothing',
      answers: { 200: live.meta({ examples: [{ status: 'ok' }] }), 503: live.meta({ examples: [{ status: 'failed' }] }) },
    }),
    handler: async (_, reply) => {
      const failed = deps.checks().some(one => one.state === 'failed')
      return reply.code(failed ? 503 : 200).send({ status: failed ? ('failed' as const) : ('ok' as const) })
    },
  })
  app.route({
    method: 'GET',
    url: '/health/ready',
    schema: describeCall('Whether this process can work, and what keeps it from working', {
      needs: 'nothing',
      answers: { 200: ready.meta({ examples: readyExamples }), 503: ready.meta({ examples: [unready] }) },
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
      needs: 'metrics',
      answers: {
        200: { description: 'Metrics', content: { 'text/plain': { schema: z.string().meta({ examples: [metrics] }) } } },
      },
    }),
    handler: async (_, reply) =>
      reply
        .header('content-type', deps.metrics.contentType)
        .serializer(String)
        .send(await deps.metrics.render()),
  })
}

/** A process that is degraded can take requests, and a restart would not help; the reason is in the checks. */
function readiness(checks: readonly Check[], isReady: boolean): z.infer<typeof ready>['status'] {
  if (checks.some(one => one.state === 'failed')) return 'failed'
  if (!isReady) return 'starting'
  return checks.some(one => one.state === 'degraded') ? 'degraded' : 'ok'
}
