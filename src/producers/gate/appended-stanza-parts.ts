// Remembers which parts of which stanzas are in the log already: a row of appended_parts for each, written in the statement of the ratchet
// step itself, and kept for [30 d] however many they are. A stanza part that comes again after that step no longer decrypts; it is known by
// this memory, and must not count as undecryptable. The read model would know it too, but may be behind.
// This file alone reads and writes the table.
import { createHash } from 'node:crypto'
import type { Transaction } from '../../database/database.ts'
import { heldOwner } from '../../instances/instance-owners.ts'
import { rowsOf } from '../../purge/erasure.ts'

export type AppendedStanzaParts = {
  has(part: string): Promise<boolean>
  /** What to set under appendedPartsType in the ratchet's transaction: durable with its step, or neither. */
  add(part: string): Readonly<Record<string, true>>
}

export const appendedPartsType = 'zaplog-appended-part'

export const createAppendedStanzaParts = ({ hasPart }: { hasPart(digest: string): Promise<boolean> }): AppendedStanzaParts => ({
  has: part => hasPart(digestOf(part)),
  add: part => ({ [digestOf(part)]: true }),
})

/** 16 bytes of SHA-256 in 22 digits, as 0.1.0 wrote it. */
const digestOf = (part: string): string => createHash('sha256').update(part).digest('base64url').slice(0, 22)

export const bytesOf = (digest: string): Buffer => Buffer.from(digest, 'base64url')

export const isRemembered = async (database: Transaction, instanceId: string, digest: string): Promise<boolean> =>
  (await database.query('select 1 from appended_parts where instance_id = $1 and digest = $2', [instanceId, bytesOf(digest)]))
    .length > 0

/** For the statement that writes keys: remembers `given`, rows (number, digest), of whom `owner` (number, instance_id) has. SQL. */
export const rememberStanzaParts = (given: string): string => `insert into appended_parts (instance_id, digest)
  select owner.instance_id, new.digest from ${given} as new (number, digest) join owner using (number)
  on conflict do nothing`

/** In one statement; an account of years has millions. */
const maxErased = 10_000

/** All of an instance, in bites. `fenced`: another epoch owns it, and what is left stays. */
export async function eraseStanzaParts(
  database: Transaction,
  { instanceId, epoch }: { instanceId: string; epoch: number },
): Promise<'written' | 'fenced'> {
  for (;;) {
    const [row] = await database.query<{ owners: number; parts: number }>(eraseSql, [instanceId, epoch, maxErased])
    if (row?.owners !== 1) return 'fenced'
    if (row.parts < maxErased) return 'written'
  }
}

const eraseSql = `with owner as (${heldOwner('$1', '$2')}),
parts as (
  delete from appended_parts where (instance_id, digest) in
    (select p.instance_id, p.digest from appended_parts p where p.instance_id = $1 and exists (select from owner) limit $3)
  returning 1
)
select (select count(*)::int from owner) as owners, (select count(*)::int from parts) as parts`

/** Of all instances, the oldest first. Answers how many were forgotten. */
export async function forgetStanzaParts(database: Transaction, of: { keptFor: string; maxRows: number }): Promise<number> {
  const [row] = await database.query<{ gone: number }>(forgetSql, [of.keptFor, of.maxRows])
  return row?.gone ?? 0
}

const forgetSql = `with gone as (
  delete from appended_parts where (instance_id, digest) in
    (select p.instance_id, p.digest from appended_parts p where p.appended_at < now() - $1::interval order by p.appended_at limit $2)
  returning 1
)
select count(*)::int as gone from gone`

export const stanzaPartsErasure = rowsOf('appended_parts')
