// How many files are neither stored nor failed, of all instances, and since when: along an index that has nothing else in it.
import { boundedCount } from '../../database/bounded-count.ts'
import type { Transaction } from '../../database/database.ts'
import { liveVersions } from '../go-live.ts'
import { pendingIndex } from './indexes.ts'
import { readModelName } from './tables.ts'

/** What is counted up to. */
export const MOST_PENDING = 10_000

export type PendingMedia = { files: number; oldestSeconds: number }

/** null while the index is being made: without it every file would be read. */
export async function readPendingMedia(database: Pick<Transaction, 'query'>): Promise<PendingMedia | null> {
  const [index] = await database.query<{ isThere: boolean }>(
    `select coalesce((select i.indisvalid from ${liveVersions} l join pg_index i
       on i.indexrelid = to_regclass('read_model_' || l.version || '.${pendingIndex}') where l.projection = '${readModelName}'), false) as "isThere"`,
  )
  if (index?.isThere !== true) return null
  const [row] = await database.query<PendingMedia>(pendingSql)
  return row ?? null
}

const pendingSql = `select ${boundedCount(`1 from listed_media where status = 'pending'`, MOST_PENDING)} as files,
  coalesce(extract(epoch from now() - (select occurred_at from listed_media where status = 'pending' order by occurred_at limit 1)), 0)::float8 as "oldestSeconds"`
