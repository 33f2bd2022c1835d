// Brings a database to this version's migrations: one process at a time, all of what is missing or nothing, never from a newer version back, and
// never what would take the tables away from under an older process that still works with them.
import pg from 'pg'
import type { Logger } from '../runtime/logger.ts'
import { orAbort } from '../runtime/or-abort.ts'
import { type Persistence, persist } from '../runtime/persist.ts'
import { closeGate, describeOlder, findOlder } from './admit.ts'
import { type ComparedMigrations, compareMigrations, MIGRATIONS_TABLE, ownMigrations, readMarkers } from './compare-migrations.ts'
import { destroy } from './connection.ts'
import { type ConnectionTarget, connectionSettings, describeTarget } from './connection-settings.ts'
import { DatabaseError } from './database.ts'
import { migrationLock } from './migration-lock.ts'
import { toDatabaseError } from './postgres-errors.ts'

type Options = Pick<ConnectionTarget, 'url' | 'sslCa' | 'log'> & { logger: Logger; directory?: string }

/** Waiting longer for a table would stop everybody queueing behind us. */
const LOCK_TIMEOUT_MS = 10_000
const MAX_ATTEMPTS = 6
/** Of a process that was killed Postgres notices that within a moment. */
const MAX_ATTEMPTS_BESIDE_OLDER = 3
const RETRY_MS = 1_000
/** An index over millions of rows takes its time: nobody shall think that nothing happens. */
const SAY_EVERY_MS = 10_000

/** An older process runs, which could not work with what would be applied: nothing is changed until it is gone. */
export class OlderStillRun extends DatabaseError {
  override name = 'OlderStillRun'
}

/**
 * Answers the names of what it applied. Rejects with DatabaseError, OlderStillRun among them; repeats only where others were in the way: a lock
 * waited for in vain, a circle, or an older process.
 */
export async function migrate(options: Options, signal: AbortSignal): Promise<readonly string[]> {
  const failed: Persistence['failed'] = ({ error, attempt, retryInMs }) => {
    const isInTheWay = error instanceof DatabaseError && (error.code === 'timeout' || error.code === 'conflict')
    if (!isInTheWay || attempt === (error instanceof OlderStillRun ? MAX_ATTEMPTS_BESIDE_OLDER : MAX_ATTEMPTS)) return 'give-up'
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
    const compared = await compareMigrations(client, directory)
    refuseNewer(compared, url)
    if (compared.unknown.length > 0) logger.info('database.of-newer-version', { migrations: compared.unknown })
    if (compared.missing.length === 0) return []
    step = 'looking for older processes'
    await prepare(client, { directory, url })
    const { runner } = await import('node-pg-migrate') // and all that it loads, which most starts do without
    const applied = await runner({
      dbClient: client,
      dir: directory,
      direction: 'up',
      migrationsTable: MIGRATIONS_TABLE,
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
 * A newer version's tables may mean something else, and then this one must not write them: it rejects. Whoever applies migrations commits all
 * of them at once: one that reads that none is missing has nothing to wait for.
 */
function refuseNewer({ unknown, missing, knows, runsFrom }: ComparedMigrations, url: string): void {
  if (unknown.length === 0 || (missing.length === 0 && runsFrom <= knows)) return
  throw new DatabaseError(
    'misconfigured',
    `migrating ${describeTarget({ url })}: a newer zaplog has written this database (${unknown.join(', ')}), and this version cannot run beside it; run that version or later, or restore a backup from before it (misconfigured)`,
    { settings: ['DATABASE_URL'], expected: 'DATABASE_URL to name a database of this version or an older one' },
  )
}

/** The session says what each file declares, for the rows that say so of what is applied. Rejects OlderStillRun. */
async function prepare(client: pg.Client, { directory, url }: { directory: string; url: string }): Promise<void> {
  const { missing } = await compareMigrations(client, directory)
  const markers = await readMarkers(directory, missing)
  const said = JSON.stringify(Object.fromEntries(markers.map(({ name, runsFrom }) => [name, runsFrom])))
  await client.query(`select set_config('zaplog.runs_from', $1, false)`, [said])
  const runsFrom = Math.max(0, ...markers.map(one => one.runsFrom))
  if (runsFrom === 0) return
  await closeGate(client)
  const older = await findOlder(client, runsFrom)
  if (older.length === 0) return
  const names = markers.filter(one => one.runsFrom > 0).map(({ name }) => name)
  throw new OlderStillRun(
    'conflict',
    `migrating ${describeTarget({ url })}: older versions cannot run beside ${names.join(', ')}, and they do: ${describeOlder(older)}: stop them (conflict, retryable)`,
  )
}

const stopped = (target: { url: string }) =>
  new DatabaseError('aborted', `migrating ${describeTarget(target)}: told to stop (aborted)`)
