// Spans of what is done, for whoever has OpenTelemetry on; null everywhere else, and nothing of it is loaded. A context goes from one process to the next
// as W3C's traceparent. Attributes are ids, counts and names of topics and types: never text, keys or numbers of people.

export type Traces = {
  /** Ends when `end` is called; one that never ends is never told. */
  begin(of: SpanOf): OpenSpan
}
type SpanOf = {
  name: string
  kind: 'producer' | 'consumer' | 'client'
  /** null: a trace begins here. */
  parent: string | null
  /** Of other traces that this one has to do with. */
  links?: readonly string[]
  /** Epoch milliseconds [now]. */
  startedAt?: number
  attributes?: Attributes
}
type Attributes = Readonly<Record<string, string | number>>
export type OpenSpan = {
  /** What is written to a header, so that whoever reads it goes on with this span. */
  traceparent: string
  /** `error`: in words, without what people wrote. Twice is once. */
  end(how?: { attributes?: Attributes; error?: string }): void
}

/** As a record or a request has it; null: it has none that can be read. */
export function parseTraceparent(text: string | undefined): { traceId: string; spanId: string; flags: number } | null {
  const [, traceId = '', spanId = '', flags = ''] =
    /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(text ?? '') ?? []
  return traceId === '' || /^0+$/.test(traceId) || /^0+$/.test(spanId)
    ? null
    : { traceId, spanId, flags: Number.parseInt(flags, 16) }
}
