// Finished deliveries, their attempts and deaths are kept 30 days, then forgotten a little at a time; so are deleted endpoints, and ended
// listeners, once nothing of theirs is left.
import type { Database } from '../../database/database.ts'
import { forgetAttemptsOf } from '../deliveries/attempts.ts'
import { forgetOldDeaths, hasDeaths } from '../deliveries/deaths.ts'
import { forgetOld, hasDeliveries } from '../deliveries/deliveries.ts'
import { hasWaiting } from '../deliveries/waiting.ts'
import { forgetEndpoints, longDeleted } from '../endpoints/endpoint-rows.ts'
import { forgetVersions } from '../endpoints/endpoint-versions.ts'
import { forgetSecrets } from '../endpoints/secrets.ts'

export async function forgetOldDeliveries(database: Database): Promise<void> {
  await database.query(`with old as (${forgetOld}) ${forgetAttemptsOf('select delivery_id from old')}`)
  await forgetOldDeaths(database)
  await database.query(
    `with gone as (${longDeleted(id => [hasDeliveries(id), hasWaiting(id), hasDeaths(id)].join(' or '))}),
     secrets as (${forgetSecrets(gone)}),
     versions as (${forgetVersions(gone)})
     ${forgetEndpoints(gone)}`,
  )
}

const gone = 'select endpoint_id from gone'
