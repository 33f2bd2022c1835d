// The table instance_owners: which epoch owns each instance, how the one before left it, and for which task it rests. This file alone reads
// and writes it; whoever writes for an epoch has the condition for it from here.
import type { Database, Transaction } from '../database/database.ts'
import { rowsOf } from '../purge/erasure.ts'
import { isErased } from '../purge/tombstones.ts'

export type Owned = { instanceId: string; epoch: number }

/** Fences every earlier owner. endedCleanly: how the owner before left it. Rejects where the instance is being erased. */
export async function takeEpoch(database: Database, instanceId: string): Promise<{ epoch: number; endedCleanly: boolean }> {
  const [row] = await database.query<{ epoch: string; ended_cleanly: boolean | null }>(takeSql, [instanceId])
  if (row === undefined) throw new Error(`taking instance ${instanceId}: expected a row of instance_owners, got none`)
  return { epoch: Number(row.epoch), endedCleanly: row.ended_cleanly ?? true }
}

const takeSql = `with before as (select ended_cleanly from instance_owners where instance_id = $1)
insert into instance_owners (instance_id, epoch, ended_cleanly) select $1::text, nextval('instance_epochs'), false where not ${isErased('$1::text')}
on conflict (instance_id) do update set epoch = excluded.epoch, taken_at = now(), ended_cleanly = false
returning epoch, (select ended_cleanly from before) as ended_cleanly`

/** Every epoch that is given from now on is greater: to no instance one is given again that somebody has read, whatever database is lost. */
export async function raiseEpochs(database: Transaction, above: number): Promise<void> {
  await database.query(
    `select setval('instance_epochs', $1::bigint) from instance_epochs
     where $1::bigint > 0 and (last_value < $1::bigint or (last_value = $1::bigint and not is_called))`,
    [above],
  )
}

/** The greatest that may have been given. */
export async function lastEpoch(database: Transaction): Promise<number> {
  const [row] = await database.query<{ last: string }>('select last_value::text as last from instance_epochs')
  return Number(row?.last ?? 0)
}

export async function endCleanly(database: Database, { instanceId, epoch }: Owned): Promise<void> {
  await database.query('update instance_owners set ended_cleanly = true where instance_id = $1 and epoch = $2', [
    instanceId,
    epoch,
  ])
}

export async function park(database: Database, { instanceId, epoch }: Owned, task: string): Promise<void> {
  await database.query('update instance_owners set parked_for = $3 where instance_id = $1 and epoch = $2', [
    instanceId,
    epoch,
    task,
  ])
}

// What follows are conditions and values for the SQL of others; their arguments are SQL.

/** null: for none, or nobody ever owned it. */
export const parkedFor = (instanceId: string): string =>
  `(select owner.parked_for from instance_owners owner where owner.instance_id = ${instanceId})`

export const isOwned = (instanceId: string): string =>
  `exists (select from instance_owners owner where owner.instance_id = ${instanceId})`

export const isOwner = (instanceId: string, epoch: string): string =>
  `exists (select from instance_owners owner where owner.instance_id = ${instanceId} and owner.epoch = ${epoch})`

/**
 * The row of that epoch, none where another one owns it. The share lock holds off whoever takes the instance over until this statement is
 * committed: a zombie cannot write after that.
 */
export const heldOwner = (instanceId: string, epoch: string): string =>
  `select 1 from instance_owners where instance_id = ${instanceId} and epoch = ${epoch} for share`

/** The same, none where somebody else holds it, perhaps to take the instance over: nobody waits for that. */
export const freeOwner = (instanceId: string, epoch: string): string => `${heldOwner(instanceId, epoch)} skip locked`

/** The same for many, at once: of the rows (number, instance_id, epoch) of `given`, those that own theirs, but for those that somebody else holds. */
export const heldOwners = (given: string): string => `select given.number, o.instance_id, o.epoch from ${given} given
  join instance_owners o on o.instance_id = given.instance_id and o.epoch = given.epoch
  for share of o skip locked`

/** The last of what is erased: without it nothing of an owner's is written any more. */
export const ownerErasure = rowsOf('instance_owners')
