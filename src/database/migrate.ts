// Brings a database to this version's migrations: one process at a time, all of what is missing or nothing, never from a newer version back.
import { readdir } from 'node:fs/promises'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import type { Logger } from '../runtime/logger.ts'
import { orAbort } from '../runtime/or-abort.ts'
import { type Persistence, persist } from '../runtime/persist.ts'
import { destroy } from './connection.ts'
import { type ConnectionTarget, connectionSettings, describeTarget } from './connection-settings.ts'
import { DatabaseError } from './database.ts'
import { migrationLock } from './migration-lock.ts'
import { toDatabaseError } from './postgres-errors.ts'

type Options = Pick<ConnectionTarget, 'url' | 'sslCa' | 'log'> & { logger: Logger; directory?: string }

const ownMigrations = fileURLToPath(new URL('../../infra/postgres/migrations', import.meta.url))
const TABLE = 'zaplog_migrations'
/** Waiting longer for a table would stop everybody queueing behind us. */
const LOCK_TIMEOUT_MS = 10_000
const MAX_ATTEMPTS = 6
const RETRY_MS = 1_000
/** An index over millions of rows takes its time: nobody shall think that nothing happens. */
const SAY_EVERY_MS = 10_000

/** Answers the names of what it applied. Rejects with DatabaseError; repeats only where others were in the way: a lock waited for in vain, or a circle. */
export async function migrate(options: Options, signal: AbortSignal): Promise<readonly string[]> {
  const failed: Persistence['failed'] = ({ error, attempt, retryInMs }) => {
    const isInTheWay = error instanceof DatabaseError && (error.code === 'timeout' || error.code === 'conflict')
    if (!isInTheWay || attempt === MAX_ATTEMPTS) return 'give-up'
    options.logger.warn('database.migration-waits', { attempt, retryInMs, error })
    return 'again'
  }
  try {
    return await persist(
      () => migrateOnce(options, signal),
      { backoff: { baseMs: RETRY_MS, capMs: RETRY_MS, jitter: 0 }, failed },
      signal,
    )
  } catch (error) {
    throw signal.aborted ? stopped(options) : error
  }
}

async function migrateOnce(options: Options, signal: AbortSignal): Promise<readonly string[]> {
  if (signal.aborted) throw stopped(options)
  const settings = { ...options, applicationName: 'zaplog migrate', statementTimeoutMs: 0, lockTimeoutMs: LOCK_TIMEOUT_MS }
  const client = new pg.Client(connectionSettings(settings))
  client.on('error', error => options.logger.debug('database.migration-connection-lost', { error })) // its query rejects as well
  try {
    return await orAbort(runMissing(client, options), () => stopped(options), signal)
  } finally {
    destroy(client) // an unfinished transaction is rolled back, and the advisory lock freed
  }
}

async function runMissing(client: pg.Client, { logger, directory = ownMigrations, url }: Options): Promise<readonly string[]> {
  let step = 'connecting'
  const beganAt = performance.now()
  const say = () => logger.info('database.migrating', { step, forMs: Math.round(performance.now() - beganAt) })
  const saying = setInterval(say, SAY_EVERY_MS)
  try {
    await client.connect()
    step = 'reading what is applied'
    logger.debug('database.migrating', { step })
    if (!(await isAnyMissing(client, directory, url))) return []
    const { runner } = await import('node-pg-migrate') // and all that it loads, which most starts do without
    const applied = await runner({
      dbClient: client,
      dir: directory,
      direction: 'up',
      migrationsTable: TABLE,
      singleTransaction: true,
      advisoryLockMode: 'wait',
      lockValue: migrationLock,
      log: line => {
        step = /^### MIGRATION (\S+)/.exec(line)?.[1] ?? step
        logger.debug('database.migrating', { line })
      },
    })
    const names = applied.map(({ name }) => name)
    if (names.length > 0) logger.info('database.migrated', { migrations: names })
    return names
  } catch (error) {
    throw toDatabaseError({ doing: `migrating ${describeTarget({ url })}, ${step}`, error })
  } finally {
    clearInterval(saying)
  }
}

/**
 * Whoever applies migrations commits all of them at once: one that reads that none is missing has nothing to wait for. A newer version's
 * tables may mean something else: this one must not write them, and rejects.
 */
async function isAnyMissing(client: pg.Client, directory: string, url: string): Promise<boolean> {
  const { missing, unknown } = await compareMigrations(client, directory)
  refuseNewer(unknown, url)
  return missing.length > 0
}

/** Which a start would apply, and which a newer version has. Nothing is changed. */
export async function compareMigrations(
  client: pg.Client,
  directory = ownMigrations,
): Promise<{ missing: readonly string[]; unknown: readonly string[] }> {
  const known = (await readdir(directory)).map(file => basename(file, '.sql')).toSorted()
  const { rows: tables } = await client.query<{ known: string | null }>(`select to_regclass('public.${TABLE}') as known`)
  if (tables[0]?.known == null) return { missing: known, unknown: [] }
  const { rows } = await client.query<{ name: string }>(`select name from public.${TABLE} order by id`)
  const applied = rows.map(({ name }) => name)
  return { missing: known.filter(name => !applied.includes(name)), unknown: applied.filter(name => !known.includes(name)) }
}

function refuseNewer(unknown: readonly string[], url: string): void {
  if (unknown.length === 0) return
  throw new DatabaseError(
    'misconfigured',
    `migrating ${describeTarget({ url })}: a newer zaplog has written this database (${unknown.join(', ')}); run that version or later, or restore a backup from before it (misconfigured)`,
    { settings: ['DATABASE_URL'], expected: 'DATABASE_URL to name a database of this version or an older one' },
  )
}

const stopped = (target: { url: string }) =>
  new DatabaseError('aborted', `migrating ${describeTarget(target)}: told to stop (aborted)`)
