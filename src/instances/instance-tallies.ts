// The tables instance_stanzas and instance_tallies: what the owner of an instance received, numbered and appended, and what WhatsApp announced.
// This file alone reads and writes them. Counts of an epoch are written whole, so that writing them twice counts nothing twice; those of
// the epochs before are kept beside them. What a killed process counted since it wrote last is in none of them.
import type { Database, Transaction } from '../database/database.ts'
import { asRows, type Write } from '../database/statement-parts.ts'
import { rowsOf } from '../purge/erasure.ts'
import { isPurged } from '../purge/tombstones.ts'
import { isoInstant } from '../runtime/calendar.ts'

/** As it is kept and answered: instants are ISO 8601, `endedAt` null: WhatsApp has not said that those were all. */
export type AnnouncedStanzas = {
  at: string
  stanzas: number
  messages: number
  receipts: number
  notifications: number
  arrived: number
  endedAt: string | null
}
/** One epoch's counts until now. */
export type TallyRow = {
  instanceId: string
  epoch: number
  /** By class of stanza. */
  received: Readonly<Record<string, number>>
  /** The last number that was given to an event, and the last whose event is in the log. */
  numbered: number
  appended: number
  /** Epoch milliseconds; null: nothing yet. */
  lastStanzaAt: number | null
  /** null: nothing was announced. */
  announced: AnnouncedStanzas | null
}

/** What comes of an older epoch than the one that is there is left out, and so is what is of a purged instance. */
export const tallyWrites = (rows: readonly TallyRow[]): readonly Write[] => [stanzaWrite(rows), numberWrite(rows)]

const stanzaWrite = (rows: readonly TallyRow[]): Write => {
  const given = rows.flatMap(({ instanceId: instance_id, epoch, received }) =>
    Object.entries(received).flatMap(([stanza, count]) => (count === 0 ? [] : [{ instance_id, epoch, stanza, received: count }])),
  )
  return {
    sql: `insert into instance_stanzas as old (instance_id, stanza, epoch, received)
      select n.instance_id, n.stanza, n.epoch, n.received
      from json_to_recordset($1::json) as n(instance_id text, stanza text, epoch bigint, received bigint)
      where not ${isPurged('n.instance_id')} order by n.instance_id, n.stanza
      on conflict (instance_id, stanza) do update set
        received_before = old.received_before + case when excluded.epoch > old.epoch then old.received else 0 end,
        epoch = excluded.epoch, received = excluded.received
      where (excluded.epoch, excluded.received) > (old.epoch, old.received)`,
    values: [asRows(given)],
    isEmpty: given.length === 0,
  }
}

const numberWrite = (rows: readonly TallyRow[]): Write => ({
  sql: `insert into instance_tallies as old (instance_id, epoch, numbered, appended, last_stanza_at, announced)
    select n.instance_id, n.epoch, n.numbered, n.appended, n.last_stanza_at, n.announced
    from json_to_recordset($1::json)
      as n(instance_id text, epoch bigint, numbered bigint, appended bigint, last_stanza_at timestamptz, announced jsonb)
    where not ${isPurged('n.instance_id')} order by n.instance_id
    on conflict (instance_id) do update set
      since = case when (old.epoch, old.numbered, old.appended) = (excluded.epoch, excluded.numbered, excluded.appended)
                   then old.since else now() end,
      epoch = excluded.epoch, numbered = excluded.numbered, appended = excluded.appended,
      last_stanza_at = coalesce(excluded.last_stanza_at, old.last_stanza_at),
      announced = coalesce(excluded.announced, old.announced), written_at = now()
    where excluded.epoch >= old.epoch`,
  values: [
    asRows(
      rows.map(({ instanceId, epoch, numbered, appended, lastStanzaAt, announced }) => ({
        ...{ instance_id: instanceId, epoch, numbered, appended, announced },
        last_stanza_at: lastStanzaAt === null ? null : isoInstant(lastStanzaAt),
      })),
    ),
  ],
  isEmpty: rows.length === 0,
})

export type Received = { stanza: string; received: number; since: Date }
export type Tallied = {
  epoch: number
  numbered: number
  appended: number
  lastStanzaAt: Date | null
  announced: AnnouncedStanzas | null
  writtenAt: Date
}

export async function readReceived(database: Transaction, instanceId: string): Promise<readonly Received[]> {
  const rows = await database.query<{ stanza: string; received: string; since: Date }>(
    `select stanza, received_before + received as received, since from instance_stanzas where instance_id = $1 order by stanza`,
    [instanceId],
  )
  return rows.map(row => ({ ...row, received: Number(row.received) }))
}

/** null: its owner has written nothing yet. */
export async function readTallied(database: Transaction, instanceId: string): Promise<Tallied | null> {
  const [row] = await database.query<{
    epoch: string
    numbered: string
    appended: string
    last_stanza_at: Date | null
    announced: AnnouncedStanzas | null
    written_at: Date
  }>('select * from instance_tallies where instance_id = $1', [instanceId])
  if (row === undefined) return null
  return {
    epoch: Number(row.epoch),
    numbered: Number(row.numbered),
    appended: Number(row.appended),
    lastStanzaAt: row.last_stanza_at,
    announced: row.announced,
    writtenAt: row.written_at,
  }
}

export type Unappended = { instanceId: string; epoch: number; firstSequence: number; lastSequence: number; foundAt: Date }

/**
 * Numbers that were given to events, the last of their epochs, and are in no record, as their owner has said for more than a minute: what a
 * killed owner was about to append comes again from WhatsApp. `instanceId` null: of all instances.
 */
export async function readUnappended(
  database: Database | Transaction,
  instanceId: string | null,
): Promise<readonly Unappended[]> {
  const rows = await database.query<{ instance_id: string; epoch: string; numbered: string; appended: string; since: Date }>(
    `select instance_id, epoch, numbered, appended, since from instance_tallies
     where numbered > appended and written_at > since + interval '1 minute' and ($1::text is null or instance_id = $1) order by instance_id`,
    [instanceId],
  )
  return rows.map(row => ({
    instanceId: row.instance_id,
    epoch: Number(row.epoch),
    firstSequence: Number(row.appended) + 1,
    lastSequence: Number(row.numbered),
    foundAt: row.since,
  }))
}

export const tallyErasures = [rowsOf('instance_stanzas'), rowsOf('instance_tallies')] as const
