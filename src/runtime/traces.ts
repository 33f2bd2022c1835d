// Spans of what is done, for whoever has OpenTelemetry on; null everywhere else, and nothing of it is loaded. A context goes from one process to the next
// as W3C's traceparent. Names, attributes and events are ids, counts, states and names of topics, routes and types: never text, keys or numbers of people.

export type Tracer = {
  /** Ends when `end` is called; one that never ends is never told. */
  begin(of: SpanOf): OpenSpan
}
/** As a role has them. */
export type Traces = Tracer & {
  /** Events that `work` causes go on with this context. */
  within<Of>(traceparent: string, work: () => Of): Of
  /** Events with these ids go on with this context, whoever encodes them and whenever, until it is let go. */
  carry(eventIds: readonly string[], traceparent: string): () => void
}
type SpanOf = {
  name: string
  kind: 'server' | 'producer' | 'consumer' | 'client' | 'internal'
  /** null: a trace begins here. */
  parent: string | null
  /** Of other traces that this one has to do with. */
  links?: readonly string[]
  /** Epoch milliseconds [now]. */
  startedAt?: number
  attributes?: Attributes
}
export type Attributes = Readonly<Record<string, string | number>>
export type OpenSpan = {
  /** What is written to a header, so that whoever reads it goes on with this span. */
  traceparent: string
  /** It came so far. */
  reached(what: string): void
  /** `error`: in words, without what people wrote. Twice is once. */
  end(how?: { attributes?: Attributes; error?: string }): void
}

type Context = { traceId: string; spanId: string; flags: number }

/** As a record or a request has it (W3C Trace Context, 3.2); null: it has none that can be read. */
export function parseTraceparent(text: string | undefined): Context | null {
  const [, version = 'ff', traceId = '', spanId = '', flags = '', more = ''] =
    /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/.exec(text ?? '') ?? []
  // A later version may say more; ff is none.
  const isKnown = version !== 'ff' && (version !== '00' || more === '')
  return !isKnown || /^0+$/.test(traceId) || /^0+$/.test(spanId) ? null : { traceId, spanId, flags: Number.parseInt(flags, 16) }
}

export const traceparentOf = ({ traceId, spanId, flags }: Context): string =>
  `00-${traceId}-${spanId}-${flags.toString(16).padStart(2, '0')}`

/** As we write it, whoever wrote it; null: there is none that can be read. */
export function readTraceparent(text: string | undefined): string | null {
  const parsed = parseTraceparent(text)
  return parsed === null ? null : traceparentOf(parsed)
}
