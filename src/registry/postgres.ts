// A schema registry that is a table of ids: the same schema under the same subject has one id for ever, whoever asks first.
import { createHash } from 'node:crypto'
import { type Database, DatabaseError } from '../database/database.ts'
import { wordsOf } from '../runtime/logger.ts'
import { type AvroSchema, RegistryError, type SchemaRegistry } from './registry.ts'

export function openPostgresRegistry(database: Database): SchemaRegistry {
  const known = readOnce(database)
  return {
    idOf: (schema, signal) => asking(`the id of ${schema.subject}`, signal, () => findOrRegister(database, schema, known)),
    schemaOf: (id, signal) =>
      asking(`schema ${id}`, signal, async () => {
        const [row] = await database.query<{ subject: string; schema: string }>(
          'select subject, schema from schemas where schema_id = $1',
          [id],
        )
        return row === undefined ? null : { subject: row.subject, text: row.schema }
      }),
  }
}

/** What there was when it was first asked for, in one statement: a start asks for two dozen ids, one after the other, and ids are for ever. */
function readOnce(database: Database): (subject: string, hash: Buffer) => Promise<number | undefined> {
  let ids: ReadonlyMap<string, number> | null = null
  const nameOf = (subject: string, hash: Buffer) => `${subject} ${hash.toString('hex')}`
  type Row = { subject: string; schema_hash: Buffer; schema_id: number }
  return async (subject, hash) => {
    if (ids === null) {
      const rows = await database.query<Row>('select subject, schema_hash, schema_id from schemas')
      ids = new Map(rows.map(row => [nameOf(row.subject, row.schema_hash), row.schema_id]))
    }
    return ids.get(nameOf(subject, hash))
  }
}

async function findOrRegister(
  database: Database,
  { subject, text }: AvroSchema,
  known: ReturnType<typeof readOnce>,
): Promise<number> {
  const schema = canonicalJson(text)
  const hash = createHash('sha256').update(schema).digest()
  const id = await known(subject, hash)
  if (id !== undefined) return id
  const values = [subject, hash]
  const find = 'select schema_id from schemas where subject = $1 and schema_hash = $2'
  const insert =
    'insert into schemas (subject, schema_hash, schema) values ($1, $2, $3) on conflict do nothing returning schema_id'
  type Row = { schema_id: number }
  // Looked for first, so that no id is wasted; looked for again where somebody else was faster.
  const [row] = await firstWithRows([
    () => database.query<Row>(find, values),
    () => database.query<Row>(insert, [...values, schema]),
    () => database.query<Row>(find, values),
  ])
  if (row === undefined) throw new RegistryError('denied', `registering ${subject}: it was inserted and is not there`)
  return row.schema_id
}

/** All of them with their ids, in the order in which they were registered. */
export async function readSchemas(database: Pick<Database, 'query'>): Promise<readonly (AvroSchema & { id: number })[]> {
  const rows = await database.query<{ schema_id: number; subject: string; schema: string }>(
    'select schema_id, subject, schema from schemas order by schema_id',
  )
  return rows.map(({ schema_id, subject, schema }) => ({ id: schema_id, subject, text: schema }))
}

async function firstWithRows<Row>(queries: readonly (() => Promise<readonly Row[]>)[]): Promise<readonly Row[]> {
  for (const query of queries) {
    const rows = await query()
    if (rows.length > 0) return rows
  }
  return []
}

async function asking<Answer>(what: string, signal: AbortSignal, ask: () => Promise<Answer>): Promise<Answer> {
  if (signal.aborted) throw new RegistryError('aborted', `asking the registry for ${what}: aborted before it began`)
  try {
    return await ask()
  } catch (error) {
    if (error instanceof RegistryError) throw error
    const reason = wordsOf(error)
    throw new RegistryError(codeOf(error), `asking the registry for ${what}: ${reason}`, { cause: error })
  }
}

function codeOf(error: unknown) {
  if (!(error instanceof DatabaseError)) return 'denied'
  if (error.code === 'aborted') return 'aborted'
  return error.retryable || error.code === 'commit-unknown' ? 'unreachable' : 'denied'
}

/** The same schema, whatever its white space and the order of its properties. */
export const canonicalJson = (text: string): string => JSON.stringify(sorted(JSON.parse(text)))

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, content]) => [name, sorted(content)]),
  )
}
