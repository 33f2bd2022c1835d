// What a purge erases of a table: said by the table's owner, who knows its columns, and carried out by the purge (erase-rows.ts).

/** What people call what there is of an instance, in the order in which they are told. */
export const heldWords = ['messages', 'contacts', 'chats', 'files', 'deliveries'] as const
export type HeldWord = (typeof heldWords)[number]

export type Erasure = {
  /** Shown and counted under this name. */
  name: string
  /** Every table that loses rows by it; the first one's are counted. */
  tables: readonly string[]
  /** `key`s of at most $2 rows of the instance $1, locked: what is under way on them is over, or finds them gone. */
  keys: string
  /** In this order, each by the keys as $1. */
  deletes: readonly string[]
  /** What people call its rows, and those of the instance $1 that are worth telling, for `from`; null: nobody asks for them. */
  told: { what: HeldWord; from: string } | null
}

/** Rows of a table that name their instance, in whatever way `where` ($1) says. */
export const rowsOf = (table: string, where = 'instance_id = $1'): Erasure => ({
  name: table,
  tables: [table],
  keys: `select ctid::text as key from ${table} where ${where} limit $2 for update`,
  deletes: [`delete from ${table} where ctid = any($1::tid[])`],
  told: null,
})

/** What stands in another table by the same key, and goes with it. */
export type Along = { table: string; delete: string }

export const alongBy = (table: string, key: string): Along => ({
  table,
  delete: `delete from ${table} where ${key} = any($1::text[])`,
})

/** Rows of a table by their key, and before them what goes along. */
export function rowsByKey(of: { table: string; key: string; where?: string; along?: readonly Along[] }): Erasure {
  const { table, key, where = 'instance_id = $1', along = [] } = of
  return {
    name: table,
    tables: [table, ...along.map(one => one.table)],
    keys: `select ${key} as key from ${table} where ${where} limit $2 for update`,
    deletes: [...along, alongBy(table, key)].map(one => one.delete),
    told: null,
  }
}

export const told = (erasure: Erasure, what: HeldWord, where = 'instance_id = $1'): Erasure => ({
  ...erasure,
  told: { what, from: `${erasure.name} where ${where}` },
})

/** Where a lane names it: lanes are called {endpoint}/{instance}/{chat}. */
export const ofLane = `split_part(lane, '/', 2) = $1`
/** Where the headers of a record that is owed name it. */
export const ofHeaders = `headers ->> 'instance-id' = $1`
