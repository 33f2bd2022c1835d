// The key writes of all accounts of this process: those that wait together are one statement, whatever number of accounts they are of, so
// that fifty sockets need one commit where each alone would need its own. One statement at a time; nobody waits for a timer.
import { type Database, DatabaseError } from '../../database/database.ts'
import { coalesce } from '../../runtime/coalesce.ts'
import { orAbort } from '../../runtime/or-abort.ts'
import type { KeyName } from '../socket/keys-ahead.ts'

/** Of one account; all of it or nothing. */
export type KeyChange = {
  instanceId: string
  epoch: number
  gone: readonly KeyName[]
  kept: readonly (KeyName & { sealed: Buffer })[]
  /** null: as they are. */
  creds: Buffer | null
  /** Digests of appended parts. */
  parts: readonly Buffer[]
}
/** `fenced`: another epoch owns the instance, and nothing of it was written. Rejects with DatabaseError. */
export type WriteKeys = (change: KeyChange) => Promise<Written>
type Written = 'written' | 'fenced'
type Deps = { database: Database; timeoutMs: number }
type Outcome = { written: Written } | { error: unknown }

/** Accounts in one statement. */
const maxTogether = 64

/** `timeoutMs`: after it sockets are given up that wait for a write (socket-life.ts); what hangs so long holds nobody up any more. */
export function createKeyWriter(deps: Deps): WriteKeys {
  const write = coalesce((changes: readonly KeyChange[]) => writeTogether(deps, changes), maxTogether)
  return async change => {
    const outcome = await write(change)
    if ('error' in outcome) throw outcome.error
    return outcome.written
  }
}

/** What Postgres refuses for good is written account by account, so that one account's row costs no other its keys. */
async function writeTogether(deps: Deps, changes: readonly KeyChange[]): Promise<readonly Outcome[]> {
  try {
    const hangs = AbortSignal.timeout(deps.timeoutMs)
    const given = () => new DatabaseError('timeout', `writing keys: no answer within ${deps.timeoutMs} ms`, { perhapsDone: true })
    return (await orAbort(writeChanges(deps.database, changes), given, hangs)).map(written => ({ written }))
  } catch (error) {
    if (changes.length === 1 || isOfAll(error)) return changes.map(() => ({ error }))
    const outcomes: Outcome[] = []
    for (const change of changes) outcomes.push(...(await writeTogether(deps, [change])))
    return outcomes
  }
}

/** A database that is away, slow or full is so for each of them. */
const isOfAll = (error: unknown): boolean => error instanceof DatabaseError && (error.retryable || error.code === 'aborted')

async function writeChanges(database: Database, changes: readonly KeyChange[]): Promise<readonly Written[]> {
  const each = <Item>(itemsOf: (change: KeyChange) => readonly Item[]) =>
    changes.flatMap((change, number) => itemsOf(change).map(item => ({ number, item })))
  const gone = each(change => change.gone)
  const kept = each(change => change.kept)
  const creds = each(change => (change.creds === null ? [] : [change.creds]))
  const parts = each(change => change.parts)
  const owners = await database.query<{ number: number }>(writeSql, [
    changes.map(change => change.instanceId),
    changes.map(change => change.epoch),
    gone.map(({ number }) => number),
    gone.map(({ item }) => item.type),
    gone.map(({ item }) => item.id),
    kept.map(({ number }) => number),
    kept.map(({ item }) => item.type),
    kept.map(({ item }) => item.id),
    kept.map(({ item }) => item.sealed),
    creds.map(({ number }) => number),
    creds.map(({ item }) => item),
    parts.map(({ number }) => number),
    parts.map(({ item }) => item),
  ])
  const written = new Set(owners.map(({ number }) => number))
  return changes.map((_, number) => (written.has(number) ? 'written' : 'fenced'))
}

/** The share lock holds off whoever takes an instance over until this statement is committed: a zombie cannot write after that. */
const writeSql = `
with owner as (
  select (given.place - 1)::int as number, o.instance_id, o.epoch
  from unnest($1::text[], $2::bigint[]) with ordinality as given (instance_id, epoch, place)
  join instance_owners o on o.instance_id = given.instance_id and o.epoch = given.epoch
  for share of o
),
gone as (
  delete from auth_keys using unnest($3::int[], $4::text[], $5::text[]) as old (number, type, id) join owner using (number)
  where auth_keys.instance_id = owner.instance_id and auth_keys.type = old.type and auth_keys.id = old.id
),
kept as (
  insert into auth_keys (instance_id, type, id, sealed)
  select owner.instance_id, new.type, new.id, new.sealed
  from unnest($6::int[], $7::text[], $8::text[], $9::bytea[]) as new (number, type, id, sealed) join owner using (number)
  on conflict (instance_id, type, id) do update set sealed = excluded.sealed
),
saved as (
  insert into auth_creds (instance_id, epoch, sealed)
  select owner.instance_id, owner.epoch, new.sealed from unnest($10::int[], $11::bytea[]) as new (number, sealed) join owner using (number)
  on conflict (instance_id) do update set epoch = excluded.epoch, sealed = excluded.sealed, saved_at = now()
),
parts as (
  insert into appended_parts (instance_id, digest)
  select owner.instance_id, new.digest from unnest($12::int[], $13::bytea[]) as new (number, digest) join owner using (number)
  on conflict do nothing
)
select number from owner`
