// What each endpoint was told of a file: a greater outcome is told as media.updated. The rows go with their message's.
import type { Transaction } from '../../database/database.ts'
import { alongBy } from '../../purge/erasure.ts'
import type { Released } from '../deliveries/attempt-record.ts'
import type { Standing } from './media-outcome.ts'

export async function markTold(tx: Transaction, of: Released, mediaEventId: string, standing: Standing): Promise<void> {
  await tx.query(
    `insert into webhook_media_told (event_id, endpoint_id, endpoint_version, lane, round, rank)
     values ($1, $2, $3, $4, $5, $6) on conflict do nothing`,
    [mediaEventId, of.endpointId, of.endpointVersion, of.lane, standing.round, standing.rank],
  )
}

/** Everybody who knows the message is told; nobody was told more than the message's own standing, which this one exceeds. */
export async function raiseTold(
  tx: Transaction,
  eventId: string,
  standing: Standing,
): Promise<readonly { endpointId: string; version: number; lane: string }[]> {
  const rows = await tx.query<{ endpointId: string; version: number; lane: string }>(
    `update webhook_media_told set round = $2, rank = $3 where event_id = $1
     returning endpoint_id as "endpointId", endpoint_version as version, lane`,
    [eventId, standing.round, standing.rank],
  )
  return [...rows].sort((a, b) => (a.lane < b.lane ? -1 : 1))
}

export const mediaToldAlong = alongBy('webhook_media_told', 'event_id')
