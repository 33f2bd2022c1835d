// Makes a kept database as old as one that was stopped just now: what zaplog compares with the clock moves along with it, so that a fixture
// is the same in years: nothing in it runs out, and what was due within minutes is due.
import { openSession } from '../../src/database/session.ts'

/** Tables whose instants are compared with now(): leases, retention, retries, holds. What events say of themselves stays as it was. */
const COMPARED =
  '^(log_(?!identity)|webhook_|projection_(outbox|checkpoints)|instance_(qr|owners|tallies)|commands$|history_syncs$|sealed_messages$|message_secrets$)'
const never = new AbortController().signal

/** Every timestamp of those tables, `byMs` later. */
export async function shiftInstants(url: string, byMs: number): Promise<void> {
  const session = await openSession({ url, applicationName: 'kept fixture', statementTimeoutMs: 60_000 }, never)
  try {
    const tables = await session.query<{ name: string; assignments: string }>(
      `select c.relname as name, string_agg(format('%1$I = %1$I + $1 * interval ''1 millisecond''', a.attname), ', ') as assignments
         from pg_class c join pg_attribute a on a.attrelid = c.oid
        where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname ~ $1
          and a.atttypid = 'timestamptz'::regtype and a.attnum > 0 and not a.attisdropped
        group by c.relname`,
      [COMPARED],
    )
    for (const { name, assignments } of tables)
      await session.query(`update ${name} set ${assignments.replaceAll('$1', '$1::float8')}`, [byMs])
  } finally {
    await session.close()
  }
}
