// Who works with a database says with each session which migrations it knows, so that nobody takes tables away from under it; and what
// has been taken away meanwhile refuses it.
//
// A session takes its place behind a gate: it locks the number of its last migration for as long as it lives, and then asks what is
// needed. Whoever applies migrations that not everybody can live with holds the gate closed from before it looks who is there until they
// are committed: one that came before is seen, and one that comes later finds them.
import type pg from 'pg'
import { askRunsFrom } from './compare-migrations.ts'
import type { Connection } from './connection.ts'
import { type ConnectionTarget, describeTarget } from './connection-settings.ts'
import { DatabaseError } from './database.ts'

/** A newer version has changed the database in a way that this process does not know: nothing but its end mends that. */
export class OutdatedProcess extends DatabaseError {
  override name = 'OutdatedProcess'
}

/** 'zapl' as a number, and which of its locks. */
const gate = '2053206124, 3'
/** 'zapv': of sessions by the number that they know. */
const sessions = 2053206134

/** Rejects OutdatedProcess, and DatabaseError `timeout` while the gate is closed; the session is of no use then. */
export async function admit(
  connection: Pick<Connection, 'query'>,
  target: Pick<ConnectionTarget, 'url' | 'knows'>,
): Promise<void> {
  const { knows } = target
  if (knows === undefined) return
  const [row] = await connection.query<{ runsFrom: number }>(
    `select pg_advisory_xact_lock_shared(${gate}), pg_advisory_lock_shared(${sessions}, ${knows}); ${askRunsFrom}`,
  )
  if (row === undefined || row.runsFrom <= knows) return
  throw new OutdatedProcess(
    'misconfigured',
    `connecting to ${describeTarget(target)}: a newer zaplog has changed this database for processes that know migration ${padded(row.runsFrom)}, and this one knows those up to ${padded(knows)}: stop it, and start that version or a later one (misconfigured)`,
  )
}

/** Until the session ends no other is admitted. */
export const closeGate = async (client: pg.Client): Promise<void> => void (await client.query(`select pg_advisory_lock(${gate})`))

export type OlderSessions = { address: string; names: readonly string[]; knows: number | null }

/** Of processes that do not know migration `runsFrom`, by where they are. `knows` null: of a version from before sessions said so. */
export async function findOlder(client: pg.Client, runsFrom: number): Promise<readonly OlderSessions[]> {
  const { rows } = await client.query<OlderSessions>(
    `select coalesce(host(a.client_addr), 'this machine') as address, l.knows,
       array_agg(distinct a.application_name::text order by a.application_name::text) as names
      from pg_stat_activity a left join (
           select pid, objid::bigint::integer as knows from pg_locks
            where locktype = 'advisory' and granted and classid = ${sessions}::bigint::oid and objsubid = 2
              and database = (select oid from pg_database where datname = current_database())) l using (pid)
     where a.datname = current_database() and a.pid <> pg_backend_pid()
       and (l.knows < $1 or (l.knows is null and a.application_name ~ '^zaplog( |$)' and a.application_name !~ '^zaplog (migrate|probe)'))
     group by 1, 2 order by 1, 2`,
    [runsFrom],
  )
  return rows
}

export const describeOlder = (older: readonly OlderSessions[]): string =>
  older
    .map(({ address, names, knows }) => {
      const which = knows === null ? 'of an earlier version' : `which knows migrations up to ${padded(knows)}`
      return `a zaplog at ${address} (${names.join(', ')}), ${which}`
    })
    .join('; ')

const padded = (migration: number): string => String(migration).padStart(4, '0')
