// Many statements as one: what several owners of tables have to read is one statement, and what they have to write is another. Every statement
// has its price in both processes, whatever it holds; one with a dozen parts, most of them without rows, costs hardly more than one.
import { committingLazily } from './commit-lazily.ts'
import type { Transaction } from './database.ts'

/**
 * A statement whose parameters are $1, $2 … of its own. Its text is a constant of the code: a whole is planned once for each list of texts.
 * Rows are given as one JSON parameter (`asRows`): the plan is then the same for one and for thousands, and made once.
 */
type Part = { sql: string; values: readonly unknown[] }
/** Rows come as JSON: bigint and instants are selected as text. */
export type Read<Row> = Part & { readonly row?: Row }
/** An insert, update or delete. Parts of one whole see the tables as they were before all of them, and no row is for two of them. */
export type Write = Part & { isEmpty: boolean }
/** Of a read that was part of the statement; throws for any other. */
export type Found = <Row>(read: Read<Row>) => readonly Row[]

/** One statement. A read may lock rows, or change them and answer what `returning` says. */
export async function readTogether(tx: Transaction, reads: readonly Read<unknown>[]): Promise<Found> {
  const [row] = await tx.query<Readonly<Record<string, unknown>>>(textOf(readTexts, reads), valuesOf(reads))
  return <Row>(read: Read<Row>) => {
    const at = reads.indexOf(read)
    if (at === -1) throw new Error(`expected one of the ${reads.length} reads of the statement, got ${read.sql}`)
    return (row?.[nameOf(at)] ?? []) as readonly Row[]
  }
}

/** One statement; none where there is nothing to write. `isLazy`: no promise rests on it (commit-lazily.ts). */
export async function writeTogether(tx: Transaction, writes: readonly Write[], { isLazy = false } = {}): Promise<void> {
  if (writes.every(one => one.isEmpty)) return
  await tx.query(textOf(isLazy ? lazyTexts : writeTexts, writes), valuesOf(writes))
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

type Texts = { known: { of: readonly string[]; text: string }[]; compose(parts: readonly string[]): string }

const readTexts: Texts = {
  known: [],
  compose: parts =>
    `with ${parts.map((part, at) => `${nameOf(at)} as (${part})`).join(', ')} select ${parts
      .map((_, at) => `(select json_agg(${nameOf(at)}) from ${nameOf(at)}) as ${nameOf(at)}`)
      .join(', ')}`,
}
const writingThen = (answer: string): Texts => ({
  known: [],
  compose: parts => `with ${parts.map((part, at) => `${nameOf(at)} as (${part})`).join(', ')} select ${answer}`,
})
const writeTexts = writingThen('')
const lazyTexts = writingThen(committingLazily)

const nameOf = (at: number): string => `part_${at}`

/** Composed once for each list of parts, of which the code has a handful. */
function textOf(texts: Texts, parts: readonly Part[]): string {
  const known = texts.known.find(({ of }) => of.length === parts.length && parts.every((part, at) => part.sql === of[at]))
  if (known !== undefined) return known.text
  const text = texts.compose(numbered(parts))
  texts.known.push({ of: parts.map(part => part.sql), text })
  return text
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
