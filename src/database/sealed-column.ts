// In which columns there are sealed values: said by the owner of each table, and sealed anew by whoever walks through all of them (walk-sealed.ts).

type KeyType = 'text' | 'integer' | 'bigint' | 'bytea'

export type SealedColumn = {
  table: string
  column: string
  /** The table's primary key: its columns in their order, and the type of each. */
  key: Readonly<Record<string, KeyType>>
  /** What a row's value is sealed for, of the row's key: text as it is, numbers in digits, bytes in hex. */
  place(...key: readonly string[]): string
}

/** Said by whoever knows the table, where another file knows what its values are sealed for. */
export type SealedIn = Omit<SealedColumn, 'place'>

/** `keys`: how many values there are under each key as this leaves them; those from before keys had ids under `unmarked`. */
export type SealedPage = {
  keys: Readonly<Record<string, number>>
  /** Values that were sealed anew. */
  resealed: number
  /** Where the next page begins; null: this was the last one. */
  next: SealedPlace | null
}
/** Table and column, and the key of the row behind which it is. */
export type SealedPlace = readonly [string, ...string[]]

/**
 * One bounded step through all sealed values. `reseal`: what is not under the key that seals now is sealed anew, each only while it is what was
 * read; what somebody else writes at that moment, or what no key opens, is left and counted as it is. Rejects UnknownPlace.
 */
export type WalkSealed = (from: SealedPlace | null, how: { reseal: boolean }) => Promise<SealedPage>

/** No page begins there: the place is of another version, or was never one. */
export class UnknownPlace extends Error {
  override name = 'UnknownPlace'
}

export const unmarked = 'unmarked'
