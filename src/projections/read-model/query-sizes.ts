// How many rows a table of the live version has, by the statistics of Postgres, which know nothing of views.
import { liveVersions } from '../go-live.ts'
import { readModelName, type TableName } from './tables.ts'

/** An expression of SQL: 0 until the table was analysed once. */
export const estimatedRows = (table: TableName): string =>
  `(select greatest(c.reltuples, 0)::float8
    from ${liveVersions} l
    join pg_namespace n on n.nspname = replace(l.projection, '-', '_') || '_' || l.version
    join pg_class c on c.relnamespace = n.oid and c.relname = '${table}'
    where l.projection = '${readModelName}')`
