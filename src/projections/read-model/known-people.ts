// Who is who, as the read model that is live has it: for whoever makes rows of what was said before.
import type { Transaction } from '../../database/database.ts'

/** The account's own LID, or its phone number while it has none; of each instance that has one. */
export async function ownIdsOf(tx: Transaction, instanceIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const rows = await tx.query<{ instance_id: string; own_id: string }>(
    `select instance_id, coalesce(lid, phone || '@s.whatsapp.net') as own_id from instances
     where instance_id = any($1::text[]) and coalesce(lid, phone) is not null`,
    [[...new Set(instanceIds)]],
  )
  return new Map(rows.map(row => [row.instance_id, row.own_id]))
}

/** The account's own; null: not known, or it was never paired. */
export async function ownAddressesOf(tx: Transaction, instanceId: string): Promise<{ lid: string | null; pn: string | null }> {
  const [row] = await tx.query<{ lid: string | null; pn: string | null }>(
    `select lid, phone || '@s.whatsapp.net' as pn from instances where instance_id = $1`,
    [instanceId],
  )
  return { lid: row?.lid ?? null, pn: row?.pn ?? null }
}

/** All that are known of whoever has one of these. */
export async function addressesOf(
  tx: Transaction,
  instanceId: string,
  names: readonly (string | null | undefined)[],
): Promise<readonly string[]> {
  const rows = await tx.query<{ address: string }>(
    'select distinct unnest(addresses_of($1, n.name)) as address from unnest($2::text[]) as n(name)',
    [instanceId, [...new Set(names.filter(name => name != null))]],
  )
  return rows.map(row => row.address)
}
