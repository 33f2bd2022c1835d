// The tables message_secrets, whose rows are sealed before they come here, and secrets_brought: this file alone reads and writes them. Nothing in a
// row is as its sender wrote it, so that Postgres refuses none for its bytes.

import type { Transaction } from '../database/database.ts'
import type { SealedIn } from '../database/sealed-column.ts'
import { rowsOf } from '../purge/erasure.ts'
import { isPurged } from '../purge/tombstones.ts'

/** `message`, `author`: 16 bytes each. */
export type SecretName = { message: Buffer; author: Buffer }
export type SecretRow = SecretName & { instanceId: string; sealed: Buffer; isForEver: boolean }

/** What is there already stays: a message has one secret, however often it comes. */
export async function addSecrets(database: Transaction, rows: readonly SecretRow[]): Promise<void> {
  await database.query(addSql, secretColumns(rows))
}

/**
 * The same as a part of another statement, which writes what they go with; `columns`: SQL of secretColumns, and of an array of text that says of each what it
 * goes with, `new.of` [none does]; `where`: another condition.
 */
export const addingSecrets = (columns: readonly string[], where = 'true'): string => {
  const [instances, messages, authors, sealed, forEver, of = "'{}'"] = columns
  return `insert into message_secrets (instance_id, message, author, sealed, kept_until)
select new.instance_id, new.message, new.author, new.sealed, case when not new.for_ever then now() + interval '400 days' end
from unnest(${instances}::text[], ${messages}::bytea[], ${authors}::bytea[], ${sealed}::bytea[], ${forEver}::boolean[], ${of}::text[])
  as new (instance_id, message, author, sealed, for_ever, of)
where not ${isPurged('new.instance_id')} and ${where}
on conflict do nothing`
}

export const secretColumns = (rows: readonly SecretRow[]): readonly unknown[] => [
  rows.map(({ instanceId }) => instanceId),
  rows.map(({ message }) => message),
  rows.map(({ author }) => author),
  rows.map(({ sealed }) => sealed),
  rows.map(({ isForEver }) => isForEver),
]

const addSql = addingSecrets(['$1', '$2', '$3', '$4', '$5'])

/** Of whoever does not hold the account: marks its instances, for who does. */
export async function bringSecrets(tx: Transaction, rows: readonly SecretRow[]): Promise<void> {
  if (rows.length === 0) return
  await addSecrets(tx, rows)
  await tx.query(markSql, [[...new Set(rows.map(({ instanceId }) => instanceId))]])
}

// A mark that is there is written anew: whoever takes it meanwhile would not see these rows.
const markSql = `insert into secrets_brought as mark (instance_id)
select new.instance_id from unnest($1::text[]) as new (instance_id) where not ${isPurged('new.instance_id')} order by new.instance_id
on conflict (instance_id) do update set at = now()`

/** Those of them that were brought some since this was asked last; whose bringing is not over yet is answered then. */
export async function takeBrought(database: Transaction, instanceIds: readonly string[]): Promise<readonly string[]> {
  const rows = await database.query<{ instance_id: string }>(takeSql, [instanceIds])
  return rows.map(({ instance_id }) => instance_id)
}

const takeSql = `delete from secrets_brought where ctid = any(array(
  select b.ctid from secrets_brought b where b.instance_id = any($1::text[]) for update skip locked))
returning instance_id`

/** Of one message and author there is one; whoever shares the chat may write under the same id. */
const maxFound = 64

export const findSecrets = (database: Transaction, instanceId: string, messages: readonly Buffer[]) =>
  database.query<SecretName & { sealed: Buffer }>(
    'select message, author, sealed from message_secrets where instance_id = $1 and message = any($2::bytea[]) limit $3',
    [instanceId, messages, maxFound],
  )

/** How many there are of these messages, in SQL. */
export const secretsAmong = (instanceId: string, messages: string): string =>
  `(select count(*)::int from message_secrets m where m.instance_id = ${instanceId} and m.message = any(${messages}))`

/** In one statement; an account of years has millions. */
const maxErased = 10_000

/** All of an instance, in bites. */
export async function eraseSecrets(database: Transaction, instanceId: string): Promise<void> {
  await database.query('delete from secrets_brought where instance_id = $1', [instanceId])
  for (;;) {
    const [row] = await database.query<{ gone: number }>(eraseSql, [instanceId, maxErased])
    if ((row?.gone ?? 0) < maxErased) return
  }
}

const eraseSql = `with gone as (
  delete from message_secrets where ctid = any(array(select s.ctid from message_secrets s where s.instance_id = $1 limit $2)) returning 1
)
select count(*)::int as gone from gone`

/** Of all instances, the oldest first. Answers how many were forgotten. */
export async function forgetSecrets(database: Transaction, { maxRows }: { maxRows: number }): Promise<number> {
  const [row] = await database.query<{ gone: number }>(forgetSql, [maxRows])
  return row?.gone ?? 0
}

const forgetSql = `with gone as (
  delete from message_secrets where ctid = any(array(
    select s.ctid from message_secrets s where s.kept_until < now() order by s.kept_until limit $1))
  returning 1
)
select count(*)::int as gone from gone`

export const secretsSealedIn: SealedIn = {
  table: 'message_secrets',
  column: 'sealed',
  key: { instance_id: 'text', message: 'bytea', author: 'bytea' },
}

export const secretsErasures = [rowsOf('message_secrets'), rowsOf('secrets_brought')]
