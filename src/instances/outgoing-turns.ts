// The table outgoing_turns: when an account may write to people next, and until when it rests after WhatsApp said that it wrote too much. Whoever holds
// the account writes it, so that whoever asks why something waits reads what decides. This file alone names it.
import type { Transaction } from '../database/database.ts'
import { rowsOf } from '../purge/erasure.ts'
import { heldOwner, type Owned } from './instance-owners.ts'

/** Of the whole account, as WhatsApp counts; one that rests for longer goes on doing so. None where a newer epoch owns it. */
export async function restAccount(
  database: Transaction,
  { instanceId, epoch, restMs }: Owned & { restMs: number },
): Promise<void> {
  await database.query(restSql, [instanceId, epoch, restMs])
}

const restSql = `with held as (${heldOwner('$1', '$2')})
insert into outgoing_turns as t (instance_id, rests_until) select $1, now() + $3::float8 * interval '1 ms' where exists (select from held)
on conflict (instance_id) do update set rests_until = greatest(t.rests_until, excluded.rests_until)`

// What follows is for the SQL of others; arguments are SQL.

/** null: it does not rest. */
export const restsUntil = (instanceId: string): string =>
  `(select t.rests_until from outgoing_turns t where t.instance_id = ${instanceId} and t.rests_until > now())`

/** A statement: what its account says of its next turns. Nothing is written where it said so before, or `may` does not hold. */
export const sayTurns = ({
  instanceId,
  turnAt,
  firstAt,
  may,
}: Record<'instanceId' | 'turnAt' | 'firstAt' | 'may', string>): string =>
  `insert into outgoing_turns as t (instance_id, turn_at, first_at) select ${instanceId}, ${turnAt}, ${firstAt}
   where ${may} and coalesce(${turnAt}, ${firstAt}) is not null and not exists (select from outgoing_turns said where said.instance_id = ${instanceId}
     and said.turn_at is not distinct from coalesce(${turnAt}, said.turn_at) and said.first_at is not distinct from coalesce(${firstAt}, said.first_at))
   on conflict (instance_id) do update set turn_at = coalesce(excluded.turn_at, t.turn_at), first_at = coalesce(excluded.first_at, t.first_at)`

/** A row of its own for `from`, whether there is one or not; none of what is over. */
export const turnsOf = (instanceId: string): string =>
  `(select max(case when t.turn_at > now() then t.turn_at end) as turn_at, max(case when t.first_at > now() then t.first_at end) as first_at,
      max(case when t.rests_until > now() then t.rests_until end) as rests_until
    from outgoing_turns t where t.instance_id = ${instanceId})`

export const turnsErasure = rowsOf('outgoing_turns')
