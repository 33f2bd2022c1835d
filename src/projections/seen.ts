// First copy per event id wins: of all copies among the last 4,096 ids of an instance only the one with the lowest offset is applied.
import { hash } from 'node:crypto'
import { serialize } from 'node:v8'
import type { Transaction } from '../database/database.ts'
import type { Event } from '../events/event.ts'
import { rowsOf } from '../purge/erasure.ts'
import type { Placed, Projection } from './projection.ts'

export const SEEN_PER_INSTANCE = 4_096

/** `conflicts`: copies that say something else than the first one. They change nothing, and are counted. */
export type FirstCopies = { fresh: readonly Placed[]; duplicates: number; conflicts: readonly Placed[] }
type Identity = Pick<Projection, 'name' | 'version'>
type Sighting = { placed: Placed; digest: bigint }

/** `placed` is in log order. Remembers what it answers as fresh, in the caller's transaction. */
export async function keepFirstCopies(tx: Transaction, of: Identity, placed: readonly Placed[]): Promise<FirstCopies> {
  if (placed.length === 0) return { fresh: [], duplicates: 0, conflicts: [] }
  const digests = await knownDigests(tx, of, placed)
  const fresh: Sighting[] = []
  const conflicts: Placed[] = []
  for (const one of placed) {
    const digest = digestOf(one.event)
    const known = digests.get(one.event.eventId)
    if (known === undefined) {
      digests.set(one.event.eventId, digest)
      fresh.push({ placed: one, digest })
    } else if (known !== digest) conflicts.push(one)
  }
  await remember(tx, of, fresh)
  return { fresh: fresh.map(one => one.placed), duplicates: placed.length - fresh.length, conflicts }
}

/** What an event says, without what every redelivery changes: epoch, sequence, the time of recording, and that of arrival in place of WhatsApp's. */
export function digestOf(event: Event): bigint {
  const { epoch: _epoch, sequence: _sequence, recordedAt: _recordedAt, ...rest } = event
  const isOfArrival = typeof rest.occurredAtSaid === 'string' || rest.type === 'message.undecryptable'
  const says = { ...rest, ...(isOfArrival && { occurredAt: null }), ...(rest.type === 'message.undecryptable' && ofOneTry) }
  return hash('sha1', serialize(says), 'buffer').readBigInt64BE()
}

/** A message that was asked for again comes encrypted anew, and fails in its own way: it is the same message all the same. */
const ofOneTry = { raw: null, rawObject: null, reason: null, encryption: null }

async function knownDigests(tx: Transaction, of: Identity, placed: readonly Placed[]): Promise<Map<string, bigint>> {
  const rows = await tx.query<{ event_id: string; digest: string }>(
    // any() instead of a join: the plan that a connection keeps from the time the table was empty would walk over all of it.
    `select replace(s.event_id::text, '-', '') as event_id, s.digest
     from projection_seen s where s.event_id = any($3::uuid[]) and s.projection = $1 and s.version = $2`,
    [of.name, of.version, placed.map(one => one.event.eventId)],
  )
  return new Map(rows.map(row => [row.event_id, BigInt(row.digest)]))
}

async function remember(tx: Transaction, of: Identity, fresh: readonly Sighting[]): Promise<void> {
  if (fresh.length === 0) return
  const rows = await tx.query<{ instance_id: string; place: string }>(
    `with added as (
       select * from unnest($3::text[], $4::uuid[], $5::bigint[]) with ordinality as n(instance_id, event_id, digest, nth)),
     last as (
       select instance_id, (select max(place) from projection_seen s
                            where s.projection = $1 and s.version = $2 and s.instance_id = i.instance_id) as place
       from (select distinct instance_id from added) i),
     kept as (
       insert into projection_seen (projection, version, instance_id, event_id, digest, place)
       select $1, $2, n.instance_id, n.event_id, n.digest,
              coalesce(l.place, 0) + row_number() over (partition by n.instance_id order by n.nth)
       from added n join last l using (instance_id)
       returning instance_id, place)
     select instance_id, max(place) as place from kept group by instance_id`,
    [
      of.name,
      of.version,
      fresh.map(one => one.placed.event.instanceId),
      fresh.map(one => one.placed.event.eventId),
      fresh.map(one => String(one.digest)),
    ],
  )
  await forgetBeyond(
    tx,
    of,
    rows.map(row => ({ instanceId: row.instance_id, place: Number(row.place) })),
  )
}

/** Only what an instance has more than it may is deleted: most batches find few. */
async function forgetBeyond(
  tx: Transaction,
  of: Identity,
  last: readonly { instanceId: string; place: number }[],
): Promise<void> {
  const full = last.filter(one => one.place > SEEN_PER_INSTANCE)
  if (full.length === 0) return
  await tx.query(
    `delete from projection_seen s using unnest($3::text[], $4::bigint[]) as old(instance_id, until_place)
     where s.instance_id = old.instance_id and s.projection = $1 and s.version = $2 and s.place <= old.until_place`,
    [of.name, of.version, full.map(one => one.instanceId), full.map(one => String(one.place - SEEN_PER_INSTANCE))],
  )
}

export const seenErasure = rowsOf('projection_seen')
