// Pages of what is listed by message, newest first: which rows they have, in an order that an index answers.
import { type Bindings, type OrderColumns, type PageRequest, type Place, pageOrder, rowsToRead } from './page.ts'

/** The order of everything that is listed by message. */
export const orderOf = (alias: string): OrderColumns => ({
  at: `${alias}.occurred_at`,
  arrival: [`${alias}.epoch`, `${alias}.sequence`, `${alias}.ordinal`],
  id: `${alias}.event_id`,
  earlier: [0, 2],
})

/** What a row needs to have of that order, and its place in it. */
export type PlacedRow = { occurredAt: Date; epoch: string; sequence: string; ordinal: string; eventId: string }
export const placeOf = (row: PlacedRow): Place => ({
  at: row.occurredAt,
  arrival: [row.epoch, row.sequence, row.ordinal],
  id: row.eventId,
})

/** `chatId`: any of the chat's addresses, as events carry them. */
export type ListRequest = PageRequest & { instanceId: string; chatId?: string | null }

type Listed = {
  /** What has a row for each entry, `m` in `terms` and `columns`. */
  table: 'messages' | 'listed_media'
  request: ListRequest
  terms: readonly string[]
  /** [a page and one more] */
  limit?: number
  /** Beside those of the order, each after a comma. */
  columns?: string
}

/** A chat's entries are taken from each of its addresses in order, so that an index answers every page. */
export function selectPage(
  { table, request, terms, limit = rowsToRead(request), columns = '' }: Listed,
  { bind }: Bindings,
): string {
  const select = (more: readonly string[]) => `
    select m.event_id, m.occurred_at, m.epoch, m.sequence, m.ordinal${columns} from ${table} m
    where ${[`m.instance_id = ${instance}`, ...terms, ...more].join(' and ')}
    order by ${pageOrder(request, orderOf('m'))} limit ${most}`
  const instance = bind(request.instanceId)
  const most = bind(limit)
  if (request.chatId == null) return select([])
  return `
    select found.*
    from unnest(addresses_of(${instance}, ${bind(request.chatId)})) as a(address)
    cross join lateral (${select(['m.chat_id = a.address'])}) found
    order by ${pageOrder(request, orderOf('found'))} limit ${most}`
}
