// What was told and is in no row yet, because its append is under way or its row is: the last value of each field, in the order of telling.
import { type Digests, digestOf, type State, saidIn } from './differing.ts'

/** Of a telling in the order in which it was heard of; of two values of one field the later one stands. */
export type Place = number
export type ToldRow = Pick<State, 'entity' | 'id'> & { digests: Digests }

export type Unwritten = {
  next(): Place
  add(states: readonly State[], place: Place): { isDurable(): void }
  /** `tellings`: since its row was written last. */
  of(state: State): { digests: Digests; tellings: number; isNewer(field: string, than: Place): boolean }
  /** Of what was told until then, all that is in the log. */
  durable(upTo: Place): readonly ToldRow[]
  written(rows: readonly ToldRow[]): void
}

type Value = { digest: string; place: Place; isDurable: boolean }
type Entry = { entity: string; id: string; values: Map<string, Value>; tellings: number }

export const keyOf = ({ entity, id }: Pick<State, 'entity' | 'id'>): string => `${entity}\n${id}`

export function createUnwritten(): Unwritten {
  const entries = new Map<string, Entry>()
  let newest: Place = 0

  function entryOf({ entity, id }: State): Entry {
    const key = keyOf({ entity, id })
    const entry = entries.get(key) ?? { entity, id, values: new Map(), tellings: 0 }
    entries.set(key, entry)
    return entry
  }

  function addState(state: State, place: Place): readonly Value[] {
    const said = saidIn(state.fields)
    if (said.length === 0) return []
    const entry = entryOf(state)
    entry.tellings += 1
    return said.map(([field, value]) => {
      const told = { digest: digestOf(value), place, isDurable: false }
      if ((entry.values.get(field)?.place ?? 0) <= place) entry.values.set(field, told)
      return told
    })
  }

  return {
    next: () => {
      newest += 1
      return newest
    },
    add: (states, place) => {
      const values = states.flatMap(state => addState(state, place))
      const isDurable = () => {
        for (const value of values) value.isDurable = true
      }
      return { isDurable }
    },
    of: state => {
      const { values, tellings } = entries.get(keyOf(state)) ?? { values: new Map<string, Value>(), tellings: 0 }
      const digests = Object.fromEntries([...values].map(([field, { digest }]) => [field, digest]))
      return { digests, tellings, isNewer: (field, than) => (values.get(field)?.place ?? 0) > than }
    },
    durable: upTo =>
      [...entries.values()].flatMap(({ entity, id, values }) => {
        const ready = [...values].filter(([, { isDurable, place }]) => isDurable && place <= upTo)
        const digests = Object.fromEntries(ready.map(([field, { digest }]) => [field, digest]))
        return ready.length === 0 ? [] : [{ entity, id, digests }]
      }),
    written: rows => {
      for (const row of rows) forget(entries, row)
    },
  }
}

/** A value that was told anew while its row was written stays. */
function forget(entries: Map<string, Entry>, row: ToldRow): void {
  const entry = entries.get(keyOf(row))
  if (entry === undefined) return
  entry.tellings = 0
  for (const [field, digest] of Object.entries(row.digests)) {
    const value = entry.values.get(field)
    if (value?.isDurable && value.digest === digest) entry.values.delete(field)
  }
  if (entry.values.size === 0) entries.delete(keyOf(row))
}
