// Instances as their events tell them. A deleted one stays as a row, because its id is never given out again.
import type { Transaction } from '../../database/database.ts'
import { createBindings, isoOrNull, type Page, type PageRequest, pageTerms, rowsToRead, toPage } from './page.ts'

export type InstanceAnswer = {
  id: string
  name: string | null
  state: string
  reason: string | null
  reasonText: string | null
  stateAt: string | null
  phone: string | null
  lid: string | null
  epoch: number
  settings: Readonly<Record<string, unknown>>
  createdAt: string | null
  deletedAt: string | null
}

/** Newest first; deleted ones only where asked for. */
export async function listInstances(
  database: Transaction,
  request: PageRequest & { includeDeleted?: boolean },
): Promise<Page<InstanceAnswer>> {
  const bindings = createBindings()
  const terms = [...pageTerms(request, { at: bornAt, arrival: [], id: 'i.instance_id' }, bindings)]
  if (request.includeDeleted !== true) terms.push('i.deleted_at is null')
  const rows = await database.query<Row>(
    `select i.*, ${bornAt} as born_at from instances i ${terms.length === 0 ? '' : `where ${terms.join(' and ')}`}
     order by born_at desc, i.instance_id desc limit ${bindings.bind(rowsToRead(request))}`,
    bindings.values,
  )
  return toPage(rows, request, { place: row => ({ at: row.born_at, arrival: [], id: row.instance_id }), item: describe })
}

/** Also a deleted one, with `deletedAt`. null: no event of it has been projected. */
export async function getInstance(database: Transaction, instanceId: string): Promise<InstanceAnswer | null> {
  const [row] = await database.query<Row>(`select i.*, ${bornAt} as born_at from instances i where i.instance_id = $1`, [
    instanceId,
  ])
  return row === undefined ? null : describe(row)
}

const bornAt = "coalesce(i.created_at, 'epoch'::timestamptz)"

type Row = {
  instance_id: string
  name: string | null
  settings: Readonly<Record<string, unknown>>
  state: string
  reason: string | null
  reason_text: string | null
  state_at: Date | null
  phone: string | null
  lid: string | null
  epoch: string
  created_at: Date | null
  deleted_at: Date | null
  born_at: Date
}

const describe = (row: Row): InstanceAnswer => ({
  id: row.instance_id,
  name: row.name,
  state: row.state,
  reason: row.reason,
  reasonText: row.reason_text,
  stateAt: isoOrNull(row.state_at),
  phone: row.phone,
  lid: row.lid,
  epoch: Number(row.epoch),
  settings: row.settings,
  createdAt: isoOrNull(row.created_at),
  deletedAt: isoOrNull(row.deleted_at),
})
