// How every connection is made: bounded in all it waits for, durable by its own word, TLS verified or absent, never in between.
import type { ClientConfig } from 'pg'
import { DatabaseError } from './database.ts'

export type ConnectionTarget = {
  url: string
  /** PEM; setting it demands TLS whatever the URL says. */
  sslCa?: string | null
  applicationName: string
  /** Where the log is that the session's process works with: a database whose log has moved refuses sessions that do not know it. */
  log?: 'postgres' | 'kafka'
  /** The number of the last migration that the session's process knows: where the database needs later ones it is refused. Default: it may do anything. */
  knows?: number
  /** 0 is unbounded. */
  statementTimeoutMs?: number
  lockTimeoutMs?: number
}

export const CONNECT_TIMEOUT_MS = 10_000
export const STATEMENT_TIMEOUT_MS = 30_000
const LOCK_TIMEOUT_MS = 5_000
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 60_000
const KEEPALIVE_AFTER_MS = 5_000

// The server's own defaults may say otherwise; an acknowledged message is lost where synchronous_commit is off.
// The keepalives let the server notice within 25 s that our machine is gone, and free its locks.
const sessionSettings = [
  'synchronous_commit=on',
  'DateStyle=ISO',
  'TimeZone=UTC',
  'tcp_keepalives_idle=10',
  'tcp_keepalives_interval=5',
  'tcp_keepalives_count=3',
]

/** Throws DatabaseError `misconfigured` for what is no URL; the message never shows it, because it may hold a password. */
export function connectionSettings(target: ConnectionTarget): ClientConfig {
  const url = parseUrl(target.url)
  const ssl = takeTls(url, target.sslCa ?? null)
  const settings = [...sessionSettings, ...(target.log === undefined ? [] : [`zaplog.log=${target.log}`])]
  const options = [url.searchParams.get('options') ?? '', ...settings.map(setting => `-c ${setting}`)]
  url.searchParams.delete('options')
  return {
    connectionString: url.href,
    ssl,
    options: options.join(' ').trim(),
    application_name: target.applicationName,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: target.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS,
    lock_timeout: target.lockTimeoutMs ?? LOCK_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEPALIVE_AFTER_MS,
  }
}

/** host:port/database, for messages and logs. */
export function describeTarget(target: Pick<ConnectionTarget, 'url'>): string {
  const url = parseUrl(target.url)
  return `${url.searchParams.get('host') ?? url.hostname}:${url.port || 5432}${url.pathname}`
}

function parseUrl(text: string): URL {
  if (URL.canParse(text)) return new URL(text)
  throw new DatabaseError('misconfigured', 'reading the database URL: expected postgres://user:password@host:port/database')
}

/**
 * sslmode disable (or none, without a CA) is plain; no-verify encrypts only; everything else verifies certificate and name.
 * The driver reads these parameters before our settings and changes their meaning between majors: they are taken out.
 */
function takeTls(url: URL, sslCa: string | null): ClientConfig['ssl'] {
  const mode = url.searchParams.get('sslmode')
  for (const name of ['sslmode', 'ssl', 'uselibpqcompat', ...(sslCa === null ? [] : ['sslrootcert'])])
    url.searchParams.delete(name)
  if (sslCa !== null) return { ca: sslCa, rejectUnauthorized: true }
  if (mode === null || mode === 'disable') return false
  return { rejectUnauthorized: mode !== 'no-verify' }
}
