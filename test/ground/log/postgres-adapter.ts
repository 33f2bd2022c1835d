// The log in Postgres as the contract suite opens it.
import { openPostgresLog } from '../../../src/log/postgres/postgres.ts'
import { createProgressStore } from '../../../src/log/progress.ts'
import type { Logger } from '../../../src/runtime/logger.ts'
import { createMetrics } from '../../../src/runtime/metrics.ts'
import type { LogAdapter } from '../../contracts/log-subject.ts'
import type { TestDatabase } from '../database.ts'
import { testSettings } from '../log.ts'

const silent: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }

export const openPostgresAdapter = ({ database }: TestDatabase, logger: Logger = silent): LogAdapter => ({
  limits: { nulInText: false, compacts: false, lagMsKnown: true },
  openMember: async () => {
    const log = openPostgresLog({ database, logger, metrics: createMetrics({ processMetrics: false }), settings: testSettings })
    return { log, progress: createProgressStore(database), close: log.close }
  },
  makeProgress: (consumerGroup, topics, partitions) => createProgressStore(database).make(consumerGroup, topics, partitions),
  trim: async ({ topic, partition }, beforeOffset) => {
    await database.query('select log_trim($1, $2, $3, 1000000)', [topic, partition, beforeOffset.toString()])
  },
})
