// A Postgres that refuses rows, as one does whose disk is full, or to which a value is no value.
import type { Database } from '../../../src/database/database.ts'

type Refusal = { table: string; sqlState: string /** Of the row, `new`; default: every row. */; when?: string }

/** Every write of such a row is refused with this SQLSTATE, by Postgres itself, until acceptWrites. */
export const refuseWrites = ({ database }: { database: Database }, { table, sqlState, when = 'true' }: Refusal) =>
  database.query(
    `create sequence refusals;
     create function refuse() returns trigger language plpgsql as $$ begin
       if ${when} then perform nextval('refusals'); raise exception 'refused for the test' using errcode = '${sqlState}'; end if;
       return new; end $$;
     create trigger refused before insert or update on ${table} for each row execute function refuse()`,
  )

export const acceptWrites = ({ database }: { database: Database }) =>
  database.query('drop function refuse() cascade; drop sequence refusals')

/** A sequence counts what is rolled back, too. */
export async function wasRefused({ database }: { database: Database }): Promise<boolean> {
  const [row] = await database.query<{ refused: boolean }>('select is_called as refused from refusals')
  return row?.refused ?? false
}
