// What a purge erases of the tables of the bridge, in the order in which it has to go: what could still go out first.
import { type Erasure, ofHeaders, ofLane, rowsByKey, rowsOf, told } from '../../purge/erasure.ts'

export const waitingErasure: Erasure = {
  name: 'webhook_waiting',
  tables: ['webhook_waiting'],
  keys: `select w.delivery_id as key from webhook_waiting_lanes l join webhook_waiting w using (lane)
         where split_part(l.lane, '/', 2) = $1 limit $2 for update of w`,
  deletes: ['delete from webhook_waiting where delivery_id = any($1::text[])'],
  told: null,
}

export const waitingLanesErasure = rowsByKey({
  table: 'webhook_waiting_lanes',
  key: 'lane',
  where: ofLane,
  along: ['webhook_waiting'],
})

export const deliveriesErasure = told(
  rowsByKey({ table: 'webhook_deliveries', key: 'delivery_id', along: ['webhook_attempts', 'webhook_deaths'] }),
  'deliveries',
)

export const skippedErasure = rowsOf('webhook_skipped', ofLane)
export const outboxErasure = rowsOf('webhook_outbox', ofHeaders)
