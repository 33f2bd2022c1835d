// A projection that counts how often each event was applied, in order, and owes the log one record for each: exactly once is visible.
import type { Database } from '../../../src/database/database.ts'
import { asRows, type Write } from '../../../src/database/statement-parts.ts'
import { derivedId } from '../../../src/events/ids.ts'
import type { Emission, Placed, Projection } from '../../../src/projections/projection.ts'
import { anEvent } from '../events.ts'

export type Counting = Projection & {
  /** Instances whose events it throws at. */
  refuses: Set<string>
  /** Runs inside of the transaction, before the rows are written. */
  inTransaction: (placed: readonly Placed[]) => Promise<void>
}

export async function openCounting(database: Database, options: { emits: boolean }): Promise<Counting> {
  await database.query(`create table counted (
    nth bigint generated always as identity, instance_id text not null, event_id text primary key, sequence bigint not null, times integer not null)`)
  const counting: Counting = {
    name: 'counting',
    version: 1,
    begins: 'at-the-first-record',
    reads: ['events', 'media-stored'],
    refuses: new Set(),
    inTransaction: async () => undefined,
    gather: () => ({
      reads: [],
      decide: async (_found, fresh) => {
        const refused = fresh.find(({ event }) => counting.refuses.has(event.instanceId))
        if (refused !== undefined) throw new RangeError(`no row for ${refused.event.eventId}`)
        await counting.inTransaction(fresh)
        return { writes: [count(fresh)], afterwards: [], emissions: options.emits ? fresh.map(emissionOf) : [] }
      },
    }),
  }
  return counting
}

const count = (placed: readonly Placed[]): Write => ({
  sql: `insert into counted (instance_id, event_id, sequence, times)
    select n.instance_id, n.event_id, n.sequence, 1
    from json_to_recordset($1::json) as n(instance_id text, event_id text, sequence bigint)
    on conflict (event_id) do update set times = counted.times + 1`,
  values: [
    asRows(placed.map(({ event }) => ({ instance_id: event.instanceId, event_id: event.eventId, sequence: event.sequence }))),
  ],
  isEmpty: placed.length === 0,
})

const emissionOf = ({ event, position }: Placed): Emission => {
  const { instanceId, epoch, sequence, eventId } = event
  const id = derivedId({ sourceId: eventId, by: 'counting', type: 'delivery.released', round: 1, ordinal: 0 })
  const released = anEvent('delivery.released', { instanceId, epoch, sequence, eventId: id, body: eventId, lane: instanceId })
  return { partition: position.partition, topic: 'webhook-deliveries', key: instanceId, event: released }
}

export type Counted = { instance_id: string; event_id: string; sequence: string; times: number }
export const readCounted = (database: Database): Promise<readonly Counted[]> =>
  database.query<Counted>('select instance_id, event_id, sequence, times from counted order by nth')
