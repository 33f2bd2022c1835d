// Many statements as one: what several owners of tables have to read is one statement, and what they have to write is another. Every statement
// has its price in both processes, whatever it holds, and each of its parts a small one; those without rows are left out where that comes often.
import { createLru, type Lru } from '../runtime/lru.ts'
import type { Transaction } from './database.ts'

/**
 * A statement whose parameters are $1, $2 … of its own. Its text is a constant of the code: a whole is planned once for each list of texts.
 * Rows are given as one JSON parameter (`asRows`): the plan is then the same for one and for thousands, and made once.
 */
type Part = { sql: string; values: readonly unknown[] }
/** Rows come as JSON: bigint and instants are selected as text. `isEmpty`: asked for nothing, it finds nothing [what it asks for is not known]. */
export type Read<Row> = Part & { readonly row?: Row; readonly isEmpty?: boolean }
/** An insert, update or delete. Parts of one whole see the tables as they were before all of them, and no row is for two of them. */
export type Write = Part & { isEmpty: boolean }
/** Of a read that was part of the statement; throws for any other. */
export type Found = <Row>(read: Read<Row>) => readonly Row[]

/** One statement. A read may lock rows, or change them and answer what `returning` says. */
export async function readTogether(tx: Transaction, reads: readonly Read<unknown>[]): Promise<Found> {
  const parts = partsOf(readTexts, reads)
  const [row] =
    parts.length === 0 ? [] : await tx.query<Readonly<Record<string, unknown>>>(textOf(readTexts, parts), valuesOf(parts))
  return <Row>(read: Read<Row>) => {
    if (!reads.includes(read)) throw new Error(`expected one of the ${reads.length} reads of the statement, got ${read.sql}`)
    return (row?.[nameOf(parts.indexOf(read))] ?? []) as readonly Row[]
  }
}

/** One statement; none where there is nothing to write. `texts`: which combinations have one of their own [those of the process]. */
export async function writeTogether(tx: Transaction, writes: readonly Write[], texts = writeTexts): Promise<void> {
  const parts = partsOf(texts, writes)
  if (parts.length > 0) await tx.query(textOf(texts, parts), valuesOf(parts))
}

/**
 * For `json_to_recordset` and `json_populate_recordset`: what is undefined is left out, and null there. What Postgres' text has not, and refuses
 * in JSON, is U+FFFD: NUL, and a surrogate without its other half.
 */
export function asRows(rows: readonly Readonly<Record<string, unknown>>[]): string {
  const text = JSON.stringify(rows)
  if (!text.includes('\\u0000') && !text.includes('\\ud')) return text
  return text.replaceAll(ESCAPES, found => (found.length === ESCAPED_UNIT ? '\ufffd' : found))
}

/** Of JSON.stringify, which escapes no surrogate but a lone one: those that are replaced, and all others, so that none begins in the middle of one. */
const ESCAPES = /\\(?:u0000|ud[89a-f][0-9a-f]{2}|.)/g
const ESCAPED_UNIT = 6

type Texts = {
  known: Map<string, string>
  compose(parts: readonly string[]): string
  /** Combinations that have a statement of their own. */
  own: Lru<true>
  /** How many ever had. */
  made: number
  /** How often others came. */
  times: Map<string, number>
}

/**
 * So many combinations have a statement of their own, once they came so often; the one that was not needed for longest gives way to another, as what
 * comes after a start is not what comes later. Every connection plans, and keeps, each: there are so many at most, ever.
 */
const OWN_STATEMENTS = 32
const MOST_STATEMENTS = 96
const OFTEN = 16

const readTexts: Texts = {
  known: new Map(),
  own: createLru(OWN_STATEMENTS),
  made: 0,
  times: new Map(),
  compose: parts =>
    `with ${parts.map((part, at) => `${nameOf(at)} as (${part})`).join(', ')} select ${parts
      .map((_, at) => `(select json_agg(${nameOf(at)}) from ${nameOf(at)}) as ${nameOf(at)}`)
      .join(', ')}`,
}
export const openWriteTexts = (): Texts => ({
  known: new Map(),
  own: createLru(OWN_STATEMENTS),
  made: 0,
  times: new Map(),
  compose: parts => `with ${parts.map((part, at) => `${nameOf(at)} as (${part})`).join(', ')} select`,
})
const writeTexts = openWriteTexts()

/** Of those that come seldom, whatever is sent: then they are counted from the beginning. */
const MOST_COUNTED = 1024

/** All of them, or those that are not empty where they come together often; none where there is nothing to do. */
function partsOf<One extends Part & { readonly isEmpty?: boolean }>(texts: Texts, parts: readonly One[]): readonly One[] {
  const filled = parts.filter(one => one.isEmpty !== true)
  return filled.length === 0 || filled.length === parts.length || comesOften(texts, keyOf(filled)) ? filled : parts
}

function comesOften(texts: Texts, key: string): boolean {
  const { own, times } = texts
  if (own.get(key) === true) return true
  if (texts.made >= MOST_STATEMENTS) return false
  const before = times.get(key) ?? 0
  if (before < OFTEN) {
    if (times.size >= MOST_COUNTED) times.clear()
    times.set(key, before + 1)
    return false
  }
  times.delete(key)
  own.set(key, true)
  texts.made += 1
  return true
}

const nameOf = (at: number): string => `part_${at}`

/** Composed once for each list of parts, of which there are a handful. */
function textOf(texts: Texts, parts: readonly Part[]): string {
  const key = keyOf(parts)
  const text = texts.known.get(key) ?? texts.compose(numbered(parts))
  texts.known.set(key, text)
  return text
}

/** Texts of parts are constants of the code: each has a number. */
const numbers = new Map<string, number>()

function keyOf(parts: readonly Part[]): string {
  let key = ''
  for (const { sql } of parts) {
    const number = numbers.get(sql) ?? numbers.size
    numbers.set(sql, number)
    key += `${number} `
  }
  return key
}

/** Each part's parameters behind those of the parts before it. */
function numbered(parts: readonly Part[]): readonly string[] {
  let before = 0
  return parts.map(({ sql, values }) => {
    const shifted = sql.replaceAll(/\$(\d+)/g, (_, nth) => `$${before + Number(nth)}`)
    before += values.length
    return shifted
  })
}

const valuesOf = (parts: readonly Part[]): readonly unknown[] => parts.flatMap(part => part.values)
