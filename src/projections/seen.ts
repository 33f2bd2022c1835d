// First copy per event id wins: of all copies among the last 4,096 ids of an instance only the one with the lowest offset is applied.
// The ids of an instance have places without a gap, 1, 2, 3 …: each new one takes the next, and the one 4,096 before it is forgotten by its place.
// Those of the topic of history have a window of their own, whose places are -1, -2, -3 …: a phone that shares 200,000 messages makes nobody
// forget what is happening.
import { hash } from 'node:crypto'
import { serialize } from 'node:v8'
import type { Transaction } from '../database/database.ts'
import { asRows, type Found, type Read, type Write } from '../database/statement-parts.ts'
import type { Event } from '../events/event.ts'
import { isOfHistory, isTopic } from '../events/topics.ts'
import { rowsOf } from '../purge/erasure.ts'
import type { Placed, Projection } from './projection.ts'

export const SEEN_PER_INSTANCE = 4_096

/** `conflicts`: copies that say something else than the first one. They change nothing, and are counted. */
export type FirstCopies = { fresh: readonly Placed[]; duplicates: number; conflicts: readonly Placed[] }
export type Seen = {
  reads: readonly Read<unknown>[]
  /** `placed` is in log order, and among those that were asked about. What is answered as fresh is remembered by the writes. */
  sort(found: Found, placed: readonly Placed[]): FirstCopies & { writes: readonly Write[] }
}
type Identity = Pick<Projection, 'name' | 'version'>
type Sighting = { placed: Placed; digest: bigint }

export function seenOf(of: Identity, asked: readonly Placed[]): Seen {
  const digests = readDigests(of, asked)
  const places = readPlaces(of, asked)
  return {
    reads: [digests, places],
    sort: (found, placed) => {
      const known = new Map(found(digests).map(row => [row.event_id, BigInt(row.digest)]))
      const { fresh, conflicts } = firstCopies(known, placed)
      const last = new Map(found(places).map(row => [nameOf(row), Math.abs(Number(row.place))]))
      return {
        fresh: fresh.map(one => one.placed),
        duplicates: placed.length - fresh.length,
        conflicts,
        writes: remember(of, fresh, last),
      }
    },
  }
}

function firstCopies(known: Map<string, bigint>, placed: readonly Placed[]): { fresh: Sighting[]; conflicts: Placed[] } {
  const fresh: Sighting[] = []
  const conflicts: Placed[] = []
  for (const one of placed) {
    const digest = digestOf(one.event)
    const first = known.get(one.event.eventId)
    if (first === undefined) {
      known.set(one.event.eventId, digest)
      fresh.push({ placed: one, digest })
    } else if (first !== digest) conflicts.push(one)
  }
  return { fresh, conflicts }
}

/** What an event says, without what every redelivery changes: epoch, sequence, the time of recording, and that of arrival in place of WhatsApp's. */
export function digestOf(event: Event): bigint {
  const known = digests.get(event)
  if (known !== undefined) return known
  const digest = makeDigest(event)
  digests.set(event, digest)
  return digest
}

/** Several projections take the same events. */
const digests = new WeakMap<Event, bigint>()

function makeDigest(event: Event): bigint {
  return hash('sha1', serialize(isOfHistory(event) ? event.eventId : saidIn(event)), 'buffer').readBigInt64BE()
}

/** Parts of a history overlap, and the same message stands elsewhere in each, a day older: of history a copy is no conflict, whatever it says. */
function saidIn(event: Event): Readonly<Record<string, unknown>> {
  const said: Record<string, unknown> = {}
  // For every event, in this order: a digest is kept. The rest of a destructuring takes three times as long.
  for (const name in event) if (!TOLD_ANEW.has(name)) said[name] = event[name as keyof Event]
  const isOfArrival = typeof event.occurredAtSaid === 'string' || event.type === 'message.undecryptable' || isToldAgain(event)
  if (isOfArrival) said.occurredAt = null
  return event.type === 'message.undecryptable' ? Object.assign(said, ofOneTry) : said
}

const TOLD_ANEW: ReadonlySet<string> = new Set(['epoch', 'sequence', 'recordedAt'])

/** After a death a state is told once more, as of then. */
const isToldAgain = (event: object): boolean => 'origin' in event && event.origin != null

/** A message that was asked for again comes encrypted anew, and fails in its own way: it is the same message all the same. */
const ofOneTry = { raw: null, rawObject: null, reason: null, encryption: null }

const readDigests = (of: Identity, asked: readonly Placed[]): Read<{ event_id: string; digest: string }> => ({
  // any() instead of a join: the plan that a connection keeps from the time the table was empty would walk over all of it.
  sql: `select replace(s.event_id::text, '-', '') as event_id, s.digest::text from projection_seen s
    where s.event_id = any(array(select g.event_id from json_to_recordset($3::json) as g(event_id uuid)))
      and s.projection = $1 and s.version = $2`,
  values: [of.name, of.version, asRows(asked.map(({ event }) => ({ event_id: event.eventId })))],
})

/** A window of an instance: of what happens, or of what its phone told of before. */
type Window = { instance_id: string; of_history: boolean }
const windowOf = ({ event, position }: Placed): Window => ({
  instance_id: event.instanceId,
  of_history: isTopic(position.topic, 'history'),
})
const nameOf = ({ instance_id, of_history }: Window): string => `${of_history ? 'history of ' : ''}${instance_id}`
const windowsOf = (those: readonly Placed[]): ReadonlyMap<string, Window> =>
  new Map(those.map(windowOf).map(window => [nameOf(window), window]))

/** Of each window the last one; null: none. */
const readPlaces = (of: Identity, asked: readonly Placed[]): Read<Window & { place: string | null }> => ({
  sql: `select g.instance_id, g.of_history, case when g.of_history
      then (select min(s.place) from projection_seen s
            where s.projection = $1 and s.version = $2 and s.instance_id = g.instance_id and s.place < 0)
      else (select max(s.place) from projection_seen s
            where s.projection = $1 and s.version = $2 and s.instance_id = g.instance_id and s.place > 0) end::text as place
    from json_to_recordset($3::json) as g(instance_id text, of_history boolean)`,
  values: [of.name, of.version, asRows([...windowsOf(asked).values()])],
})

/** `last`: of each window how many were given a place. Of more new ones than are remembered only the last ones become rows. */
function remember(of: Identity, fresh: readonly Sighting[], last: ReadonlyMap<string, number>): readonly Write[] {
  const places = new Map(last)
  const added = fresh.map(({ placed, digest }) => {
    const window = windowOf(placed)
    const place = (places.get(nameOf(window)) ?? 0) + 1
    places.set(nameOf(window), place)
    return { ...window, event_id: placed.event.eventId, digest: String(digest), place }
  })
  const kept = added.filter(one => one.place > (places.get(nameOf(one)) ?? 0) - SEEN_PER_INSTANCE)
  const old = [...windowsOf(fresh.map(one => one.placed))].flatMap(([name, { instance_id, of_history }]) => {
    const [before, place] = [last.get(name) ?? 0, places.get(name) ?? 0]
    const [first, until] = [Math.max(1, before - SEEN_PER_INSTANCE + 1), Math.min(before, place - SEEN_PER_INSTANCE)]
    if (first > until) return []
    return [of_history ? { instance_id, first: -until, until: -first } : { instance_id, first, until }]
  })
  return [
    insertSeen(
      of,
      kept.map(({ of_history, place, ...one }) => ({ ...one, place: of_history ? -place : place })),
    ),
    forget(of, old),
  ]
}

const insertSeen = (of: Identity, rows: readonly Readonly<Record<string, unknown>>[]): Write => ({
  sql: `insert into projection_seen (projection, version, instance_id, event_id, digest, place)
    select $1, $2::integer, n.instance_id, n.event_id, n.digest, n.place
    from json_to_recordset($3::json) as n(instance_id text, event_id uuid, digest bigint, place bigint)`,
  values: [of.name, of.version, asRows(rows)],
  isEmpty: rows.length === 0,
})

/**
 * Each place is looked up by itself (`limit`: never all of them at once), and read alone: a range from the first one on would pass by all that
 * was forgotten there before and is not vacuumed yet.
 */
const forget = (of: Identity, rows: readonly { instance_id: string; first: number; until: number }[]): Write => ({
  sql: `delete from projection_seen where ctid = any(array(
      select old.ctid
      from json_to_recordset($3::json) as f(instance_id text, first bigint, until bigint)
      cross join generate_series(f.first, f.until) as p(place)
      cross join lateral (
        select s.ctid from projection_seen s
        where s.instance_id = f.instance_id and s.projection = $1 and s.version = $2 and s.place = p.place limit 1) old))`,
  values: [of.name, of.version, asRows(rows)],
  isEmpty: rows.length === 0,
})

/** Whose event it is, among the last ones of each account; null: it is none of them. */
export async function accountOfSeen(database: Transaction, eventId: string): Promise<string | null> {
  if (!/^[0-9a-f]{32}$/.test(eventId)) return null
  const [row] = await database.query<{ instance_id: string }>(
    'select instance_id from projection_seen where event_id = $1::uuid limit 1',
    [eventId],
  )
  return row?.instance_id ?? null
}

export const seenErasure = rowsOf('projection_seen')
