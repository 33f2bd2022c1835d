// What a move works with: the database of a zaplog that is stopped, with a lock that keeps one from starting, and Kafka with its registry.
import type { ConnectionTarget } from '../../database/connection-settings.ts'
import type { CopyOut } from '../../database/copied-rows.ts'
import { openCopyOut } from '../../database/copy-out.ts'
import type { Database, Transaction } from '../../database/database.ts'
import { openPostgres } from '../../database/postgres.ts'
import { openSession, type Session } from '../../database/session.ts'
import { openKafkaCopy } from '../../log/kafka/kafka-copy.ts'
import { lockMove } from '../../log/postgres/move-out.ts'
import { openPostgresLog } from '../../log/postgres/postgres.ts'
import { readInBulk } from '../../log/postgres/read-in-bulk.ts'
import { cachedRegistry } from '../../registry/cached.ts'
import { openConfluentRegistry } from '../../registry/confluent.ts'
import { readRegistryFacts } from '../../registry/registry-facts.ts'
import type { Config } from '../../runtime/config.ts'
import type { Logger } from '../../runtime/logger.ts'
import { createMetrics } from '../../runtime/metrics.ts'
import { wait } from '../../runtime/wait.ts'
import { closeAll } from '../close-all.ts'
import { type Ground, openGround } from '../ground.ts'
import { kafkaSecurityOf } from '../kafka-security.ts'
import { declareKept, declareTopics } from '../log.ts'
import { partsOf } from '../parts.ts'
import { registryOptionsOf } from '../registry-options.ts'
import { createWaits } from '../waits.ts'
import type { Moving } from './move.ts'
import { MoveRefused } from './move-refused.ts'
import type { Settings } from './plan.ts'

const NAME = 'zaplog migrate'
const POOL = 4
/** A reader of each partition that is at work, with what it asks for ahead. */
const READERS = 4
const STATEMENT_TIMEOUT_MS = 600_000
const REQUEST_TIMEOUT_MS = 15_000
/** A move ends before anything is old enough. */
const NEVER_TRIM_MS = 2 ** 31 - 1

export type Alone = {
  database: Database
  rows: Pick<CopyOut, 'copyOut'>
  signal: AbortSignal
  requireAlone: Moving['requireAlone']
  close(): Promise<void>
}

/**
 * The database, for as long as nobody else may use it, with this version's tables: of one that somebody works with nothing is changed. Rejects
 * MoveRefused `log-in-use`, DataDirError, and what a start rejects.
 */
export async function openAlone(config: Config, { logger }: { logger: Logger }, signal: AbortSignal): Promise<Alone> {
  const opened: { close(): Promise<void> }[] = []
  const close = () => closeAll(opened, logger)
  const locks: Session[] = []
  try {
    const waits = createWaits({ logger }, signal)
    const beforeMigrating = async (target: Omit<Ground['database'], 'knows'>, waiting: AbortSignal) => {
      const lock = await lockAlone({ ...target, applicationName: NAME }, waiting)
      locks.push(lock)
      opened.push(lock)
    }
    const parts = partsOf(config)
    const ground = await openGround(config, { parts, waits, logger, meanwhile: () => undefined, beforeMigrating })
    opened.unshift(ground) // it is closed last, with the server that is in it
    const target = { ...ground.database, applicationName: NAME }
    const database = await openPostgres({ ...target, poolSize: POOL, statementTimeoutMs: STATEMENT_TIMEOUT_MS, logger }, signal)
    opened.push(database)
    const rows = openCopyOut({ ...target, connections: READERS, statementTimeoutMs: STATEMENT_TIMEOUT_MS, logger })
    opened.push(rows)
    const stopping = AbortSignal.any([signal, ...locks.map(({ lost }) => lost)])
    return { database, rows, signal: stopping, requireAlone: waiting => refuseOthers(database, waiting), close }
  } catch (error) {
    await close().catch(() => undefined) // it is said; what went wrong first matters more
    throw error
  }
}

/** For as long as the session lives whoever starts is refused; who was there before is looked for behind the lock. Rejects MoveRefused. */
async function lockAlone(target: ConnectionTarget, signal: AbortSignal): Promise<Session> {
  const session = await openSession(target, signal)
  try {
    if (!(await lockMove(session))) throw inUse('another zaplog migrate is at work on this database')
    await refuseOthers(session, signal)
    return session
  } catch (error) {
    await session.close()
    throw error
  }
}

/** Whoever was killed is gone from Postgres within a moment. What is called as we are is a move's, of which there is one. */
const PATIENCE = { attempts: 10, delayMs: 300 }

async function refuseOthers(database: Transaction, signal: AbortSignal): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const others = await database.query<{ name: string; address: string }>(
      `select distinct application_name as name, coalesce(host(client_addr), 'this machine') as address from pg_stat_activity
        where datname = current_database() and application_name like 'zaplog%' and application_name not like $1 order by name`,
      [`${NAME}%`],
    )
    const [other] = others
    if (other === undefined) return
    if (attempt === PATIENCE.attempts || !(await wait(PATIENCE.delayMs, signal)))
      throw inUse(
        `a zaplog works with this database (${other.name}, from ${other.address}): stop it first, and start it afterwards`,
      )
  }
}

const inUse = (problem: string) => new MoveRefused('log-in-use', [problem])

/** Throws MoveRefused where the settings name no Kafka. */
export function openMoving(
  config: Config,
  { database, rows, requireAlone, logger }: Pick<Alone, 'database' | 'rows' | 'requireAlone'> & { logger: Logger },
): { moving: Moving; settings: Settings; close(): Promise<void> } {
  const { kafka, log: its } = config
  if (kafka.brokers === null)
    throw new MoveRefused('misconfigured', ['expected KAFKA_BROKERS and SCHEMA_REGISTRY_URL to name the Kafka to move to'])
  const metrics = createMetrics({ processMetrics: false })
  const log = openPostgresLog({ database, logger, metrics, settings: { trimEveryMs: NEVER_TRIM_MS } })
  const address = { brokers: kafka.brokers, clientId: NAME, ...kafkaSecurityOf(kafka) }
  const copy = openKafkaCopy({ ...address, logger, requestTimeoutMs: REQUEST_TIMEOUT_MS })
  const declared = new Map(declareTopics(config, name => `${its.topicPrefix}${name}`).map(one => [one.topic, one]))
  return {
    moving: { database, log, read: readInBulk(rows), copy, ...openRegistryOf(config, logger), clock: Date.now, requireAlone },
    settings: {
      topicPrefix: its.topicPrefix,
      partitions: its.partitions,
      declarationOf: topic => declared.get(topic) ?? null,
      declareKept: topic => declareKept(config, topic),
    },
    close: () => closeAll([log, copy], logger),
  }
}

function openRegistryOf(config: Config, logger: Logger): Pick<Moving, 'registry' | 'judgeSchemas'> {
  const { autoRegister } = config.schemaRegistry
  const options = registryOptionsOf(config, logger)
  return {
    registry: cachedRegistry(openConfluentRegistry({ ...options, autoRegister })),
    judgeSchemas: async (schemas, signal) => {
      const { missing, incompatible } = await readRegistryFacts(options, schemas, signal)
      return [
        ...incompatible.map(
          one => `${one}: what Kafka’s registry has under this name does not fit, expected a registry of zaplog’s own`,
        ),
        ...(autoRegister ? [] : missing.map(one => `${one}: not in Kafka’s registry, and SCHEMA_AUTO_REGISTER is false`)),
      ]
    },
  }
}
