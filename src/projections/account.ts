// What an accounted projection took in, by instance and type, counted in the step that took it: records, and those of them that were no copies.
// Events of an epoch have numbers without a gap from 1, in the order of the log: one that is left out was given to an event that never came
// into the log, and is kept as a gap. Derived events carry their source's number, those of history their notification's, and those of nobody's
// socket (epoch 0) have none. Records whose number cannot be read here, of types of a newer version or such as do not decode, have one too: of an
// instance with any of them in a batch no gap is concluded there.
import type { Transaction } from '../database/database.ts'
import { asRows, type Found, type Read, type Write } from '../database/statement-parts.ts'
import type { Event } from '../events/event.ts'
import { isTopic, topicOf } from '../events/topics.ts'
import { rowsOf } from '../purge/erasure.ts'
import { isoInstant } from '../runtime/calendar.ts'
import { liveVersions } from './go-live.ts'
import type { Placed, Projection } from './projection.ts'

export type Account = {
  reads: readonly Read<unknown>[]
  /** `placed`: all that was read and is of nobody purged, in log order; `fresh`: what of it is no copy. */
  writesOf(found: Found, placed: readonly Placed[], fresh: readonly Placed[]): readonly Write[]
}
type Identity = Pick<Projection, 'name' | 'version'>
type Last = { epoch: number; sequence: number }
/** `found_at`: when the event after it was recorded, so that a rebuild finds no old one anew. */
export type Gap = { instance_id: string; epoch: number; first_sequence: number; last_sequence: number; found_at: string }

/** `unplaced`: instances of which the same batch has records that are not among these. */
export function accountOf(projection: Projection, asked: readonly Placed[], unplaced: ReadonlySet<string>): Account {
  if (projection.isAccounted !== true) return { reads: [], writesOf: () => [] }
  const last = readLast(projection, asked)
  return {
    reads: [last],
    writesOf: (found, placed, fresh) => {
      const known = found(last).map(
        row => [row.instance_id, { epoch: Number(row.epoch), sequence: Number(row.sequence) }] as const,
      )
      return [
        countRecords(projection, placed, fresh),
        keepGaps(projection, gapsIn(new Map(known), ownNumbersIn(placed), unplaced)),
      ]
    },
  }
}

/** What is of history has the number of the notification that told of it. */
const ownNumbersIn = (placed: readonly Placed[]): readonly Event[] =>
  placed.filter(({ position }) => isTopic(position.topic, 'events')).map(one => one.event)

/** Whether an event of the topic of events has a number of its own. */
const isNumbered = ({ type, epoch }: Event): boolean => epoch > 0 && topicOf(type) === 'events' && !type.startsWith('media.')

/**
 * `last`: of each instance the greatest number so far; an instance without one may begin anywhere, and one that is `unplaced` go on anywhere.
 * In log order. Pure.
 */
export function gapsIn(
  last: ReadonlyMap<string, Last>,
  events: readonly Event[],
  unplaced: ReadonlySet<string> = new Set(),
): readonly Gap[] {
  const at = new Map(last)
  const gaps: Gap[] = []
  for (const event of events.filter(isNumbered)) {
    const { instanceId, epoch, sequence, recordedAt } = event
    const known = at.get(instanceId) ?? { epoch, sequence: sequence - 1 }
    // Of an owner before this one, or a copy of an append whose answer was lost.
    if (epoch < known.epoch || (epoch === known.epoch && sequence <= known.sequence)) continue
    const expected = epoch === known.epoch ? known.sequence + 1 : 1
    if (sequence > expected && !unplaced.has(instanceId))
      gaps.push({
        instance_id: instanceId,
        epoch,
        first_sequence: expected,
        last_sequence: sequence - 1,
        found_at: isoInstant(recordedAt),
      })
    at.set(instanceId, { epoch, sequence })
  }
  return gaps
}

/** Of each instance that has any; `limit`: the greatest alone, by its types. */
const readLast = (of: Identity, asked: readonly Placed[]): Read<{ instance_id: string; epoch: string; sequence: string }> => ({
  sql: `select g.instance_id, l.epoch::text, l.sequence::text
    from json_to_recordset($3::json) as g(instance_id text)
    cross join lateral (
      select a.epoch, a.sequence from accounted_types a
      where a.instance_id = g.instance_id and a.projection = $1 and a.version = $2 and a.epoch > 0
      order by a.epoch desc, a.sequence desc limit 1) l`,
  values: [
    of.name,
    of.version,
    asRows([...new Set(asked.map(({ event }) => event.instanceId))].map(instance_id => ({ instance_id }))),
  ],
})

function countRecords(of: Identity, placed: readonly Placed[], fresh: readonly Placed[]): Write {
  const projected = new Set(fresh)
  const rows = [...Map.groupBy(placed, ({ event }) => `${event.instanceId} ${event.type}`).values()].map(list => ({
    instance_id: list[0]?.event.instanceId,
    type: list[0]?.event.type,
    records: list.length,
    projected: list.filter(one => projected.has(one)).length,
    ...greatestIn(ownNumbersIn(list)),
  }))
  return {
    sql: `insert into accounted_types as old (instance_id, projection, version, type, records, projected, epoch, sequence)
      select n.instance_id, $1, $2::integer, n.type, n.records, n.projected, n.epoch, n.sequence
      from json_to_recordset($3::json) as n(instance_id text, type text, records bigint, projected bigint, epoch bigint, sequence bigint)
      on conflict (instance_id, projection, version, type) do update set
        records = old.records + excluded.records, projected = old.projected + excluded.projected,
        epoch = greatest(old.epoch, excluded.epoch),
        sequence = case when excluded.epoch > old.epoch then excluded.sequence
                        when excluded.epoch = old.epoch then greatest(old.sequence, excluded.sequence) else old.sequence end`,
    values: [of.name, of.version, asRows(rows)],
    isEmpty: rows.length === 0,
  }
}

const greatestIn = (events: readonly Event[]): Last =>
  events
    .filter(isNumbered)
    .reduce<Last>(
      (last, { epoch, sequence }) =>
        epoch > last.epoch || (epoch === last.epoch && sequence > last.sequence) ? { epoch, sequence } : last,
      { epoch: 0, sequence: 0 },
    )

const keepGaps = (of: Identity, gaps: readonly Gap[]): Write => ({
  sql: `insert into accounted_gaps (instance_id, projection, version, epoch, first_sequence, last_sequence, found_at)
    select n.instance_id, $1, $2::integer, n.epoch, n.first_sequence, n.last_sequence, n.found_at
    from json_to_recordset($3::json) as n(instance_id text, epoch bigint, first_sequence bigint, last_sequence bigint, found_at timestamptz)
    on conflict do nothing`,
  values: [of.name, of.version, asRows(gaps)],
  isEmpty: gaps.length === 0,
})

export type AccountedType = { type: string; records: number; projected: number; since: Date }
export type FoundGap = { instanceId: string; epoch: number; firstSequence: number; lastSequence: number; foundAt: Date }

/** So many are never given: whoever says more is none of ours. */
export const MOST_EPOCHS = 10 ** 12

/** Of all events that were taken in, whichever instance's; 0: there were none. */
export async function greatestEpoch(database: Transaction): Promise<number> {
  const [row] = await database.query<{ epoch: string | null }>(
    'select max(epoch)::text as epoch from accounted_types where epoch <= $1',
    [MOST_EPOCHS],
  )
  return Number(row?.epoch ?? 0)
}

/** By the version that is live, in the order of the types. */
export async function readAccounted(database: Transaction, instanceId: string): Promise<readonly AccountedType[]> {
  const rows = await database.query<{ type: string; records: string; projected: string; since: Date }>(
    `select a.type, a.records, a.projected, a.since from accounted_types a join ${liveVersions} live using (projection, version)
     where a.instance_id = $1 order by a.type`,
    [instanceId],
  )
  return rows.map(row => ({ ...row, records: Number(row.records), projected: Number(row.projected) }))
}

/** The newest first, at most `limit`, by the version that is live. `instanceId` null: those of the last 24 hours, of all instances. */
export async function readGaps(
  database: Transaction,
  { instanceId, limit }: { instanceId: string | null; limit: number },
): Promise<readonly FoundGap[]> {
  const rows = await database.query<{
    instance_id: string
    epoch: string
    first_sequence: string
    last_sequence: string
    found_at: Date
  }>(
    `select a.* from accounted_gaps a join ${liveVersions} live using (projection, version)
     where ${instanceId === null ? `a.found_at > now() - interval '24 hours' and $1::text is null` : 'a.instance_id = $1'}
     order by a.found_at desc, a.epoch desc, a.first_sequence desc limit $2`,
    [instanceId, limit],
  )
  return rows.map(row => ({
    instanceId: row.instance_id,
    epoch: Number(row.epoch),
    firstSequence: Number(row.first_sequence),
    lastSequence: Number(row.last_sequence),
    foundAt: row.found_at,
  }))
}

export const accountErasures = [rowsOf('accounted_types'), rowsOf('accounted_gaps')] as const
