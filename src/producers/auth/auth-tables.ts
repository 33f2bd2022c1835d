// The tables auth_creds and auth_keys, whose rows are sealed before they come here: this file alone reads and writes them. What is
// written takes effect only while its epoch owns the instance, and all of an account's change takes effect, or nothing of it.

import type { Transaction } from '../../database/database.ts'
import type { SealedIn } from '../../database/sealed-column.ts'
import { unseen } from '../../database/unseen.ts'
import { beginningTries, type MessageTry, messageTryColumns, messageTryWidth } from '../../instances/command-tries.ts'
import { heldOwner, heldOwners, isOwner } from '../../instances/instance-owners.ts'
import { rowsOf } from '../../purge/erasure.ts'
import { rememberStanzaParts } from '../gate/appended-stanza-parts.ts'

/** As Baileys calls a key. */
export type KeyName = { type: string; id: string }
export type SealedKey = { id: string; sealed: Buffer }
/** `fenced`: another epoch owns the instance, and nothing of it was written. */
export type Written = 'written' | 'fenced'
/** Of one account; all of it or nothing. */
export type KeyChange = {
  instanceId: string
  epoch: number
  gone: readonly KeyName[]
  kept: readonly (KeyName & { sealed: Buffer })[]
  /** null: as they are. */
  creds: Buffer | null
  /** Digests of appended stanza parts. */
  parts: readonly Buffer[]
  /** Tries of messages that these keys encrypt: those that are still its own begin with the write [none]. */
  tries?: readonly MessageTry[]
  /** Is told which of them do, once they are written. */
  begun?(commandIds: readonly string[]): void
}
type Of = { instanceId: string; epoch: number }

export async function readCreds(database: Transaction, instanceId: string): Promise<Buffer | null> {
  const [row] = await database.query<{ sealed: Buffer }>('select sealed from auth_creds where instance_id = $1', [instanceId])
  return row?.sealed ?? null
}

/** Of whichever instance; null: there are none. */
export async function readAnyCreds(database: Transaction): Promise<{ instanceId: string; sealed: Buffer } | null> {
  const [row] = await database.query<{ instanceId: string; sealed: Buffer }>(
    'select instance_id as "instanceId", sealed from auth_creds limit 1',
  )
  return row ?? null
}

export const readKeys = (database: Transaction, instanceId: string, of: { type: string; ids: readonly string[] }) =>
  database.query<SealedKey>('select id, sealed from auth_keys where instance_id = $1 and type = $2 and id = any($3::text[])', [
    instanceId,
    of.type,
    of.ids,
  ])

export const readAllKeys = (database: Transaction, instanceId: string, type: string) =>
  database.query<SealedKey>('select id, sealed from auth_keys where instance_id = $1 and type = $2', [instanceId, type])

/** Message keys that ratchets skipped (set-aside.ts). */
export const setAsideType = 'zaplog-skipped-keys'

/** `chain`: a digest. `at`: epoch milliseconds. `row`: which of them. */
export const setAsideId = ({ chain, at, row }: { chain: string; at: number; row: string }): string => `${chain}|${at}|${row}`

/** Of these chains. */
export const readSetAside = (database: Transaction, instanceId: string, chains: readonly string[]) =>
  database.query<SealedKey>(
    "select id, sealed from auth_keys where instance_id = $1 and type = $2 and split_part(id, '|', 1) = any($3::text[])",
    [instanceId, setAsideType, chains],
  )

/** Of any types. */
export const readNamedKeys = (database: Transaction, instanceId: string, names: readonly KeyName[]) =>
  database.query<SealedKey & { type: string }>(
    `select k.type, k.id, k.sealed from unnest($2::text[], $3::text[]) as named (type, id)
     join auth_keys k on k.instance_id = $1 and k.type = named.type and k.id = named.id`,
    [instanceId, names.map(({ type }) => type), names.map(({ id }) => id)],
  )

/**
 * One statement for all of these accounts; answers one word for each. `locked`: somebody else holds the owner's row, perhaps to take the
 * instance over, and nothing was written: nobody waits for that here.
 */
export async function writeChanges(
  database: Transaction,
  changes: readonly KeyChange[],
): Promise<readonly (Written | 'locked')[]> {
  const answers = await write(database, changes)
  return answers.map(({ isWritten, isOwned, begun }, number) => {
    if (isWritten && begun !== undefined) changes[number]?.begun?.(begun)
    return isWritten ? 'written' : isOwned ? 'locked' : 'fenced'
  })
}

/** `begun`: where there were tries in the statement. */
type Answer = { isWritten: boolean; isOwned: boolean; begun?: readonly string[] }

async function write(database: Transaction, changes: readonly KeyChange[]): Promise<readonly Answer[]> {
  const each = <Item>(itemsOf: (change: KeyChange) => readonly Item[]) =>
    changes.flatMap((change, number) => itemsOf(change).map(item => ({ number, item })))
  const gone = each(change => change.gone)
  const kept = each(change => change.kept)
  const creds = each(change => (change.creds === null ? [] : [change.creds]))
  const parts = each(change => change.parts)
  const tries = each(change => change.tries ?? []).map(({ number, item }) => ({ ...item, number }))
  return database.query<Answer>(tries.length === 0 ? writeSql : writeWithTriesSql, [
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
    ...(tries.length === 0 ? [] : messageTryColumns(tries)),
  ])
}

const writeParts = `
with asked as (
  select (named.place - 1)::int as number, named.instance_id, named.epoch
  from unnest(${unseen('$1::text[]', '$2::bigint[]')}) with ordinality as named (instance_id, epoch, place)
),
owner as (${heldOwners('asked')}),
gone as (
  delete from auth_keys using unnest(${unseen('$3::int[]', '$4::text[]', '$5::text[]')}) as old (number, type, id) join owner using (number)
  where auth_keys.instance_id = owner.instance_id and auth_keys.type = old.type and auth_keys.id = old.id
),
kept as (
  insert into auth_keys (instance_id, type, id, sealed)
  select owner.instance_id, new.type, new.id, new.sealed
  from unnest(${unseen('$6::int[]', '$7::text[]', '$8::text[]', '$9::bytea[]')}) as new (number, type, id, sealed) join owner using (number)
  on conflict (instance_id, type, id) do update set sealed = excluded.sealed
),
saved as (
  insert into auth_creds (instance_id, epoch, sealed)
  select owner.instance_id, owner.epoch, new.sealed from unnest(${unseen('$10::int[]', '$11::bytea[]')}) as new (number, sealed) join owner using (number)
  on conflict (instance_id) do update set epoch = excluded.epoch, sealed = excluded.sealed, saved_at = now()
),
parts as (${rememberStanzaParts(`unnest(${unseen('$12::int[]', '$13::bytea[]')})`)})`
const answered = `exists (select from owner where owner.number = asked.number) as "isWritten", ${isOwner('asked.instance_id', 'asked.epoch')} as "isOwned"`
const writeSql = `${writeParts}
select ${answered} from asked order by asked.number`
const triesFrom = 14
const tryParameters = Array.from({ length: messageTryWidth }, (_, nth) => `$${triesFrom + nth}`)
/** One of its own: who receives has no tries, and many writes. */
const writeWithTriesSql = `${writeParts},
${beginningTries(tryParameters)}
select ${answered}, array(select begun.command_id from begun where begun.number = asked.number) as begun from asked order by asked.number`

type Owners = { owners: number }
const owner = `with owner as (${heldOwner('$1', '$2')})`
const owners = 'select count(*)::int as owners from owner'
const answer = ([row]: readonly Owners[]): Written => (row?.owners === 1 ? 'written' : 'fenced')

export const eraseKeys = async (database: Transaction, { instanceId, epoch }: Of, type: string): Promise<Written> =>
  answer(await database.query<Owners>(eraseKeysSql, [instanceId, epoch, type]))

/** Creds and keys of every type. */
export const eraseAuth = async (database: Transaction, { instanceId, epoch }: Of): Promise<Written> =>
  answer(await database.query<Owners>(eraseSql, [instanceId, epoch]))

const eraseKeysSql = `${owner},
keys as (delete from auth_keys where instance_id = $1 and type = $3 and exists (select from owner))
${owners}`

const eraseSql = `${owner},
keys as (delete from auth_keys where instance_id = $1 and exists (select from owner)),
creds as (delete from auth_creds where instance_id = $1 and exists (select from owner))
${owners}`

/** Of all instances: keys that were set aside so long ago. Answers how many were forgotten. One that is being brought back is left alone. */
export async function forgetSetAside(database: Transaction, of: { keptFor: string; maxRows: number }): Promise<number> {
  const [row] = await database.query<{ gone: number }>(forgetSetAsideSql, [setAsideType, of.keptFor, of.maxRows])
  return row?.gone ?? 0
}

const forgetSetAsideSql = `with old as (
  select k.instance_id, k.id from auth_creds c join auth_keys k on k.instance_id = c.instance_id and k.type = $1
  where split_part(k.id, '|', 2)::bigint < extract(epoch from now() - $2::interval) * 1000
  limit $3 for update of k skip locked
),
gone as (
  delete from auth_keys using old where auth_keys.instance_id = old.instance_id and auth_keys.type = $1 and auth_keys.id = old.id
  returning 1
)
select count(*)::int as gone from gone`

export const credsSealedIn: SealedIn = { table: 'auth_creds', column: 'sealed', key: { instance_id: 'text' } }
export const keysSealedIn: SealedIn = {
  table: 'auth_keys',
  column: 'sealed',
  key: { instance_id: 'text', type: 'text', id: 'text' },
}

export const authErasures = [rowsOf('auth_creds'), rowsOf('auth_keys')]
