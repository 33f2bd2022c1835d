// Spans on their way to who gets them: so many at most, those that are being sent among them, and what is more is dropped. What was dropped is counted,
// and said once, until spans arrive again.
import type { ReadableSpan, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace'
import { describeError, type Logger } from '../runtime/logger.ts'
import type { Metrics } from '../runtime/metrics.ts'

export type BoundedSpans = {
  /** What sends, once it is given batches. */
  exporter: SpanExporter
  /** Behind the bound. */
  bounding(batches: SpanProcessor): SpanProcessor
  /** Nothing is sent any more: what waits is dropped. */
  giveUp(): void
}
type Deps = { exporter: SpanExporter; mostWaiting: number; endpoint: string; metrics: Pick<Metrics, 'counter'>; logger: Logger }
type Why = 'queue-full' | 'not-sent'

export function boundSpans({ exporter, mostWaiting, endpoint, metrics, logger }: Deps): BoundedSpans {
  const counted = metrics.counter('zaplog_spans_dropped_total')
  let waiting = 0
  /** Since it was said; null: spans arrive. */
  let dropped: number | null = null

  function drop(spans: number, reason: Why, why: string): void {
    counted.inc({ reason }, spans)
    if (dropped === null) logger.warn('traces.not-sent', { endpoint, spans, reason, error: why })
    dropped = (dropped ?? 0) + spans
  }

  function arrived(): void {
    if (dropped !== null) logger.info('traces.sent-again', { endpoint, dropped })
    dropped = null
  }

  function sent(spans: number, error: Error | null): void {
    waiting -= spans
    if (error === null) arrived()
    else drop(spans, 'not-sent', describeError(error))
  }

  return {
    exporter: {
      export: (spans, said) =>
        exporter.export(spans, result => {
          sent(spans.length, result.code === SUCCESS ? null : (result.error ?? new Error('it was not taken')))
          said(result)
        }),
      forceFlush: async () => exporter.forceFlush?.(),
      shutdown: () => exporter.shutdown(),
    },
    bounding: batches => ({
      onStart: () => undefined,
      onEnd: (span: ReadableSpan) => {
        if ((span.spanContext().traceFlags & SAMPLED) === 0) return
        if (waiting >= mostWaiting) return drop(1, 'queue-full', `${waiting} wait, and no more may (OTEL_BSP_MAX_QUEUE_SIZE)`)
        waiting += 1
        batches.onEnd(span)
      },
      forceFlush: () => batches.forceFlush(),
      shutdown: () => batches.shutdown(),
    }),
    giveUp: () => {
      if (waiting > 0) drop(waiting, 'not-sent', 'the process ends before they were sent')
      waiting = 0
    },
  }
}

/** ExportResultCode of OpenTelemetry's core, and the flag of W3C. */
const SUCCESS = 0
const SAMPLED = 1
