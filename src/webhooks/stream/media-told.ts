// What each endpoint was told of a file: a greater outcome is told as media.updated. The rows go with their message's.
import { asRows, type Read, type Write } from '../../database/statement-parts.ts'
import { alongBy } from '../../purge/erasure.ts'
import type { Standing } from './media-outcome.ts'

/** `event_id`: the message's. */
export type Told = { event_id: string; endpoint_id: string; endpoint_version: number; lane: string } & Standing

export const readTold = (eventIds: readonly string[]): Read<Told> => ({
  sql: `select t.event_id, t.endpoint_id, t.endpoint_version, t.lane, t.round, t.rank from webhook_media_told t
    where t.event_id = any(array(select json_array_elements_text($1::json)))`,
  values: [JSON.stringify([...new Set(eventIds)])],
  isEmpty: eventIds.length === 0,
})

/** A condition: the endpoint with this id (SQL) was told of one of the files in this JSON parameter. */
export const wasTold = (endpointId: string, eventIds: string): string =>
  `exists (select from webhook_media_told t
     where t.event_id = any(array(select json_array_elements_text(${eventIds}::json))) and t.endpoint_id = ${endpointId})`

/** `added`: told for the first time. `raised`: everybody who was told of these files before is told what they are now. */
export const writeTold = (added: readonly Told[], raised: readonly (Standing & { event_id: string })[]): readonly Write[] => [
  {
    sql: `insert into webhook_media_told (event_id, endpoint_id, endpoint_version, lane, round, rank)
      select n.event_id, n.endpoint_id, n.endpoint_version, n.lane, n.round, n.rank
      from json_to_recordset($1::json) as n(event_id text, endpoint_id text, endpoint_version integer, lane text, round integer, rank integer)
      on conflict do nothing`,
    values: [asRows(added)],
    isEmpty: added.length === 0,
  },
  {
    sql: `update webhook_media_told t set round = n.round, rank = n.rank
      from json_to_recordset($1::json) as n(event_id text, round integer, rank integer) where t.event_id = n.event_id`,
    values: [asRows(raised.map(({ event_id, round, rank }) => ({ event_id, round, rank })))],
    isEmpty: raised.length === 0,
  },
]

export const mediaToldAlong = alongBy('webhook_media_told', 'event_id')
