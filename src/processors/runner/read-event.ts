// A record's event, or what to do with a record that has none: unknown types are passed over, damage is parked, a registry that does
// not answer, or not us, is waited for.
import { type Codec, EventError } from '../../events/codec.ts'
import type { Event, EventType } from '../../events/event.ts'
import type { LogRecord, Outcome } from '../../log/log.ts'
import { pauseFor } from './pause-for.ts'

export type ReadEvent = { kind: 'event'; event: Event } | { kind: 'outcome'; outcome: Outcome }

export const nothing: Outcome = { kind: 'emit', appends: [] }

/** Records whose header names another type than `types` are not decoded at all. */
export async function readEvent(
  deps: { codec: Codec; types: readonly EventType[]; pauseMs: number },
  record: LogRecord,
  signal: AbortSignal,
): Promise<ReadEvent> {
  const announced = record.headers['event-type']
  if (announced !== undefined && !deps.types.some(type => type === announced)) return { kind: 'outcome', outcome: nothing }
  try {
    const event = await deps.codec.decode(record.value, signal, record.shared)
    return event === null ? { kind: 'outcome', outcome: nothing } : { kind: 'event', event }
  } catch (error) {
    if (error instanceof EventError) return { kind: 'outcome', outcome: { kind: 'park', reason: error.message } }
    const outcome = pauseFor(error, deps)
    if (outcome === null) throw error
    return { kind: 'outcome', outcome }
  }
}
