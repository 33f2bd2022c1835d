// The table instance_qr: the code that an unpaired instance shows right now, sealed, for it lets a phone in. This file alone reads and
// writes it; a change of it is told on the channel of the same name.

import type { Database } from '../database/database.ts'
import type { SealedColumn } from '../database/sealed-column.ts'
import { rowsOf } from '../purge/erasure.ts'
import type { Sealer } from '../runtime/seal.ts'
import { isOwner, type Owned } from './instance-owners.ts'

type Deps = { database: Database; sealer: Sealer }
export type Qr = { qr: string; expiresAt: number }

export const qrChannel = 'instance_qr'
const placeOf = (instanceId: string) => `instance_qr|${instanceId}`

/** Nothing where another epoch owns the instance. */
export async function showQr({ database, sealer }: Deps, { instanceId, epoch, qr, expiresAt }: Owned & Qr): Promise<void> {
  await database.query(showSql, [instanceId, epoch, sealer.seal(Buffer.from(qr), placeOf(instanceId)), expiresAt])
}

export async function hideQr(database: Database, { instanceId, epoch }: Owned): Promise<void> {
  await database.query('delete from instance_qr where instance_id = $1 and epoch <= $2', [instanceId, epoch])
}

/** null: none is shown, or it has expired. */
export async function readQr({ database, sealer }: Deps, instanceId: string): Promise<Qr | null> {
  const [row] = await database.query<{ qr: Buffer; expires_at_ms: string }>(
    `select qr, (extract(epoch from expires_at) * 1000)::bigint as expires_at_ms
     from instance_qr where instance_id = $1 and expires_at > now()`,
    [instanceId],
  )
  if (row === undefined) return null
  return { qr: sealer.open(row.qr, placeOf(instanceId)).toString('utf8'), expiresAt: Number(row.expires_at_ms) }
}

const showSql = `with shown as (
  insert into instance_qr (instance_id, epoch, qr, expires_at)
  select $1, $2, $3, to_timestamp($4::float8 / 1000) where ${isOwner('$1', '$2')}
  on conflict (instance_id) do update set epoch = excluded.epoch, qr = excluded.qr, expires_at = excluded.expires_at
)
select pg_notify('${qrChannel}', $1)`

export const qrErasure = rowsOf('instance_qr')
export const sealedQr: SealedColumn = { table: 'instance_qr', column: 'qr', key: { instance_id: 'text' }, place: placeOf }
