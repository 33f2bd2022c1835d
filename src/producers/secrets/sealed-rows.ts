// The table sealed_messages, whose rows are sealed before they come here: this file alone reads and writes it.

import type { Transaction } from '../../database/database.ts'
import type { SealedIn } from '../../database/sealed-column.ts'
import { secretsAmong } from '../../instances/message-secrets.ts'
import { rowsOf } from '../../purge/erasure.ts'
import { isPurged } from '../../purge/tombstones.ts'

/** `chat`: 16 bytes; `targets`: 16 bytes each, as message_secrets names messages. */
export type SealedRow = { eventId: string; chat: Buffer; targets: readonly Buffer[]; sealed: Buffer }
/** `found`: secrets of its targets by now. */
export type TriableRow = { event_id: string; sealed: Buffer; found: number }

/** Of an instance, and of one of its chats; beyond it the oldest go, of the chat that has most of them first. */
const maxKept = 1_000
const maxOfChat = 200
const keptFor = '14 days'

/** `found`: secrets of its targets by now; `gone`: which went for it. */
export type Added = { found: number; gone: readonly string[] }

/** What is there already stays. */
export async function addSealed(database: Transaction, instanceId: string, row: SealedRow): Promise<Added> {
  const { eventId, chat, targets, sealed } = row
  const values = [instanceId, eventId, chat, targets, sealed, maxKept - 1, maxOfChat]
  const [added] = await database.query<Added>(addSql, values)
  return added ?? { found: 0, gone: [] }
}

// It is the newest of its chat, and not among those that are read here.
const addSql = `with added as (
  insert into sealed_messages (instance_id, event_id, chat, targets, sealed)
  select $1::text, $2::text, $3::bytea, $4::bytea[], $5::bytea where not ${isPurged('$1::text')} on conflict do nothing
), placed as (
  select s.ctid, s.event_id, s.kept_at, (s.chat = $3)::int + row_number() over (partition by s.chat order by s.kept_at desc, s.event_id) as nth
  from sealed_messages s where s.instance_id = $1 and s.event_id <> $2
), counted as (
  select p.ctid, p.nth, row_number() over (order by p.nth, p.kept_at desc, p.event_id) as place from placed p
), gone as (
  delete from sealed_messages where ctid = any(array(select c.ctid from counted c where c.nth > $7 or c.place > $6)) returning event_id
)
select ${secretsAmong('$1', '$4')} as found, array(select event_id from gone) as gone`

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

const found = secretsAmong('s.instance_id', 's.targets')

export async function noteTried(database: Transaction, instanceId: string, rows: readonly TriableRow[]): Promise<void> {
  await database.query(
    `update sealed_messages s set tried = n.tried from unnest($2::text[], $3::integer[]) as n (event_id, tried)
     where s.instance_id = $1 and s.event_id = n.event_id`,
    [instanceId, rows.map(({ event_id }) => event_id), rows.map(({ found }) => found)],
  )
}

export async function dropSealed(database: Transaction, instanceId: string, eventIds: readonly string[]): Promise<void> {
  await database.query('delete from sealed_messages where instance_id = $1 and event_id = any($2::text[])', [
    instanceId,
    eventIds,
  ])
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

export const messagesSealedIn: SealedIn = {
  table: 'sealed_messages',
  column: 'sealed',
  key: { instance_id: 'text', event_id: 'text' },
}

export const sealedErasure = rowsOf('sealed_messages')
