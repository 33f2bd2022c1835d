// A start step: seals the URLs that 0.1.0 wrote in plain text. It ends when none is left, and goes on where an earlier start was killed.
import type { Database } from '../../database/database.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { Sealer } from '../../runtime/seal.ts'
import { sealPlainUrlsAmong } from './endpoint-versions.ts'

type Deps = { database: Database; sealer: Sealer; logger: Logger; batchRows?: number }
const BATCH_ROWS = 200

/** Of starts that run together each row is sealed by one. */
export async function sealPlainUrls(deps: Deps, signal: AbortSignal): Promise<void> {
  let sealed = 0
  for (;;) {
    const rows = await deps.database.transact(tx => sealPlainUrlsAmong(deps.sealer, tx, deps.batchRows ?? BATCH_ROWS), signal)
    sealed += rows
    if (rows === 0) break
  }
  if (sealed > 0) deps.logger.info('webhooks.urls-sealed', { versions: sealed })
}
