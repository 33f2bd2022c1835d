// Traces by OpenTelemetry, over OTLP; loaded where the settings switch them on, and nowhere else. Who is to get the spans may be away: nothing waits for it,
// so many spans do, and what is more is dropped (bounded-spans.ts).
import type { Config } from '../runtime/config.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Metrics } from '../runtime/metrics.ts'
import { shownUrl } from '../runtime/printable.ts'
import { parseTraceparent, type Tracer, traceparentOf } from '../runtime/traces.ts'
import { boundSpans } from './bounded-spans.ts'

export type OpenTraces = Tracer & { close(): Promise<void> }
type Settings = Config['traces']
type Deps = { logger: Logger; metrics: Pick<Metrics, 'counter'>; version: string; instanceId: string }
type Api = typeof import('@opentelemetry/api')
type Exporter = NonNullable<ConstructorParameters<typeof import('@opentelemetry/exporter-trace-otlp-proto').OTLPTraceExporter>[0]>
type Sdk = typeof import('@opentelemetry/sdk-trace')

/** Closing sends what is left, for so long at most: a process that stops has more to do. */
const FLUSH_MS = 3_000

/** null: they are off. */
export async function openTraces(settings: Settings, deps: Deps): Promise<OpenTraces | null> {
  const { url } = settings
  if (url === null) return null
  const [api, sdk, { OTLPTraceExporter }, { resourceFromAttributes }] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/exporter-trace-otlp-proto'),
    import('@opentelemetry/resources'),
  ])
  sayLess(api, deps.logger)
  const { mostWaiting, batchSpans, delayMs, sendTimeoutMs } = settings
  const timeouts = { scheduledDelayMillis: delayMs, exportTimeoutMillis: sendTimeoutMs }
  const bounded = boundSpans({
    ...deps,
    exporter: new OTLPTraceExporter({ url, ...sendingOf(settings.sending) }),
    mostWaiting,
    endpoint: shownUrl(url),
  })
  const sizes = { maxQueueSize: mostWaiting, maxExportBatchSize: Math.min(batchSpans, mostWaiting) }
  const batches = new sdk.BatchSpanProcessor({ exporter: bounded.exporter, ...sizes, ...timeouts })
  const provider = new sdk.TracerProvider({
    sampler: samplerOf(sdk, settings),
    resource: resourceFromAttributes({
      'service.name': 'zaplog',
      'service.version': deps.version,
      'service.instance.id': deps.instanceId,
      ...settings.resource,
    }),
    spanProcessors: [bounded.bounding(batches)],
  })
  const flush = async () => {
    const late = new Promise<void>(resolve => setTimeout(resolve, FLUSH_MS).unref())
    // What could not be sent is counted and said already.
    await Promise.race([provider.shutdown().catch(() => undefined), late])
    bounded.giveUp()
  }
  let closing: Promise<void> | null = null
  return {
    ...tracerOf(api, provider.getTracer('zaplog', deps.version)),
    close: () => {
      closing ??= flush()
      return closing
    },
  }
}

/** All that its own reading of the environment would find, so that nothing of it is read in another way than it was judged. */
function sendingOf({ timeoutMs, compression, headers, ca, cert, key }: Settings['sending']) {
  const tls = { ...(ca !== null && { ca }), ...(cert !== null && { cert }), ...(key !== null && { key }) }
  return {
    timeoutMillis: timeoutMs,
    compression: compression as NonNullable<Exporter['compression']>,
    headers: { ...headers },
    httpAgentOptions: { keepAlive: true, ...tls },
  }
}

function samplerOf(sdk: Sdk, { sampler, ratio }: Pick<Settings, 'sampler' | 'ratio'>) {
  const roots = {
    always_on: () => new sdk.AlwaysOnSampler(),
    always_off: () => new sdk.AlwaysOffSampler(),
    traceidratio: () => new sdk.TraceIdRatioBasedSampler(ratio),
  }
  const root = roots[sampler.replace('parentbased_', '') as keyof typeof roots]()
  return sampler.startsWith('parentbased_') ? new sdk.ParentBasedSampler({ root }) : root
}

function tracerOf(api: Api, tracer: ReturnType<InstanceType<Sdk['TracerProvider']>['getTracer']>): Tracer {
  const kinds = {
    ...{ server: api.SpanKind.SERVER, producer: api.SpanKind.PRODUCER, consumer: api.SpanKind.CONSUMER },
    ...{ client: api.SpanKind.CLIENT, internal: api.SpanKind.INTERNAL },
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
        traceparent: traceparentOf({ traceId, spanId, flags: traceFlags }),
        reached: what => void span.addEvent(what),
        end: (how = {}) => {
          if (!span.isRecording()) return
          if (how.attributes !== undefined) span.setAttributes(how.attributes)
          if (how.error !== undefined) span.setStatus({ code: api.SpanStatusCode.ERROR, message: how.error })
          span.end()
        },
      }
    },
  }
}

function contextOf(text: string) {
  const parsed = parseTraceparent(text)
  return parsed === null ? null : { traceId: parsed.traceId, spanId: parsed.spanId, traceFlags: parsed.flags, isRemote: true }
}

/** What OpenTelemetry has to say of itself: that spans were not sent is said by who counts them. */
function sayLess({ diag, DiagLogLevel }: Api, logger: Logger): void {
  const said = (message: string) => logger.debug('traces.said', { message: message.slice(0, 500) })
  const nothing = () => undefined
  const levels = { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true }
  diag.setLogger({ error: said, warn: said, info: nothing, debug: nothing, verbose: nothing }, levels)
}
