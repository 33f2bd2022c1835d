// What is known of something that has a state: of each field the value with the greatest (epoch, sequence), whenever it comes.
import type { Write } from '../../database/statement-parts.ts'
import type { Envelope } from '../../events/event.ts'
import { isoInstant } from '../../runtime/calendar.ts'
import type { Columns } from './columns.ts'
import { insertInto, type Row } from './insert-rows.ts'
import { isAfter, keyOf, latestOf, newer, type Placed, type Stamped } from './stamp.ts'
import type { TableName } from './tables.ts'

/** By field: value, epoch and sequence. */
export type Facts = Readonly<Record<string, { v: unknown; e: number; s: number }>>

/** In SQL, the value of a field as JSON; null: it was never said. */
const factIn = (facts: string, field: string): string => `${facts} -> '${field}' -> 'v'`
/** The same as text. */
export const factText = (facts: string, field: string): string => `(${facts} -> '${field}' ->> 'v')`

/** These columns, read from the facts that are called `facts` in SQL wherever they do not say otherwise. */
export function readFromFacts<Table extends Columns>(columns: Table, facts: string): Table
export function readFromFacts(columns: Columns, facts: string): Columns {
  return Object.fromEntries(
    Object.entries(columns).map(([field, column]) => [field, { select: factIn(facts, field), ...column }]),
  )
}

/** In SQL, for `on conflict … set`. */
const newerFacts = (schema: string): string => `${schema}.newer_facts(old.facts, excluded.facts)`

/** The same of what one event after another says. */
export function mergeFacts(all: readonly Facts[]): Facts {
  const newest = new Map<string, Facts[string]>()
  for (const facts of all)
    for (const [field, fact] of Object.entries(facts)) {
      const known = newest.get(field)
      if (known === undefined || isAfter(placeOf(fact), placeOf(known))) newest.set(field, fact)
    }
  return Object.fromEntries(newest)
}

const placeOf = ({ e, s }: Facts[string]): Placed => ({ epoch: e, sequence: s })

/** What is null is not said. */
export function factsOf<E extends Placed & Readonly<Record<string, unknown>>>(columns: Columns<E>, event: E): Facts {
  const said = Object.entries(columns).map(
    ([field, { from }]) => [field, from === undefined ? event[field] : from(event)] as const,
  )
  return factsAt(event, Object.fromEntries(said.filter(([, value]) => value != null)))
}

/** Also of what is known to be null. */
export const factsAt = ({ epoch: e, sequence: s }: Placed, said: Readonly<Record<string, unknown>>): Facts =>
  Object.fromEntries(Object.entries(said).map(([field, v]) => [field, { v, e, s }]))

type StateEvent = Stamped & Pick<Envelope, 'eventId' | 'instanceId'>
/** A table with a row for each `id` of an instance. */
type StateTable<E> = {
  table: TableName
  id: { column: string; of(event: E): string }
  facts(event: E): Facts
  /** What the row has beside: of all events of one, and how that meets the row that is there. */
  more?: { columns: readonly string[]; of(events: readonly E[], facts: Facts): Row; set: readonly string[] }
}

export function statesIn<E extends StateEvent>(
  schema: string,
  { table, id, facts, more = { columns: [], of: () => ({}), set: [] } }: StateTable<E>,
): (events: readonly E[]) => Write {
  const columns = ['instance_id', id.column, 'facts', ...lastChange, ...more.columns]
  const set = [`facts = ${newerFacts(schema)}`, ...newer('', lastChange), ...more.set]
  const insert = insertInto(schema, table, columns, `on conflict (instance_id, ${id.column}) do update set ${set.join(', ')}`)
  const toRow = (ofOne: readonly E[]): Row => {
    const [last, merged] = [latestOf(ofOne), mergeFacts(ofOne.map(facts))]
    return {
      instance_id: last?.instanceId,
      [id.column]: last && id.of(last),
      facts: merged,
      updated_at: isoInstant(last?.occurredAt ?? 0),
      epoch: last?.epoch,
      sequence: last?.sequence,
      changed_by_event: last?.eventId,
      ...more.of(ofOne, merged),
    }
  }
  return events => insert([...Map.groupBy(events, event => keyOf(event.instanceId, id.of(event))).values()].map(toRow))
}

const lastChange = ['updated_at', 'changed_by_event', 'epoch', 'sequence']
