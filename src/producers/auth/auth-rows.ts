// The rows of an instance's auth state: sealed, and written all or nothing, only while the epoch is the owner's.
import type { Database } from '../../database/database.ts'
import { rowsOf } from '../../purge/erasure.ts'
import type { Sealer } from '../../runtime/seal.ts'
import { appendedPartsType, bytesOf } from '../gate/appended-parts.ts'
import type { KeyName } from '../socket/keys-ahead.ts'
import type { WriteKeys } from './key-writer.ts'

export type KeyWrite = KeyName & { value: string | null }
export type AuthRows = {
  readCreds(): Promise<string | null>
  readKeys(type: string, ids: readonly string[]): Promise<ReadonlyMap<string, string>>
  /** Of any types, by `type|id`. */
  readNamed(names: readonly KeyName[]): Promise<ReadonlyMap<string, string>>
  /** Whether the part of this digest is remembered. */
  hasPart(digest: string): Promise<boolean>
  /** Digests by slot of the ring in which 0.1.0 remembered the last 1,024 parts. */
  readRing(): Promise<ReadonlyMap<string, string>>
  /** All or nothing, creds and parts with the keys; keys of appendedPartsType are rows of appended_parts. `fenced`: another epoch owns the instance, and nothing was written. */
  write(change: { keys: readonly KeyWrite[]; creds: string | null }): Promise<'written' | 'fenced'>
  /** The same condition; for what a new pairing must not find. */
  erase(): Promise<'written' | 'fenced'>
  eraseKeys(type: string): Promise<'written' | 'fenced'>
}
type Deps = { database: Database; sealer: Sealer; writeKeys: WriteKeys }
type Of = { instanceId: string; epoch: number }
type Row = { id: string; sealed: Buffer }

export function openAuthRows({ database, sealer, writeKeys }: Deps, { instanceId, epoch }: Of): AuthRows {
  const place = (type: string, id: string) => `auth_keys|${instanceId}|${type}|${id}`
  const credsPlace = `auth_creds|${instanceId}`
  const seal = (text: string, context: string) => sealer.seal(Buffer.from(text), context)
  const opened = (type: string, rows: readonly Row[]) =>
    new Map(rows.map(({ id, sealed }) => [id, sealer.open(sealed, place(type, id)).toString()]))

  return {
    readCreds: async () => {
      const [row] = await database.query<{ sealed: Buffer }>('select sealed from auth_creds where instance_id = $1', [instanceId])
      return row === undefined ? null : sealer.open(row.sealed, credsPlace).toString()
    },
    readKeys: async (type, ids) => opened(type, await database.query<Row>(readSql, [instanceId, type, ids])),
    readNamed: async names => {
      const values = [instanceId, names.map(({ type }) => type), names.map(({ id }) => id)]
      const rows = await database.query<Row & { type: string }>(readNamedSql, values)
      return new Map(rows.map(({ type, id, sealed }) => [`${type}|${id}`, sealer.open(sealed, place(type, id)).toString()]))
    },
    hasPart: async digest => (await database.query(partSql, [instanceId, bytesOf(digest)])).length > 0,
    readRing: async () => {
      const slots = opened(appendedPartsType, await database.query<Row>(readAllSql, [instanceId, appendedPartsType]))
      return new Map([...slots].map(([id, text]): [string, string] => [id, JSON.parse(text).digest]))
    },
    write: async ({ keys, creds }) => {
      const set = keys.flatMap(({ type, id, value }) => (value === null ? [] : [{ type, id, value }]))
      const kept = set.filter(({ type }) => type !== appendedPartsType)
      const parts = set.filter(({ type }) => type === appendedPartsType)
      return writeKeys({
        instanceId,
        epoch,
        gone: keys.filter(({ value }) => value === null),
        kept: kept.map(({ type, id, value }) => ({ type, id, sealed: seal(value, place(type, id)) })),
        creds: creds === null ? null : seal(creds, credsPlace),
        parts: parts.map(({ id }) => bytesOf(id)),
      })
    },
    erase: async () => {
      for (;;) {
        const [row] = await database.query<Owner & { parts: number }>(erasePartsSql, [instanceId, epoch, maxErased])
        if (answer([row]) === 'fenced') return 'fenced'
        if ((row?.parts ?? 0) < maxErased) return answer(await database.query<Owner>(eraseSql, [instanceId, epoch]))
      }
    },
    eraseKeys: async type => answer(await database.query<Owner>(eraseKeysSql, [instanceId, epoch, type])),
  }
}

/** Parts in one statement; an account of years has millions. */
const maxErased = 10_000

type Owner = { owners: number }
const answer = ([row]: readonly (Owner | undefined)[]) => (row?.owners === 1 ? 'written' : 'fenced')

const readSql = 'select id, sealed from auth_keys where instance_id = $1 and type = $2 and id = any($3::text[])'
const readNamedSql = `
  select k.type, k.id, k.sealed from unnest($2::text[], $3::text[]) as named (type, id)
  join auth_keys k on k.instance_id = $1 and k.type = named.type and k.id = named.id`
const partSql = 'select 1 from appended_parts where instance_id = $1 and digest = $2'
const readAllSql = 'select id, sealed from auth_keys where instance_id = $1 and type = $2'

/** The share lock holds off whoever takes the instance over until this statement is committed: a zombie cannot write after that. */
const owner = 'with owner as (select 1 from instance_owners where instance_id = $1 and epoch = $2 for share)'
const owners = 'select count(*)::int as owners from owner'

const erasePartsSql = `${owner},
parts as (
  delete from appended_parts where (instance_id, digest) in
    (select p.instance_id, p.digest from appended_parts p where p.instance_id = $1 and exists (select from owner) limit $3)
  returning 1
)
select (select count(*)::int from owner) as owners, (select count(*)::int from parts) as parts`

const eraseSql = `${owner},
keys as (delete from auth_keys where instance_id = $1 and exists (select from owner)),
creds as (delete from auth_creds where instance_id = $1 and exists (select from owner))
${owners}`

const eraseKeysSql = `${owner},
keys as (delete from auth_keys where instance_id = $1 and type = $3 and exists (select from owner))
${owners}`

export const authErasures = [rowsOf('auth_creds'), rowsOf('auth_keys'), rowsOf('appended_parts')]
