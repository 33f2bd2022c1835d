// What a purge erases of the tables of the bridge, in the order in which it has to go: what could still go out first.
import { alongBy, ofHeaders, ofLane, rowsByKey, rowsOf, told } from '../../purge/erasure.ts'

/** For `in`: the lanes of the instance $1 that have rows. */
const lanes = `(select lane from webhook_waiting_lanes where ${ofLane})`

export const waitingErasure = rowsByKey({ table: 'webhook_waiting', key: 'delivery_id', where: `lane in ${lanes}` })

export const waitingLanesErasure = rowsByKey({
  table: 'webhook_waiting_lanes',
  key: 'lane',
  where: ofLane,
  along: [alongBy('webhook_waiting', 'lane')],
})

export const deliveriesErasure = told(
  rowsByKey({
    table: 'webhook_deliveries',
    key: 'delivery_id',
    along: [alongBy('webhook_attempts', 'delivery_id'), alongBy('webhook_deaths', 'delivery_id')],
  }),
  'deliveries',
)

export const skippedErasure = rowsOf('webhook_skipped', ofLane)
export const outboxErasure = rowsOf('webhook_outbox', ofHeaders)
