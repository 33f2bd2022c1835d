// Guarantee: what is deleted, or was a listener, leaves nothing for ever: its rows go once nothing of it is shown any more.
import { afterEach, expect, test } from 'vitest'
import { forgetOldDeliveries } from '../../src/webhooks/bridge/forget-deliveries.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { bridgesOf } from '../ground/webhooks/bridges.ts'

const bridges = bridgesOf(collectLogLines())
afterEach(bridges.close)

test('[E1] a deleted endpoint goes 30 days after it, when no delivery of it is left; one that is there stays', async () => {
  const { database, endpoint, delivery, append } = await bridges.open('forget')
  const made = async (path: string, deletedDaysAgo: number | null) => {
    const { id } = await endpoint(`https://example.com/${path}`)
    if (deletedDaysAgo !== null)
      await database.query(`update webhook_endpoints set deleted_at = now() - $2 * interval '1 day' where endpoint_id = $1`, [
        id,
        deletedDaysAgo,
      ])
    return id
  }
  const [there, lately] = [await made('there', null), await made('lately', 29)]
  const [withDelivery, gone] = [await made('with-delivery', 31), await made('gone', 31)]
  await append(delivery(withDelivery, 'c1@lid'))
  await forgetOldDeliveries(database)
  for (const table of ['webhook_endpoints', 'webhook_endpoint_versions']) {
    const rows = await database.query<{ endpoint_id: string }>(`select distinct endpoint_id from ${table}`)
    expect(rows.map(row => row.endpoint_id).toSorted()).toEqual([there, lately, withDelivery].toSorted())
    expect(rows.map(row => row.endpoint_id)).not.toContain(gone)
  }
})
