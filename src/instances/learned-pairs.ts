// The table learned_pairs: pairs of addresses that history told, until the owner of their instance has taken them into its own keys. This file
// alone reads and writes it.
import type { Transaction } from '../database/database.ts'
import { rowsOf } from '../purge/erasure.ts'
import { isPurged } from '../purge/tombstones.ts'

/** A LID and the phone-number JID of the same account, without device. */
export type LearnedPair = { instanceId: string; lid: string; pn: string }

/** In the order of their keys, so that no two of these wait for each other. None for a purged instance. */
export async function addPairs(tx: Transaction, pairs: readonly LearnedPair[]): Promise<void> {
  if (pairs.length === 0) return
  await tx.query(
    `insert into learned_pairs (instance_id, lid, pn)
     select instance_id, lid, pn from ${given} where not ${isPurged('n.instance_id')} order by instance_id, lid, pn
     on conflict do nothing`,
    columns(pairs),
  )
}

/** At most `limit` of these instances. */
export async function readPairs(
  database: Transaction,
  instanceIds: readonly string[],
  { limit }: { limit: number },
): Promise<readonly LearnedPair[]> {
  const rows = await database.query<{ instance_id: string; lid: string; pn: string }>(
    'select instance_id, lid, pn from learned_pairs where instance_id = any($1::text[]) limit $2',
    [instanceIds, limit],
  )
  return rows.map(({ instance_id: instanceId, lid, pn }) => ({ instanceId, lid, pn }))
}

export async function forgetPairs(database: Transaction, pairs: readonly LearnedPair[]): Promise<void> {
  await database.query(
    `delete from learned_pairs l using ${given} where (l.instance_id, l.lid, l.pn) = (n.instance_id, n.lid, n.pn)`,
    columns(pairs),
  )
}

/** All of an instance. */
export async function erasePairs(database: Transaction, instanceId: string): Promise<void> {
  await database.query('delete from learned_pairs where instance_id = $1', [instanceId])
}

const given = 'unnest($1::text[], $2::text[], $3::text[]) as n(instance_id, lid, pn)'
const columns = (pairs: readonly LearnedPair[]) => [
  pairs.map(({ instanceId }) => instanceId),
  pairs.map(({ lid }) => lid),
  pairs.map(({ pn }) => pn),
]

export const pairsErasure = rowsOf('learned_pairs')
