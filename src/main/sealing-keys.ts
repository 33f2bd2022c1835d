// The table sealing_keys: which keys rows are sealed with. A start whose settings lack one of them ends before anything is opened, sealed or sent,
// as long as a single value says that it is under it: what cannot be opened is never taken for what is not there. Values from before keys had ids say
// nothing, and a key that only those are under is asked for by whoever opens them.
import type { Database } from '../database/database.ts'
import type { SealedColumn, SealedPlace } from '../database/sealed-column.ts'
import { createSealedWalk } from '../database/walk-sealed.ts'
import type { Logger } from '../runtime/logger.ts'
import { SealError, type Sealer } from '../runtime/seal.ts'

type Deps = { database: Pick<Database, 'query'>; sealer: Sealer; logger: Logger; columns(): Promise<readonly SealedColumn[]> }

/** Rejects SealError. From now on this process may seal. */
export async function claimSealingKey(deps: Deps, signal: AbortSignal): Promise<void> {
  const { database, sealer } = deps
  const missing = await database.query<Known>('select key_id, used_at::text from sealing_keys where key_id <> all($1::text[])', [
    sealer.keyIds,
  ])
  if (missing.length > 0) await forgetUnused(deps, missing, signal)
  await database.query('insert into sealing_keys (key_id) values ($1) on conflict (key_id) do update set used_at = now()', [
    sealer.keyId,
  ])
}

/** `used_at`: as Postgres writes it, to the microsecond. */
type Known = { key_id: string; used_at: string }

/**
 * Rejects where one is still used: all values are looked at, which takes about a second for a million. One with which another process has started
 * meanwhile stays, for the next start to look.
 */
async function forgetUnused(
  { database, sealer, logger, columns }: Deps,
  known: readonly Known[],
  signal: AbortSignal,
): Promise<void> {
  const keyIds = known.map(row => row.key_id)
  logger.info('keys.looking', { keyIds })
  const walk = createSealedWalk({ database, sealer }, await columns())
  let place: SealedPlace | null = null
  do {
    signal.throwIfAborted()
    const page: Awaited<ReturnType<typeof walk>> = await walk(place, { reseal: false })
    for (const keyId of keyIds) if (page.keys[keyId] !== undefined) throw missingKey(sealer, keyId)
    place = page.next
  } while (place !== null)
  const forgotten = await database.query<{ key_id: string }>(
    `delete from sealing_keys k using unnest($1::text[], $2::timestamptz[]) as seen (key_id, used_at)
     where k.key_id = seen.key_id and k.used_at = seen.used_at returning k.key_id`,
    [keyIds, known.map(row => row.used_at)],
  )
  logger.info('keys.forgotten', { keyIds: forgotten.map(row => row.key_id) })
}

function missingKey({ keyId: current, keyIds: [, ...others] }: Sealer, keyId: string): SealError {
  return new SealError(
    `opening what is kept in Postgres: it does not open with this ENCRYPTION_KEY. Some of it is sealed with the key ${keyId}, which is neither ` +
      `ENCRYPTION_KEY (${current}) nor in ENCRYPTION_KEY_PREVIOUS (${others.join(', ') || 'empty'}). Where it is the ` +
      'newer one, give it as ENCRYPTION_KEY (left out, the file encryption-key in DATA_DIR is the key); else as ENCRYPTION_KEY_PREVIOUS until zaplog keys ' +
      'rotate has sealed everything anew; nothing was changed.',
    { keyId },
  )
}
