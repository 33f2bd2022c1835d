// The orders of events of one kind that do not depend on where they are in the log: by epoch and sequence, or by when it happened first.
import type { Envelope } from '../../events/event.ts'

export type Placed = Pick<Envelope, 'epoch' | 'sequence'>
export type Stamped = Placed & Pick<Envelope, 'occurredAt'>

/** Of events with one key the greatest each, so that one statement touches no row twice. */
export function greatestByKey<E extends Stamped>(
  events: readonly E[],
  keyOf: (event: E) => string,
  isGreater: (one: E, other: E) => boolean = isLater,
): readonly E[] {
  const greatest = new Map<string, E>()
  for (const event of events) {
    const known = greatest.get(keyOf(event))
    if (known === undefined || isGreater(event, known)) greatest.set(keyOf(event), event)
  }
  return [...greatest.values()]
}

/** By when it was, then by epoch and sequence. */
export const isLater = (one: Stamped, other: Stamped): boolean =>
  one.occurredAt === other.occurredAt ? isAfter(one, other) : one.occurredAt > other.occurredAt

export const isAfter = (one: Placed, other: Placed): boolean =>
  one.epoch === other.epoch ? one.sequence > other.sequence : one.epoch > other.epoch

/** The one with the greatest (epoch, sequence); undefined: there is none. */
export const latestOf = <E extends Placed>(events: readonly E[]): E | undefined =>
  events.reduce<E | undefined>((best, event) => (best === undefined || isAfter(event, best) ? event : best), undefined)

/** The same of each key, so that one statement touches no row twice. */
export const latestByKey = <E extends Placed>(events: readonly E[], keyOf: (event: E) => string): readonly E[] =>
  [...Map.groupBy(events, keyOf).values()].flatMap(ofOne => latestOf(ofOne) ?? [])

/** In SQL, for `on conflict … set`: `columns` take the new value where its (epoch, sequence) is the greater one. */
export const newer = (prefix: string, columns: readonly string[]): readonly string[] =>
  columns.map(
    column => `${column} = case when (excluded.${prefix}epoch, excluded.${prefix}sequence) > (old.${prefix}epoch, old.${prefix}sequence)
       then excluded.${column} else old.${column} end`,
  )

/** The same of a column that may be left unsaid, and of its stamp: null is no word at all, whatever its stamp. */
export const newerSaid = (column: string): readonly string[] =>
  [column, `${column}_epoch`, `${column}_sequence`].map(
    one => `${one} = case when excluded.${column} is not null
         and (old.${column} is null or (excluded.${column}_epoch, excluded.${column}_sequence) > (old.${column}_epoch, old.${column}_sequence))
       then excluded.${one} else old.${one} end`,
  )

/** In SQL, for `on conflict … where`. */
export const isLaterThanOld =
  '(excluded.occurred_at, excluded.epoch, excluded.sequence) > (old.occurred_at, old.epoch, old.sequence)'

export const isNewerThanOld = '(excluded.epoch, excluded.sequence) > (old.epoch, old.sequence)'

/** A key of several parts, apart wherever one of them is. */
export const keyOf = (...parts: readonly (string | null | undefined)[]): string => JSON.stringify(parts.map(part => part ?? ''))
