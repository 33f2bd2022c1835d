// Pages of a list, newest first: what is inserted meanwhile is newer than every cursor and moves nothing.
import { isoInstant } from '../../runtime/calendar.ts'

export type PageRequest = {
  /** From the page before; anything else throws QueryError. */
  cursor?: string | null
  /** 1..200 [50]. */
  limit?: number
  /** Epoch milliseconds, inclusive. */
  after?: number | null
  /** Epoch milliseconds, exclusive. */
  before?: number | null
}
export type Page<T> = { data: readonly T[]; nextCursor: string | null }

export class QueryError extends Error {
  override name = 'QueryError'
  readonly code = 'invalid-cursor'
  readonly retryable = false
}

export const MAX_LIMIT = 200
const DEFAULT_LIMIT = 50

/** The parameters of one statement, numbered as they are bound. */
export type Bindings = { values: unknown[]; bind(value: unknown): string }
export function createBindings(): Bindings {
  const values: unknown[] = []
  return { values, bind: value => `$${values.push(value)}` }
}

/** One row more than the page has tells whether there is another one. */
export const rowsToRead = (request: PageRequest): number =>
  Math.min(Math.max(Math.trunc(request.limit ?? DEFAULT_LIMIT), 1), MAX_LIMIT) + 1

/** Conditions of a page, for columns that order it: an instant and a text that tells equal instants apart. */
export function pageTerms(request: PageRequest, columns: { at: string; id: string }, { bind }: Bindings): readonly string[] {
  const terms: string[] = []
  if (request.after != null) terms.push(`${columns.at} >= ${bind(isoInstant(request.after))}::timestamptz`)
  if (request.before != null) terms.push(`${columns.at} < ${bind(isoInstant(request.before))}::timestamptz`)
  if (request.cursor != null) {
    const { at, id } = parseCursor(request.cursor)
    terms.push(`(${columns.at}, ${columns.id}) < (${bind(isoInstant(at))}::timestamptz, ${bind(id)}::text)`)
  }
  return terms
}

export function toPage<Row, T>(
  rows: readonly Row[],
  request: PageRequest,
  of: { place(row: Row): { at: Date; id: string }; item(row: Row): T },
): Page<T> {
  const size = rowsToRead(request) - 1
  const data = rows.slice(0, size)
  const last = data.at(-1)
  const nextCursor = rows.length > size && last !== undefined ? formatCursor(of.place(last)) : null
  return { data: data.map(of.item), nextCursor }
}

const formatCursor = ({ at, id }: { at: Date; id: string }): string =>
  Buffer.from(JSON.stringify([at.getTime(), id])).toString('base64url')

function parseCursor(cursor: string): { at: number; id: string } {
  const parts = parseJson(Buffer.from(cursor, 'base64url').toString())
  const [at, id] = Array.isArray(parts) ? parts : []
  if (typeof at === 'number' && Number.isFinite(at) && typeof id === 'string' && !id.includes('\0')) return { at, id }
  throw new QueryError('reading a page: expected a nextCursor of an earlier page as cursor')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null // what is no JSON is no cursor
  }
}

export const isoOrNull = (at: Date | null): string | null => (at === null ? null : at.toISOString())
