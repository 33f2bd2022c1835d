// Instances as the outside sees them: what was asked for (at once) with what the log says became of it (read model).
import type { Transaction } from '../../database/database.ts'
import type { Read } from '../../database/statement-parts.ts'
import { instanceIdPattern, isKept, isThere, reservedIds } from '../../instances/instance-ids.ts'
import type { Settings } from '../../instances/instance-settings.ts'
import { decodeCursor, encodeCursor } from '../cursor.ts'
import { instanceNotFound } from '../problems.ts'
import type { Instance } from './instance-shapes.ts'

type Row = {
  instance_id: string
  name: string
  settings: Settings
  state: string | null
  reason: string | null
  reason_text: string | null
  state_at: Date | null
  phone: string | null
  lid: string | null
  same_phone_as: string[] | null
  epoch: string | null
  reserved_at: Date
  created_micros: string
}

/** Exact: milliseconds would make two instances one place in the list. */
const createdMicros = '(extract(epoch from ids.reserved_at) * 1000000)::bigint'
/** The instant again; null: the end of all time, which the first page comes before. */
const instantOf = (micros: string) =>
  `coalesce('epoch'::timestamptz + ${micros}::bigint * interval '1 microsecond', 'infinity'::timestamptz)`
const selectAll = `
  select ids.instance_id, ids.name, ids.settings, ids.reserved_at, ${createdMicros} as created_micros,
    seen.state, seen.reason, seen.reason_text, seen.state_at, seen.phone, seen.lid, seen.epoch,
    (select array_agg(other.instance_id order by other.instance_id)
     from instances other
     where other.phone = seen.phone and other.instance_id <> seen.instance_id and ${isKept('other.instance_id')}
       and 'logged-out' not in (other.state, seen.state)) as same_phone_as
  from ${reservedIds} ids left join instances seen using (instance_id)`
const select = `${selectAll} where ids.is_kept`

/** Throws Problem `instance-not-found`, also where it was deleted. */
export async function readInstance(database: Transaction, id: string): Promise<Instance> {
  const [row] = await database.query<Row>(`${select} and ids.instance_id = $1`, [id])
  if (row === undefined) throw instanceNotFound(id)
  return instanceOf(row)
}

/** None where there is no such instance, or no more. */
export const stateRead = (id: string): Read<{ state: string }> => ({
  sql: `select coalesce(seen.state, 'created') as state from ${reservedIds} ids left join instances seen using (instance_id) where ids.is_kept and ids.instance_id = $1`,
  values: [id],
})

/** By their ids, of those that there are. */
export async function statesOf(database: Transaction, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const rows = await database.query<{ instance_id: string; state: string }>(
    `select ids.instance_id, coalesce(seen.state, 'created') as state from ${reservedIds} ids left join instances seen using (instance_id)
     where ids.is_kept and ids.instance_id = any($1::text[])`,
    [ids],
  )
  return new Map(rows.map(row => [row.instance_id, row.state]))
}

/** Also one that was deleted. Throws Problem `instance-not-found` where there never was one. */
export async function readEvenDeleted(database: Transaction, id: string): Promise<Instance> {
  const [row] = await database.query<Row>(`${selectAll} where ids.instance_id = $1`, [id])
  if (row === undefined) throw instanceNotFound(id)
  return instanceOf(row)
}

/** Whether its phone was told after the link was gone last. */
export async function isLinked(database: Transaction, id: string): Promise<boolean> {
  const [row] = await database.query<{ is_linked: boolean }>(
    `select phone is not null and (unlinked_epoch is null or (phone_epoch, phone_sequence) > (unlinked_epoch, unlinked_sequence)) as is_linked
     from instances where instance_id = $1`,
    [id],
  )
  return row?.is_linked === true
}

/** Throws Problem `instance-not-found`. */
export async function demandInstance(database: Transaction, id: string): Promise<void> {
  if (!(await isThere(database, id))) throw instanceNotFound(id)
}

/** Those that a phone of these digits is linked to. */
export const instancesOfPhone = async (database: Transaction, phone: string): Promise<readonly Instance[]> =>
  (await database.query<Row>(`${select} and seen.phone = $1 and seen.state <> 'logged-out' order by 1`, [phone])).map(instanceOf)

type Page = { cursor?: string | undefined; limit: number; after?: number | undefined; before?: number | undefined }

export async function listInstances(database: Transaction, page: Page): Promise<{ data: Instance[]; nextCursor: string | null }> {
  const [cursorMicros = null, cursorId = null] =
    page.cursor === undefined ? [] : decodeCursor(page.cursor, [/^\d{1,18}$/, instanceIdPattern])
  const rows = await database.query<Row>(
    `${select}
      and (ids.reserved_at, ids.instance_id) < (${instantOf('$1')}, $2)
      and ids.reserved_at >= coalesce(to_timestamp($3::float8 / 1000), '-infinity')
      and ids.reserved_at < coalesce(to_timestamp($4::float8 / 1000), 'infinity')
    order by ids.reserved_at desc, ids.instance_id desc limit $5`,
    [cursorMicros, cursorId, page.after ?? null, page.before ?? null, page.limit + 1],
  )
  const shown = rows.slice(0, page.limit)
  const last = shown.at(-1)
  const nextCursor = last !== undefined && rows.length > page.limit ? encodeCursor([last.created_micros, last.instance_id]) : null
  return { data: shown.map(instanceOf), nextCursor }
}

const instanceOf = (row: Row): Instance => ({
  id: row.instance_id,
  name: row.name,
  state: row.state ?? 'created',
  reason: row.reason,
  reasonText: row.reason_text,
  stateAt: (row.state_at ?? row.reserved_at).toISOString(),
  phone: row.phone,
  lid: row.lid,
  ...(row.same_phone_as !== null && { samePhoneAs: row.same_phone_as }),
  epoch: Number(row.epoch ?? 0),
  settings: row.settings,
  createdAt: row.reserved_at.toISOString(),
})
