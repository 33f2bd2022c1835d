// Traces by OpenTelemetry, over OTLP; loaded where the settings switch them on, and nowhere else. Who is to get the spans may be away: nothing waits for it,
// at most 2,048 spans do, and what is more is dropped.
import type { Config } from '../runtime/config.ts'
import type { Logger } from '../runtime/logger.ts'
import { shownUrl } from '../runtime/printable.ts'
import { parseTraceparent, type Traces } from '../runtime/traces.ts'

export type OpenTraces = Traces & { close(): Promise<void> }
type Deps = { logger: Logger; version: string; instanceId: string }

/** Closing sends what is left, for so long at most: a start that stops has more to do. */
const FLUSH_MS = 3_000
const MOST_WAITING = 2_048

/** null: they are off. */
export async function openTraces({ endpoint, sampler, ratio }: Config['traces'], deps: Deps): Promise<OpenTraces | null> {
  if (endpoint === null) return null
  const [api, sdk, { OTLPTraceExporter }, { resourceFromAttributes }] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/exporter-trace-otlp-proto'),
    import('@opentelemetry/resources'),
  ])
  warnOnce(api, deps.logger, shownUrl(endpoint))
  const roots = {
    always_on: () => new sdk.AlwaysOnSampler(),
    always_off: () => new sdk.AlwaysOffSampler(),
    traceidratio: () => new sdk.TraceIdRatioBasedSampler(ratio ?? 1),
  }
  const root = roots[sampler.replace('parentbased_', '') as keyof typeof roots]()
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, '')}/v1/traces` })
  const provider = new sdk.TracerProvider({
    sampler: sampler.startsWith('parentbased_') ? new sdk.ParentBasedSampler({ root }) : root,
    resource: resourceFromAttributes({
      'service.name': 'zaplog',
      'service.version': deps.version,
      'service.instance.id': deps.instanceId,
    }),
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter, maxQueueSize: MOST_WAITING, scheduledDelayMillis: 1_000 })],
  })
  const tracer = provider.getTracer('zaplog', deps.version)
  const kinds = { producer: api.SpanKind.PRODUCER, consumer: api.SpanKind.CONSUMER, client: api.SpanKind.CLIENT }
  const contextOf = (text: string) => {
    const parsed = parseTraceparent(text)
    return parsed === null ? null : { traceId: parsed.traceId, spanId: parsed.spanId, traceFlags: parsed.flags, isRemote: true }
  }
  return {
    begin: ({ name, kind, parent, links = [], startedAt, attributes = {} }) => {
      const from = parent === null ? null : contextOf(parent)
      const linked = links.map(contextOf).filter(one => one !== null)
      const span = tracer.startSpan(
        name,
        {
          kind: kinds[kind],
          attributes,
          links: linked.map(context => ({ context })),
          ...(startedAt !== undefined && { startTime: startedAt }),
        },
        from === null ? api.ROOT_CONTEXT : api.trace.setSpanContext(api.ROOT_CONTEXT, from),
      )
      const { traceId, spanId, traceFlags } = span.spanContext()
      return {
        traceparent: `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`,
        end: (how = {}) => {
          if (!span.isRecording()) return
          if (how.attributes !== undefined) span.setAttributes(how.attributes)
          if (how.error !== undefined) span.setStatus({ code: api.SpanStatusCode.ERROR, message: how.error })
          span.end()
        },
      }
    },
    close: async () => {
      const late = new Promise<void>(resolve => setTimeout(resolve, FLUSH_MS).unref())
      const told = provider
        .shutdown()
        .catch(error => deps.logger.warn('traces.not-sent', { endpoint: shownUrl(endpoint), error }))
      await Promise.race([told, late])
    },
  }
}

/** What OpenTelemetry has to say: that the receiver is away, once and not at each try. */
function warnOnce({ diag, DiagLogLevel }: typeof import('@opentelemetry/api'), logger: Logger, endpoint: string): void {
  let isSaid = false
  const warn = (message: string) => {
    if (!isSaid) logger.warn('traces.not-sent', { endpoint, error: message })
    isSaid = true
  }
  const nothing = () => undefined
  diag.setLogger({ error: warn, warn, info: nothing, debug: nothing, verbose: nothing }, { logLevel: DiagLogLevel.WARN })
}
