// What was told and is in no row yet, because its append is under way or its row is: the last value of each field, in the order of telling.
import { type Digests, digestOf, type State, saidIn } from './differing.ts'

/** Of a telling in the order in which it was heard of; of two values of one field the later one stands. */
export type Place = number
export type ToldRow = Pick<State, 'entity' | 'id'> & { digests: Digests }

export type Unwritten = {
  next(): Place
  /** The next one, of a telling that is compared later: what was told after it stays known until it is over, also once it is written. */
  begin(): Place
  over(place: Place): void
  /** `durable`: their append. */
  add(states: readonly State[], place: Place, durable: Promise<void>): { isDurable(): void }
  /** `tellings`: since its row was written last. `underWay`: appends of the very values that it says. */
  of(state: State): {
    digests: Digests
    tellings: number
    isNewer(field: string, than: Place): boolean
    underWay(): readonly Promise<void>[]
  }
  /** Of what was told until then, all that is in the log. */
  durable(upTo: Place): readonly ToldRow[]
  written(rows: readonly ToldRow[]): void
}

type Value = { digest: string; place: Place; durable: Promise<void>; isDurable: boolean; isWritten: boolean }
type Entry = { entity: string; id: string; values: Map<string, Value>; tellings: number }

export const keyOf = ({ entity, id }: Pick<State, 'entity' | 'id'>): string => `${entity}\n${id}`

export function createUnwritten(): Unwritten {
  const entries = new Map<string, Entry>()
  const begun = new Set<Place>()
  let newest: Place = 0

  function next(): Place {
    newest += 1
    return newest
  }

  function entryOf({ entity, id }: State): Entry {
    const key = keyOf({ entity, id })
    const entry = entries.get(key) ?? { entity, id, values: new Map(), tellings: 0 }
    entries.set(key, entry)
    return entry
  }

  function addState(state: State, place: Place, durable: Promise<void>): readonly Value[] {
    const said = saidIn(state.fields)
    if (said.length === 0) return []
    const entry = entryOf(state)
    entry.tellings += 1
    return said.map(([field, value]) => {
      const told = { digest: digestOf(value), place, durable, isDurable: false, isWritten: false }
      if ((entry.values.get(field)?.place ?? 0) <= place) entry.values.set(field, told)
      return told
    })
  }

  return {
    next,
    begin: () => {
      const place = next()
      begun.add(place)
      return place
    },
    over: place => {
      begun.delete(place)
      for (const [key, entry] of entries) dropWritten(entries, key, entry, oldestOf(begun))
    },
    add: (states, place, durable) => {
      const values = states.flatMap(state => addState(state, place, durable))
      const isDurable = () => {
        for (const value of values) value.isDurable = true
      }
      return { isDurable }
    },
    of: state => {
      const { values, tellings } = entries.get(keyOf(state)) ?? { values: new Map<string, Value>(), tellings: 0 }
      const digests = Object.fromEntries([...values].map(([field, { digest }]) => [field, digest]))
      return {
        ...{ digests, tellings },
        isNewer: (field, than) => (values.get(field)?.place ?? 0) > than,
        underWay: () => saidIn(state.fields).flatMap(([field, value]) => underWayOf(values.get(field), value)),
      }
    },
    durable: upTo =>
      [...entries.values()].flatMap(({ entity, id, values }) => {
        const ready = [...values].filter(([, { isDurable, isWritten, place }]) => isDurable && !isWritten && place <= upTo)
        const digests = Object.fromEntries(ready.map(([field, { digest }]) => [field, digest]))
        return ready.length === 0 ? [] : [{ entity, id, digests }]
      }),
    written: rows => {
      for (const row of rows) markWritten(entries, row, oldestOf(begun))
    },
  }
}

const underWayOf = (told: Value | undefined, value: unknown): readonly Promise<void>[] =>
  told !== undefined && !told.isDurable && told.digest === digestOf(value) ? [told.durable] : []

type Entries = Map<string, Entry>

/** A value that was told anew while its row was written is still to be. */
function markWritten(entries: Entries, row: ToldRow, oldest: Place): void {
  const entry = entries.get(keyOf(row))
  if (entry === undefined) return
  entry.tellings = 0
  for (const [field, digest] of Object.entries(row.digests)) {
    const value = entry.values.get(field)
    if (value?.isDurable && value.digest === digest) value.isWritten = true
  }
  dropWritten(entries, keyOf(row), entry, oldest)
}

/** What no telling that has begun could still overrule. */
function dropWritten(entries: Entries, key: string, { values }: Entry, oldest: Place): void {
  for (const [field, { isWritten, place }] of values) if (isWritten && place < oldest) values.delete(field)
  if (values.size === 0) entries.delete(key)
}

const oldestOf = (begun: ReadonlySet<Place>): Place => begun.values().next().value ?? Number.POSITIVE_INFINITY
