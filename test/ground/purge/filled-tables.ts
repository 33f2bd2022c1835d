// Every table of the database with a row of each of some instances, made from what the catalog says of its columns: a table that comes later
// is filled as well, or the test that fills it says what it needs.
import { randomBytes } from 'node:crypto'
import type { Database } from '../../../src/database/database.ts'

type Column = { table: string; column: string; type: string; required: boolean }

export async function readTables(database: Database): Promise<readonly string[]> {
  const rows = await database.query<{ table: string }>(
    `select ${nameOf} as table from information_schema.tables
     where table_schema not in ('information_schema', 'pg_catalog') and table_type = 'BASE TABLE' order by 1`,
  )
  return rows.map(row => row.table)
}

/** Outside of the schema of all others a table is called by its whole name. */
const nameOf = `case table_schema when 'public' then table_name else table_schema || '.' || table_name end`

/** Rows of a table that have the word anywhere in them. */
export async function countNaming(database: Database, table: string, word: string): Promise<number> {
  const [row] = await database.query<{ rows: number }>(
    `select count(*)::int as rows from ${table} t where position($1 in t::text) > 0`,
    [word],
  )
  return row?.rows ?? 0
}

/** A row of each table for the instance, those that others refer to first; rows that belong together have the same ids. */
export async function fillTables(database: Database, instanceId: string, tables: readonly string[]): Promise<void> {
  const columns = await readColumns(database)
  const ids = { event: randomBytes(16).toString('hex'), endpoint: `ep_${randomBytes(12).toString('hex')}` }
  for (const table of [...tables].sort((one, other) => rankOf(one) - rankOf(other))) {
    const filled = columns.filter(one => one.table === table && (one.required || one.column in named(instanceId, ids)))
    const values = filled.map(one => fillOf(one, instanceId, ids))
    await database.query(
      `insert into ${table} (${filled.map(one => `"${one.column}"`).join(', ')})
       values (${filled.map((one, index) => `$${index + 1}::${one.type}`).join(', ')}) on conflict do nothing`,
      values,
    )
  }
}

const readColumns = (database: Database): Promise<readonly Column[]> =>
  database.query<Column>(
    `select ${nameOf} as table, column_name as column, format_type(a.atttypid, a.atttypmod) as type,
            c.is_nullable = 'NO' and c.column_default is null as required
     from information_schema.columns c join pg_attribute a on a.attrelid = format('%I.%I', table_schema, table_name)::regclass and a.attname = column_name
     where table_schema not in ('information_schema', 'pg_catalog') and is_generated = 'NEVER' and is_identity = 'NO' order by ordinal_position`,
  )

/** What others refer to. */
const first = [
  'instance_ids',
  'instance_owners',
  'webhook_endpoints',
  'webhook_waiting_lanes',
  'webhook_media',
  'log_topics',
  'replays',
]
const rankOf = (table: string) => (first.includes(table) ? first.indexOf(table) : first.length)

type Ids = { event: string; endpoint: string }

/** By name, in every table: what says whose a row is, and what the checks ask for. */
const named = (instanceId: string, { event, endpoint }: Ids): Readonly<Record<string, unknown>> => ({
  instance_id: instanceId,
  instance_ids: [instanceId],
  endpoint_id: endpoint,
  delivery_id: `${event}_${endpoint}`,
  event_id: event,
  source_event_id: event,
  lane: `${endpoint}/${instanceId}/5511900000011@s.whatsapp.net`,
  key: instanceId,
  headers: JSON.stringify({ 'event-id': event, 'instance-id': instanceId }),
  event: JSON.stringify({ instanceId, sourceEventId: event }),
  wanted: 'deleted',
  parked_for: 'deleted/0',
  lane_order: 'chat',
  format: 'zaplog',
  state: 'dead',
  rebuild_id: `rb_${event.slice(0, 24)}`,
  compared: JSON.stringify([{ table: 'chats', differing: 1, keys: [[instanceId, '5511900000011@s.whatsapp.net']] }]),
})

function fillOf({ column, type }: Column, instanceId: string, ids: Ids): unknown {
  const value = named(instanceId, ids)[column]
  if (value !== undefined) return value
  if (/json/.test(type)) return '{}'
  if (/int|numeric/.test(type)) return 1
  if (type === 'boolean') return false
  if (/timestamp/.test(type)) return new Date(0)
  if (type === 'bytea') return randomBytes(4)
  if (type === 'bytea[]') return [randomBytes(4)]
  if (type === 'text[]') return []
  if (type === 'uuid') return ids.event
  return `${column} of ${instanceId}`
}
