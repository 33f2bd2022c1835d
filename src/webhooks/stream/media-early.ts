// Outcomes of files whose message has not been read yet; they are taken up right after it. Kept 30 days: one whose message is not known by then
// is delivered without it.
import type { Transaction } from '../../database/database.ts'
import { asRows, type Read, type Write } from '../../database/statement-parts.ts'
import { rowsOf } from '../../purge/erasure.ts'
import type { MediaEvent } from './media-outcome.ts'

/** `earlyId` null: it has no row yet. */
export type Early = { earlyId: string | null; partition: number; event: MediaEvent }

/** Of these messages, in the order in which they came. */
export const readEarly = (sourceEventIds: readonly string[]): Read<EarlyRow> => ({
  sql: `select e.early_id::text, e.partition, e.event from webhook_media_early e
    where e.source_event_id = any(array(select json_array_elements_text($1::json))) order by e.early_id`,
  values: [JSON.stringify(sourceEventIds)],
  isEmpty: sourceEventIds.length === 0,
})

/** `kept`: those that are still early; `taken`: those that were, by their ids. */
export const writeEarly = (kept: readonly Early[], taken: readonly string[]): readonly Write[] => [
  {
    sql: `insert into webhook_media_early (source_event_id, partition, event)
      select n.source_event_id, n.partition, n.event::json
      from json_to_recordset($1::json) as n(place integer, source_event_id text, partition integer, event text) order by n.place`,
    values: [
      asRows(
        kept.map(({ partition, event }, place) => {
          return { place, partition, source_event_id: event.sourceEventId, event: JSON.stringify(withoutBytes(event)) }
        }),
      ),
    ],
    isEmpty: kept.length === 0,
  },
  {
    sql: `delete from webhook_media_early e where e.early_id = any(array(select json_array_elements_text($1::json))::bigint[])`,
    values: [JSON.stringify(taken)],
    isEmpty: taken.length === 0,
  },
]

/** Keys and raw protobuf stay in the log. */
const withoutBytes = (event: MediaEvent) =>
  Object.fromEntries(Object.entries(event).filter(([name]) => name !== 'raw' && name !== 'rawObject' && name !== 'mediaSource'))

/** A statement: the partitions with rows past their time. */
export const partitionsOfOldEarly = `select partition from webhook_media_early where read_at < now() - interval '30 days'`

/** At most 100, in the order in which they came. */
export async function takeOldEarly(tx: Transaction, partition: number): Promise<readonly MediaEvent[]> {
  const rows = await tx.query<Pick<EarlyRow, 'early_id' | 'event'>>(
    `delete from webhook_media_early where early_id in (
       select early_id from webhook_media_early where partition = $1 and read_at < now() - interval '30 days' order by read_at limit 100)
     returning early_id, event`,
    [partition],
  )
  return [...rows].sort((a, b) => Number(BigInt(a.early_id) - BigInt(b.early_id))).map(row => row.event)
}

export type EarlyRow = { early_id: string; partition: number; event: MediaEvent }

export const earlyMediaErasure = rowsOf('webhook_media_early', `event ->> 'instanceId' = $1`)
