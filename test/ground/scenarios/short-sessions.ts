// Consumer groups that are done with a killed member within 2 s, instead of 5 (Postgres) or 10 (Kafka): a scenario that kills often meets
// consumers at work.
import type { Database } from '../../../src/database/database.ts'
import { openKafkaLog } from '../../../src/log/kafka/kafka.ts'
import type { EventLog } from '../../../src/log/log.ts'
import { openPostgresLog } from '../../../src/log/postgres/postgres.ts'
import type { Logger } from '../../../src/runtime/logger.ts'
import { createMetrics } from '../../../src/runtime/metrics.ts'

type Ports = { database: Database; log: EventLog }

const heartbeatMs = 250
const sessionMs = 2_000

/** Consumers join over a log of ours on the same adapter; appends and reads stay with the given one. brokers null: in Postgres. */
export function shorteningSessions(brokers: readonly string[] | null, logger: Logger, { database, log }: Ports): EventLog {
  const deps = { logger, metrics: createMetrics({ processMetrics: false }) }
  const { consumeLanes, consumeBatches } =
    brokers === null
      ? openPostgresLog({ ...deps, database, settings: { heartbeatMs, ttlMs: sessionMs } })
      : openKafkaLog({ ...deps, brokers, clientId: 'zaplog', settings: { heartbeatMs, sessionTimeoutMs: sessionMs } })
  return { ...log, consumeLanes, consumeBatches }
}
