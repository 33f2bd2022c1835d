// What a purge erases of the tables of the stream.
import { alongBy, ofLane, rowsByKey, rowsOf } from '../../purge/erasure.ts'

export const heldErasure = rowsOf('webhook_held', ofLane)
export const earlyMediaErasure = rowsOf('webhook_media_early', `event ->> 'instanceId' = $1`)
export const mediaErasure = rowsByKey({
  table: 'webhook_media',
  key: 'event_id',
  along: [alongBy('webhook_media_told', 'event_id')],
})
export const lanesErasure = rowsOf('webhook_lanes')
