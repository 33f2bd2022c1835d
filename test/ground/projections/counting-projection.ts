// A projection that counts how often each event was applied, in order, and owes the log one record for each: exactly once is visible.
import type { Database, Transaction } from '../../../src/database/database.ts'
import type { Event } from '../../../src/events/event.ts'
import { derivedId } from '../../../src/events/ids.ts'
import type { Emission, Placed, Projection } from '../../../src/projections/projection.ts'
import { anEvent } from '../events.ts'

export type Counting = Projection & {
  /** Instances whose events it throws at. */
  refuses: Set<string>
  /** Runs inside of the transaction, after the rows are written. */
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
    apply: async (tx, placed) => {
      for (const { event } of placed) await count(tx, event, counting.refuses)
      await counting.inTransaction(placed)
      return options.emits ? placed.map(emissionOf) : []
    },
  }
  return counting
}

async function count(tx: Transaction, event: Event, refuses: ReadonlySet<string>): Promise<void> {
  if (refuses.has(event.instanceId)) throw new RangeError(`no row for ${event.eventId}`)
  await tx.query(
    `insert into counted (instance_id, event_id, sequence, times) values ($1, $2, $3, 1)
     on conflict (event_id) do update set times = counted.times + 1`,
    [event.instanceId, event.eventId, event.sequence],
  )
}

const emissionOf = ({ event, position }: Placed): Emission => {
  const { instanceId, epoch, sequence, eventId } = event
  const id = derivedId({ sourceId: eventId, by: 'counting', type: 'delivery.released', round: 1, ordinal: 0 })
  const released = anEvent('delivery.released', { instanceId, epoch, sequence, eventId: id, body: eventId, lane: instanceId })
  return { partition: position.partition, topic: 'webhook-deliveries', key: instanceId, event: released }
}

export type Counted = { instance_id: string; event_id: string; sequence: string; times: number }
export const readCounted = (database: Database): Promise<readonly Counted[]> =>
  database.query<Counted>('select instance_id, event_id, sequence, times from counted order by nth')
