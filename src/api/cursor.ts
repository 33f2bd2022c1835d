// The place in a list after which the next page begins, as a token that clients do not look into.
import { QueryError } from '../projections/read-model/queries.ts'
import { refuseFields } from './invalid-input.ts'

export const encodeCursor = (parts: readonly string[]): string => Buffer.from(JSON.stringify(parts)).toString('base64url')

/** Of an instant in ms, none of which is later than Postgres knows. */
export const instantPart = /^\d{1,15}$/

/** As many parts as patterns. Throws Problem `invalid-input`. */
export function decodeCursor(cursor: string, patterns: readonly RegExp[]): readonly string[] {
  const parts = parse(cursor)
  if (!Array.isArray(parts) || parts.length !== patterns.length) throw invalidCursor(cursor)
  return patterns.map((pattern, index) => {
    const part: unknown = parts[index]
    if (typeof part !== 'string' || !pattern.test(part)) throw invalidCursor(cursor)
    return part
  })
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
  } catch {
    return null // not one of ours, like everything else that does not fit
  }
}

const invalidCursor = (cursor: string) =>
  refuseFields('parameter', [
    { parameter: 'cursor', expected: 'nextCursor of an earlier page of this list', received: cursor.slice(0, 200) },
  ])

/** For lists that read their own cursors: what they refuse is the reader's mistake. */
export async function readPage<Page>(cursor: string | undefined, read: () => Promise<Page>): Promise<Page> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof QueryError && cursor !== undefined) throw invalidCursor(cursor)
    throw error
  }
}
