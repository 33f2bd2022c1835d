// The table sealed_messages, whose rows are sealed before they come here: this file alone reads and writes it.
import type { Transaction } from '../../database/database.ts'
import { secretsAmong } from '../../instances/message-secrets.ts'
import { rowsOf } from '../../purge/erasure.ts'
import { isPurged } from '../../purge/tombstones.ts'

/** `targets`: 16 bytes each, as message_secrets names messages. */
export type SealedRow = { eventId: string; targets: readonly Buffer[]; sealed: Buffer }
/** `found`: secrets of its targets by now. */
export type TriableRow = { event_id: string; sealed: Buffer; found: number }

/** Of an instance; beyond it the oldest go. */
const maxKept = 1_000
const keptFor = '14 days'

/** What is there already stays. Answers which went for it. */
export async function addSealed(database: Transaction, instanceId: string, row: SealedRow): Promise<readonly string[]> {
  const gone = await database.query<{ event_id: string }>(addSql, [instanceId, row.eventId, row.targets, row.sealed, maxKept - 1])
  return gone.map(({ event_id }) => event_id)
}

const addSql = `with added as (
  insert into sealed_messages (instance_id, event_id, targets, sealed)
  select $1::text, $2::text, $3::bytea[], $4::bytea where not ${isPurged('$1::text')} on conflict do nothing
)
delete from sealed_messages where ctid = any(array(
  select s.ctid from sealed_messages s where s.instance_id = $1 and s.event_id <> $2 order by s.kept_at desc, s.event_id offset $5))
returning event_id`

export const listTargets = (database: Transaction, instanceId: string) =>
  database.query<{ event_id: string; targets: readonly Buffer[] }>(
    'select event_id, targets from sealed_messages where instance_id = $1',
    [instanceId],
  )

/** The oldest of those that there are other secrets for than when they were tried last. */
export const findTriable = (database: Transaction, instanceId: string, maxRows: number) =>
  database.query<TriableRow>(
    `select s.event_id, s.sealed, f.found from sealed_messages s cross join lateral (select ${found} as found) f
     where s.instance_id = $1 and f.found <> s.tried order by s.kept_at, s.event_id limit $2`,
    [instanceId, maxRows],
  )

/** Those of these instances that have such. */
export async function instancesWithTriable(database: Transaction, instanceIds: readonly string[]): Promise<readonly string[]> {
  const rows = await database.query<{ instance_id: string }>(
    `select distinct s.instance_id from sealed_messages s where s.instance_id = any($1::text[]) and ${found} <> s.tried`,
    [instanceIds],
  )
  return rows.map(({ instance_id }) => instance_id)
}

const found = secretsAmong('s.instance_id', 's.targets')

export async function noteTried(database: Transaction, instanceId: string, row: Omit<TriableRow, 'sealed'>): Promise<void> {
  await database.query('update sealed_messages set tried = $3 where instance_id = $1 and event_id = $2', [
    instanceId,
    row.event_id,
    row.found,
  ])
}

export async function dropSealed(database: Transaction, instanceId: string, eventId: string): Promise<void> {
  await database.query('delete from sealed_messages where instance_id = $1 and event_id = $2', [instanceId, eventId])
}

/** All of an instance: a thousand at most. */
export async function eraseSealed(database: Transaction, instanceId: string): Promise<void> {
  await database.query('delete from sealed_messages where instance_id = $1', [instanceId])
}

/** Of all instances, the oldest first. Answers how many were forgotten. */
export async function forgetSealed(database: Transaction, { maxRows }: { maxRows: number }): Promise<number> {
  const [row] = await database.query<{ gone: number }>(forgetSql, [maxRows])
  return row?.gone ?? 0
}

const forgetSql = `with gone as (
  delete from sealed_messages where ctid = any(array(
    select s.ctid from sealed_messages s where s.kept_at < now() - interval '${keptFor}' order by s.kept_at limit $1))
  returning 1
)
select count(*)::int as gone from gone`

export const sealedErasure = rowsOf('sealed_messages')
