// What a purge erases of a table: said by the table's owner, who knows its columns, and carried out by the purge (erase-rows.ts).

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
  told: { what: string; from: string } | null
}

/** Rows of a table that name their instance, in whatever way `where` ($1) says. */
export const rowsOf = (table: string, where = 'instance_id = $1'): Erasure => ({
  name: table,
  tables: [table],
  keys: `select ctid::text as key from ${table} where ${where} limit $2 for update`,
  deletes: [`delete from ${table} where ctid = any($1::tid[])`],
  told: null,
})

/** Rows of a table by their key, and what stands in other tables by the same key; those go first. */
export const rowsByKey = (of: { table: string; key: string; where?: string; along?: readonly string[] }): Erasure => {
  const { table, key, where = 'instance_id = $1', along = [] } = of
  return {
    name: table,
    tables: [table, ...along],
    keys: `select ${key} as key from ${table} where ${where} limit $2 for update`,
    deletes: [...along, table].map(one => `delete from ${one} where ${key} = any($1::text[])`),
    told: null,
  }
}

export const told = (erasure: Erasure, what: string, where = 'instance_id = $1'): Erasure => ({
  ...erasure,
  told: { what, from: `${erasure.name} where ${where}` },
})

/** Where a lane names it: lanes are called {endpoint}/{instance}/{chat}. */
export const ofLane = `split_part(lane, '/', 2) = $1`
/** Where the headers of a record that is owed name it. */
export const ofHeaders = `headers ->> 'instance-id' = $1`
