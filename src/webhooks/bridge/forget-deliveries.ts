// Finished deliveries, their attempts and deaths are kept 30 days, then forgotten a little at a time; so are deleted endpoints, and ended
// listeners, once nothing of theirs is left.
import type { Database } from '../../database/database.ts'

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
  await database.query(
    `with gone as (
       select e.endpoint_id from webhook_endpoints e
        where e.deleted_at < now() - interval '30 days'
          and not exists (select from webhook_deliveries d where d.endpoint_id = e.endpoint_id)
          and not exists (select from webhook_waiting w where w.endpoint_id = e.endpoint_id)
          and not exists (select from webhook_deaths d where d.endpoint_id = e.endpoint_id)
        limit 1000),
     secrets as (delete from webhook_secrets s using gone where s.endpoint_id = gone.endpoint_id),
     versions as (delete from webhook_endpoint_versions v using gone where v.endpoint_id = gone.endpoint_id)
     delete from webhook_endpoints e using gone where e.endpoint_id = gone.endpoint_id`,
  )
}
