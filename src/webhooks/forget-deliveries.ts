// Finished deliveries, their attempts and deaths are kept 30 days, then forgotten a little at a time.
import type { Database } from '../database/database.ts'

export async function forgetOldDeliveries(database: Database): Promise<void> {
  await database.query(
    `with old as (
       delete from webhook_deliveries where delivery_id in (
         select delivery_id from webhook_deliveries
          where created_at < now() - interval '30 days' and state in ('delivered', 'dead', 'discarded')
          order by created_at limit 5000)
       returning delivery_id)
     delete from webhook_attempts using old where webhook_attempts.delivery_id = old.delivery_id`,
  )
  await database.query(
    `delete from webhook_deaths where delivery_id in (
       select delivery_id from webhook_deaths where died_at < now() - interval '30 days' order by died_at limit 5000)`,
  )
}
