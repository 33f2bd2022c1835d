// A Postgres that refuses rows, as one does whose disk is full, or to which a value is no value.
import type { Database } from '../../../src/database/database.ts'

type Refusal = { table: string; sqlState: string /** Of the row, `new`; default: every row. */; when?: string }

/** Every write of such a row is refused with this SQLSTATE, by Postgres itself, until acceptWrites. */
export const refuseWrites = ({ database }: { database: Database }, { table, sqlState, when = 'true' }: Refusal) =>
  database.query(
    `create function refuse() returns trigger language plpgsql as $$ begin
       if ${when} then raise exception 'refused for the test' using errcode = '${sqlState}'; end if; return new; end $$;
     create trigger refused before insert or update on ${table} for each row execute function refuse()`,
  )

export const acceptWrites = ({ database }: { database: Database }) => database.query('drop function refuse() cascade')
