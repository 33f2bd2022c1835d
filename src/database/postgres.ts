// The Database port on a Postgres server.
import type { Logger } from '../runtime/logger.ts'
import { never, onAbort } from '../runtime/or-abort.ts'
import { type ConnectionTarget, describeTarget } from './connection-settings.ts'
import { type Database, DatabaseError } from './database.ts'
import { type Listening, openListening } from './listen.ts'
import { openPool } from './pool.ts'
import { transact } from './transact.ts'

type Options = ConnectionTarget & {
  poolSize: number
  logger: Logger
  /** Shared with other databases of the process, and closed by whoever opened it. Default: one of its own. */
  listening?: Listening
}

const OLDEST_SERVER = 14

/** Connects once before it resolves; rejects with DatabaseError where that fails, the server will not do, or the signal aborts first. */
export async function openPostgres(options: Options, signal: AbortSignal = never): Promise<Database> {
  const { logger } = options
  const pool = openPool(options)
  const stopping = new AbortController()
  const listening = options.listening ?? openListening({ target: options, logger })
  let closing: Promise<unknown> | null = null

  const database: Database = {
    query: (sql, values) => pool.lend(connection => connection.query(sql, values), stopping.signal),
    transact: (work, signal) => transact({ lend: pool.lend, logger }, work, signal),
    listen: (channel, wake, signal) => listening.listen(channel, wake, AbortSignal.any([signal, stopping.signal])),
    close: async () => {
      stopping.abort()
      closing ??= Promise.all([options.listening === undefined ? listening.close() : null, pool.close()])
      await closing
    },
  }
  const giveUp = onAbort(signal, () => stopping.abort())
  try {
    await checkServer(database, options)
    return database
  } catch (error) {
    await database.close()
    throw error
  } finally {
    giveUp()
  }
}

async function checkServer(database: Database, target: ConnectionTarget): Promise<void> {
  const [server] = await database.query<{ version: number; encoding: string }>(
    "select current_setting('server_version_num')::int / 10000 as version, current_setting('server_encoding') as encoding",
  )
  const refuse = (problem: string) =>
    new DatabaseError('misconfigured', `opening ${describeTarget(target)}: ${problem} (misconfigured)`)
  if (server === undefined || server.version < OLDEST_SERVER)
    throw refuse(`expected PostgreSQL ${OLDEST_SERVER} or later, got ${server?.version}`)
  if (server.encoding !== 'UTF8') throw refuse(`expected a database in UTF8, got ${server.encoding}`)
}
