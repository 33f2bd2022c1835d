// The order of events of one kind that does not depend on where they are in the log: when it happened, then epoch and sequence.
import type { Envelope } from '../../events/event.ts'

export type Stamped = Pick<Envelope, 'occurredAt' | 'epoch' | 'sequence'>

/** Of events with one key the greatest each, so that one statement touches no row twice. */
export function greatestByKey<E extends Stamped>(events: readonly E[], keyOf: (event: E) => string): readonly E[] {
  const greatest = new Map<string, E>()
  for (const event of events) {
    const known = greatest.get(keyOf(event))
    if (known === undefined || isLater(event, known)) greatest.set(keyOf(event), event)
  }
  return [...greatest.values()]
}

const isLater = (one: Stamped, other: Stamped): boolean =>
  one.occurredAt !== other.occurredAt
    ? one.occurredAt > other.occurredAt
    : one.epoch !== other.epoch
      ? one.epoch > other.epoch
      : one.sequence > other.sequence

/** In SQL, for `on conflict … where`. */
export const isLaterThanOld =
  '(excluded.occurred_at, excluded.epoch, excluded.sequence) > (old.occurred_at, old.epoch, old.sequence)'

/** A key of several parts, apart wherever one of them is. */
export const keyOf = (...parts: readonly (string | null | undefined)[]): string => JSON.stringify(parts.map(part => part ?? ''))
