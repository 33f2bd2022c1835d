// A log in Postgres under test: one course of its own for each test, and members whose queries meet a fault.
import { afterEach, beforeEach } from 'vitest'
import type { Database } from '../../../src/database/database.ts'
import { openPostgresLog, type PostgresLogSettings } from '../../../src/log/postgres/postgres.ts'
import { createProgressStore } from '../../../src/log/progress.ts'
import { createMetrics } from '../../../src/runtime/metrics.ts'
import { type Ground, openGround } from '../../contracts/log-ground.ts'
import { openTestDatabase, type TestDatabase } from '../database.ts'
import { type Fault, flaky } from '../flaky.ts'
import { testSettings } from '../log.ts'
import type { collectLogLines } from '../log-lines.ts'
import { openPostgresAdapter } from './postgres-adapter.ts'

type Opened = { server: TestDatabase; ground: Ground }

/** Call at the top of a test file. */
export function postgresMembers(name: string, logger: ReturnType<typeof collectLogLines>) {
  let here: Opened | null = null
  const opened: { close(): Promise<void> }[] = []
  const now = (): Opened => {
    if (here === null) throw new Error('no log is open')
    return here
  }

  beforeEach(async () => {
    const server = await openTestDatabase(name, { poolSize: 10 })
    here = { server, ground: await openGround(openPostgresAdapter(server, logger), 30_000) }
  })
  afterEach(async () => {
    await Promise.all(opened.splice(0).map(one => one.close()))
    await now().ground.close()
    await now().server.close()
  })

  /** A member whose queries meet a fault. */
  function aMember(faultOf: (sql: string) => Fault | null, settings: Partial<PostgresLogSettings> = {}) {
    const query = ({ name, args }: { name: string; args: readonly unknown[] }) =>
      name === 'query' ? faultOf(String(args[0])) : null
    const database: Database = flaky(now().server.database, query)
    const log = openPostgresLog({
      database,
      logger,
      metrics: createMetrics({ processMetrics: false }),
      settings: { ...testSettings, ...settings },
    })
    opened.push(log)
    return { log, progress: createProgressStore(database), close: log.close }
  }

  return { ground: () => now().ground, server: () => now().server, aMember }
}
