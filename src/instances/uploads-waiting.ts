// How many uploads wait, of all instances: for their bytes, or for their preparation. At a cost that is bounded.
import { boundedCount } from '../database/bounded-count.ts'
import type { Transaction } from '../database/database.ts'

/** Of each state. */
export const MOST_UPLOADS = 10_000

/** `oldestSeconds`: since the bytes of one that is to be prepared were there. */
export type WaitingUploads = { pending: number; processing: number; oldestSeconds: number }

export async function readWaitingUploads(database: Transaction): Promise<WaitingUploads> {
  const [row] = await database.query<WaitingUploads>(waitingSql)
  if (row === undefined) throw new Error('reading how many uploads wait: got no row')
  return row
}

const waitingSql = `select ${boundedCount(`1 from uploads where state = 'pending'`, MOST_UPLOADS)} as pending,
  ${boundedCount(`1 from uploads where state = 'processing'`, MOST_UPLOADS)} as processing,
  coalesce(extract(epoch from now() - (select coalesce(confirmed_at, asked_at) from uploads
    where state = 'processing' order by coalesce(confirmed_at, asked_at) limit 1)), 0)::float8 as "oldestSeconds"`
