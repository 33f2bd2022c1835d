// A start step: seals the URLs that 0.1.0 wrote in plain text. It ends when none is left, and goes on where an earlier start was killed.
import type { Database, Transaction } from '../../database/database.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { Sealer } from '../../runtime/seal.ts'
import { urlContext } from './endpoints.ts'

type Deps = { database: Database; sealer: Sealer; logger: Logger; batchRows?: number }
const BATCH_ROWS = 200

/** Of starts that run together each row is sealed by one. */
export async function sealPlainUrls(deps: Deps, signal: AbortSignal): Promise<void> {
  let sealed = 0
  for (;;) {
    const rows = await deps.database.transact(tx => sealBatch(deps, tx), signal)
    sealed += rows
    if (rows === 0) break
  }
  if (sealed > 0) deps.logger.info('webhooks.urls-sealed', { versions: sealed })
}

type Row = { endpoint_id: string; version: number; url: string }

async function sealBatch({ sealer, batchRows = BATCH_ROWS }: Deps, tx: Transaction): Promise<number> {
  const rows = await tx.query<Row>(
    `select endpoint_id, version, url from webhook_endpoint_versions where url is not null
      order by endpoint_id, version limit $1 for update`,
    [batchRows],
  )
  await tx.query(
    `update webhook_endpoint_versions v set url = null, url_sealed = n.sealed
       from unnest($1::text[], $2::int[], $3::bytea[]) as n (endpoint_id, version, sealed)
      where v.endpoint_id = n.endpoint_id and v.version = n.version`,
    [
      rows.map(row => row.endpoint_id),
      rows.map(row => row.version),
      rows.map(row => sealer.seal(Buffer.from(row.url), urlContext(row.endpoint_id))),
    ],
  )
  return rows.length
}
