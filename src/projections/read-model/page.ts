// Pages of a list, newest first, what happened at one instant in the order it arrived: what is inserted meanwhile is newer than every
// cursor and moves nothing.
import { isoInstant } from '../../runtime/calendar.ts'
import { CodedError } from '../../runtime/coded-error.ts'

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
export type Page<T> = { data: T[]; nextCursor: string | null }

export class QueryError extends CodedError<'invalid-cursor'> {
  override name = 'QueryError'
  readonly port = 'read-model'
  constructor(message: string) {
    super({ code: 'invalid-cursor', message, retryable: false })
  }
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

/**
 * What orders a list: an instant; `arrival`, because WhatsApp's clock has whole seconds: bigint columns that tell the order of arrival;
 * and an id for what is left. `earlier`: how many of `arrival` cursors of earlier versions know [none, as in 0.1.0].
 */
export type OrderColumns = { at: string; arrival: readonly string[]; id: string; earlier?: readonly number[] }
/** A row's values of these columns; bigint as node-postgres gives it. */
export type Place = { at: Date; arrival: readonly string[]; id: string }

/** Conditions of a page. */
export function pageTerms(request: PageRequest, columns: OrderColumns, { bind }: Bindings): readonly string[] {
  const terms: string[] = []
  if (request.after != null) terms.push(`${columns.at} >= ${bind(isoInstant(request.after))}::timestamptz`)
  if (request.before != null) terms.push(`${columns.at} < ${bind(isoInstant(request.before))}::timestamptz`)
  const last = placeIn(request)
  if (last === null) return terms
  const { at, arrival, id } = followed(columns, last)
  const numbers = last.arrival.map(number => `${bind(number)}::bigint`)
  const values = [`${bind(isoInstant(last.at))}::timestamptz`, ...numbers, `${bind(last.id)}::text`]
  return [...terms, `(${[at, ...arrival, id].join(', ')}) < (${values.join(', ')})`]
}

/** What a page is ordered by. */
export function pageOrder(request: PageRequest, columns: OrderColumns): string {
  const last = placeIn(request)
  const { at, arrival, id } = last === null ? columns : followed(columns, last)
  return [at, ...arrival, id].map(column => `${column} desc`).join(', ')
}

/** A list that was begun in an earlier version, whose cursors know less of the arrival, ends in the order in which it began. */
function followed({ at, arrival, id, earlier = [0] }: OrderColumns, last: PlaceInList): OrderColumns {
  const known = last.arrival.length
  if (known !== arrival.length && !earlier.includes(known)) throw noCursor()
  return { at, arrival: arrival.slice(0, known), id }
}

export function toPage<Row, T>(
  rows: readonly Row[],
  request: PageRequest,
  of: { place(row: Row): Place; item(row: Row): T },
): Page<T> {
  const size = rowsToRead(request) - 1
  const data = rows.slice(0, size)
  const last = data.at(-1)
  const nextCursor = rows.length > size && last !== undefined ? formatCursor(of.place(last), placeIn(request)) : null
  return { data: data.map(of.item), nextCursor }
}

const formatCursor = ({ at, arrival, id }: Place, before: PlaceInList | null): string =>
  Buffer.from(JSON.stringify([at.getTime(), ...arrival.slice(0, before?.arrival.length), id])).toString('base64url')

type PlaceInList = { at: number; arrival: readonly string[]; id: string }

/** null: the first page. Throws QueryError. */
function placeIn({ cursor }: PageRequest): PlaceInList | null {
  if (cursor == null) return null
  const parts = parseJson(Buffer.from(cursor, 'base64url').toString())
  const [at, ...rest] = Array.isArray(parts) ? parts : []
  const [id, arrival] = [rest.at(-1), rest.slice(0, -1)]
  if (typeof at !== 'number' || !Number.isFinite(at) || typeof id !== 'string' || id.includes('\0') || !arrival.every(isBigint))
    throw noCursor()
  return { at, arrival, id }
}

const noCursor = () => new QueryError('reading a page: expected a nextCursor of an earlier page as cursor')

const isBigint = (value: unknown): value is string =>
  typeof value === 'string' && /^-?\d{1,19}$/.test(value) && BigInt.asIntN(64, BigInt(value)) === BigInt(value)

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null // what is no JSON is no cursor
  }
}
