// The log in Postgres of a zaplog under test, reached by our own adapters.
import { openPostgres } from '../../../src/database/postgres.ts'
import { openPostgresLog } from '../../../src/log/postgres/postgres.ts'
import { openPostgresRegistry } from '../../../src/registry/postgres.ts'
import { createLogger } from '../../../src/runtime/logger.ts'
import { createMetrics } from '../../../src/runtime/metrics.ts'
import { type ItsLog, openItsLog } from './its-log.ts'

type Place = { url: string; prefixes: { topic: string; group: string } }

const logger = createLogger({ level: 'silent' })

export async function openItsPostgresLog({ url, prefixes }: Place): Promise<ItsLog> {
  const database = await openPostgres({ url, poolSize: 2, applicationName: 'scenario', logger })
  const log = openPostgresLog({ database, logger, metrics: createMetrics({ processMetrics: false }) })
  return openItsLog({ log, registry: openPostgresRegistry(database), prefixes, closeRest: database.close })
}
