// 0.1.0 made up a traceparent for every record, flagged as not sampled: who follows it (OpenTelemetry's default) stops tracing. What is
// written of such a record does not repeat it.
import type { NewRecord } from './log.ts'

/** Somebody's true trace stays. */
export function withoutInventedTrace(headers: NewRecord['headers']): NewRecord['headers'] {
  const { traceparent, ...others } = headers
  return isInvented(traceparent, headers['event-id']) ? others : headers
}

/** Its parent was the beginning of the event's id, and its flags were 0. */
const isInvented = (traceparent: string | undefined, eventId: string | undefined): boolean =>
  traceparent !== undefined && eventId !== undefined && traceparent.slice(35) === `-${eventId.slice(0, 16)}-00`
