// What an instance's keys are by now, over what is durable: every write of the instance goes through here in order, a newer value or
// deletion replaces a pending older one, and what was written counts before it is durable: it is committed before whatever is made of it.
// Also remembers what was read, and absences, as long as no write can have made them old. Nothing here waits.
import { createLru } from '../../runtime/lru.ts'
import type { KeyWrite } from './auth-rows.ts'
import type { KeyName } from './auth-tables.ts'

/** JSON text, so that nobody shares an object; null: known to be absent; undefined: not known. */
export type Known = string | null | undefined
export type KeyOverlay = {
  known(name: KeyName): Known
  put(writes: readonly KeyWrite[]): void
  hasPending(): boolean
  /** Takes what is pending: it is on its way from now on, until `written`. */
  beginWrite(): readonly KeyWrite[]
  /** What was taken is durable. */
  written(): void
  /** Forgets what is pending of a type: what is put from now on is newer than the erasure that begins. */
  beginErasure(type: string): void
  /** Of the type nothing is there that was put or read before, also by reads that are on their way. */
  erased(type: string): void
  /** A read begins. Answers how to remember what it found, null for an absence; a write that went on meanwhile knows better than it. */
  beginRead(): (name: KeyName, found: string | null) => void
  /** A read ahead begins: of the names those that nobody knows or reads yet, and how to end it. */
  beginReadAhead(names: readonly KeyName[]): ReadAhead
}
export type ReadAhead = {
  names: readonly KeyName[]
  /** null: it was given up. What was written or read anew meanwhile stays. */
  end(found: ReadonlyMap<string, string> | null): void
}

/** Cached values and absences of one instance. */
const maxCached = 512

/** `uncached`: types that are used once each, not worth a place in memory, but for one that was read ahead. */
export function createKeyOverlay(uncached: ReadonlySet<string>): KeyOverlay {
  const cache = createLru<string | null>(maxCached)
  /** Places being read ahead, each by its newest read; one that a write is about to change is on nobody's list any more. */
  const ahead = new Map<string, symbol>()
  let pending = new Map<string, KeyWrite>()
  let inFlight: ReadonlyMap<string, KeyWrite> = new Map()
  /** Raised by each write and erasure that is durable: whatever began to read before it may have found what was there before. */
  let revision = 0

  function known(name: KeyName): Known {
    const place = placeOf(name)
    const write = pending.get(place) ?? inFlight.get(place)
    return write === undefined ? cache.get(place) : write.value
  }

  return {
    known,
    put: writes => {
      for (const write of writes) {
        pending.set(placeOf(write), write)
        ahead.delete(placeOf(write))
      }
    },
    hasPending: () => pending.size > 0,
    beginWrite: () => {
      inFlight = pending
      pending = new Map()
      return [...inFlight.values()]
    },
    written: () => {
      for (const [place, { type, value }] of inFlight)
        if (!uncached.has(type) || cache.get(place) !== undefined) cache.set(place, value)
      inFlight = new Map()
      revision += 1
    },
    beginErasure: type => {
      for (const [place, write] of pending) if (write.type === type) pending.delete(place)
    },
    erased: type => {
      const isGone = (place: string) => place.startsWith(`${type}|`)
      cache.deleteWhere(isGone)
      for (const place of ahead.keys()) if (isGone(place)) ahead.delete(place)
      revision += 1
    },
    // One that ends while a write is on its way is remembered under that write, which replaces it.
    beginRead: () => {
      const before = revision
      return (name, found) => {
        if (!uncached.has(name.type) && revision === before) cache.set(placeOf(name), found)
      }
    },
    beginReadAhead: names => readAhead(names.filter(name => known(name) === undefined && !ahead.has(placeOf(name)))),
  }

  function readAhead(names: readonly KeyName[]): ReadAhead {
    const reading = Symbol('reading')
    for (const name of names) ahead.set(placeOf(name), reading)
    return {
      names,
      end: found => {
        for (const place of names.map(placeOf)) {
          if (ahead.get(place) !== reading) continue
          ahead.delete(place)
          if (found !== null) cache.set(place, found.get(place) ?? null)
        }
      },
    }
  }
}

const placeOf = ({ type, id }: KeyName): string => `${type}|${id}`
