// What a Postgres is, for whoever explains why zaplog can or cannot use it: asked over one connection, and nothing is changed.
import type { TLSSocket } from 'node:tls'
import pg from 'pg'
import { orAbort } from '../runtime/or-abort.ts'
import { type ComparedMigrations, compareMigrations } from './compare-migrations.ts'
import { destroy } from './connection.ts'
import { type ConnectionTarget, connectionSettings, describeTarget } from './connection-settings.ts'
import { DatabaseError } from './database.ts'
import { toDatabaseError } from './postgres-errors.ts'

export type PostgresFacts = {
  version: string
  major: number
  encoding: string
  /** It takes no writes: the primary is elsewhere. */
  isStandby: boolean
  /** Schemas in the database, and tables in its schema public. */
  canCreate: boolean
  /** Its clock less ours, in the middle of the question. */
  clockSkewMs: number
  migrations: ComparedMigrations
  /** ours: of every zaplog that is connected. */
  connections: { most: number; taken: number; ours: number }
  /** null: without TLS. */
  certificateEndsAt: number | null
}

/** Rejects DatabaseError. */
export async function readPostgresFacts(target: ConnectionTarget, signal: AbortSignal): Promise<PostgresFacts> {
  const doing = `looking at ${describeTarget(target)}`
  const client = new pg.Client(connectionSettings(target))
  client.on('error', () => undefined) // its query rejects as well
  const aborted = () => new DatabaseError('aborted', `${doing}: told to stop (aborted)`)
  try {
    return await orAbort(ask(client), aborted, signal)
  } catch (error) {
    throw toDatabaseError({ doing, error })
  } finally {
    destroy(client)
  }
}

async function ask(client: pg.Client): Promise<PostgresFacts> {
  await client.connect()
  const askedAt = Date.now()
  const { rows } = await client.query<Row>(question)
  const answeredAt = Date.now()
  const [row] = rows
  if (row === undefined) throw new Error('expected an answer, got none')
  const { version, major, encoding, isStandby, canCreate, nowMs, most, taken, ours } = row
  return {
    ...{ version, major, encoding, isStandby, canCreate },
    clockSkewMs: Math.round(Number(nowMs) - (askedAt + answeredAt) / 2),
    migrations: await compareMigrations(client),
    connections: { most, taken, ours },
    certificateEndsAt: endOf(client),
  }
}

type Row = Pick<PostgresFacts, 'version' | 'major' | 'encoding' | 'isStandby' | 'canCreate'> &
  PostgresFacts['connections'] & { nowMs: string }

/** What everybody may ask: of others' sessions no more than what they are called. */
const question = `
  select current_setting('server_version') as version, current_setting('server_version_num')::integer / 10000 as major,
    current_setting('server_encoding') as encoding, pg_is_in_recovery() as "isStandby",
    has_database_privilege(current_database(), 'create') and has_schema_privilege('public', 'create') as "canCreate",
    (extract(epoch from clock_timestamp()) * 1000)::text as "nowMs",
    current_setting('max_connections')::integer - current_setting('superuser_reserved_connections')::integer as most,
    (select sum(numbackends)::integer from pg_stat_database) as taken,
    (select count(*)::integer from pg_stat_activity where application_name like 'zaplog %' or application_name = 'zaplog') as ours`

/** The driver gives the socket no other name. */
function endOf(client: pg.Client): number | null {
  const { stream } = (client as unknown as { connection: { stream: Partial<TLSSocket> } }).connection
  const endsAt = Date.parse(stream.getPeerCertificate?.().valid_to ?? '')
  return Number.isNaN(endsAt) ? null : endsAt
}
