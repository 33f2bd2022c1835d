// The table registry_ids: the ids that a registry which is none of zaplog's own gave to the schemas that this database's records were written with. One that
// has lost them, or is another one, would give them to other schemas: records could not be read, or were read as what they are not. The start ends
// before anything is registered there. Until the database belongs to a log nothing was written, and any registry may give them.
import { createHash } from 'node:crypto'
import type { Transaction } from '../database/database.ts'
import { asRows } from '../database/statement-parts.ts'
import type { SchemaIds } from '../events/codec.ts'
import { type AvroSchema, RegistryError } from '../registry/registry.ts'
import { readIdentity } from './log-identity.ts'

type Deps<Opened> = {
  database: Transaction
  registry: SchemaIds
  /** Asks for the id of each schema that is written with. */
  open(registry: SchemaIds, signal: AbortSignal): Promise<Opened>
}

/** What `open` answers. Rejects RegistryError, `incompatible` where an id is not what it was. */
export async function withKeptIds<Opened>({ database, registry, open }: Deps<Opened>, signal: AbortSignal): Promise<Opened> {
  const kept = (await readIdentity(database)) === null ? [] : await readKept(database)
  const forgotten = await findForgotten(registry, kept, signal)
  if (forgotten !== null) throw forgotten
  const idBy = new Map(kept.map(one => [nameOf(one), one.schema_id]))
  const given: Kept[] = []
  const idOf: SchemaIds['idOf'] = async schema => {
    const one = { ...rowOf(schema), schema_id: await registry.idOf(schema, signal) }
    const before = idBy.get(nameOf(one)) ?? one.schema_id
    if (before !== one.schema_id) throw otherId(one, before, `has it under ${one.schema_id}`)
    if (!idBy.has(nameOf(one))) given.push(one)
    return one.schema_id
  }
  const opened = await open({ ...registry, idOf }, signal)
  await keep(database, given)
  return opened
}

type Kept = { subject: string; schema_hash: string; schema_id: number }

/** What a start beside this registry would be refused with before anything is registered; null: nothing, or the database has no tables yet. */
export async function lookForForgotten(
  { database, registry }: { database: Pick<Transaction, 'query'>; registry: Pick<SchemaIds, 'schemaOf'> },
  signal: AbortSignal,
): Promise<RegistryError | null> {
  const [row] = await database.query<{ is_there: boolean }>(`select to_regclass('registry_ids') is not null as is_there`)
  if (row?.is_there !== true || (await readIdentity(database)) === null) return null
  return findForgotten(registry, await readKept(database), signal)
}

/** The last one that was given is asked for: an older backup of the registry lacks it, an empty one as well. */
async function findForgotten(
  registry: Pick<SchemaIds, 'schemaOf'>,
  kept: readonly Kept[],
  signal: AbortSignal,
): Promise<RegistryError | null> {
  const last = kept.toSorted((one, other) => one.schema_id - other.schema_id).at(-1)
  if (last === undefined) return null
  const found = await registry.schemaOf(last.schema_id, signal)
  if (found === null) return otherId(last, last.schema_id, 'has nothing under that id')
  if (found.subject !== last.subject) return otherId(last, last.schema_id, `has ${found.subject} under that id`)
  return null
}

const otherId = ({ subject }: Kept, id: number, got: string) =>
  new RegistryError(
    'incompatible',
    `records were written with ${subject} as schema ${id}, and the registry ${got}: expected the registry that they were written with, or a backup ` +
      'of it that is not older than the log; restore it before zaplog is started',
    { settings: ['SCHEMA_REGISTRY_URL'], expected: 'the registry that the records were written with' },
  )

const rowOf = ({ subject, text }: AvroSchema): Omit<Kept, 'schema_id'> => ({
  subject,
  schema_hash: createHash('sha256').update(text).digest('hex'),
})

const nameOf = ({ subject, schema_hash }: Omit<Kept, 'schema_id'>): string => `${subject} ${schema_hash}`

const readKept = (database: Transaction): Promise<readonly Kept[]> =>
  database.query<Kept>(`select subject, encode(schema_hash, 'hex') as schema_hash, schema_id from registry_ids`)

async function keep(database: Transaction, given: readonly Kept[]): Promise<void> {
  if (given.length === 0) return
  await database.query(
    `insert into registry_ids (subject, schema_hash, schema_id) select subject, decode(schema_hash, 'hex'), schema_id
     from json_to_recordset($1::json) as n(subject text, schema_hash text, schema_id integer)
     on conflict (subject, schema_hash) do update set schema_id = excluded.schema_id`,
    [asRows(given)],
  )
}
