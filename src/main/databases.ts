// Every connection to Postgres of this process: working ones divided by kind of work, and at most four apart from them, for what must be
// answered however busy the others are: readiness, LISTEN, leases, and the lock of the producers, who open it themselves.
import type { Database } from '../database/database.ts'
import { openListening } from '../database/listen.ts'
import { openPostgres } from '../database/postgres.ts'
import type { Config } from '../runtime/config.ts'
import { divideConnections, type Share } from '../runtime/divide-connections.ts'
import type { Logger } from '../runtime/logger.ts'
import { closeAll } from './close-all.ts'
import type { Ground } from './ground.ts'
import type { Parts } from './parts.ts'
import type { Waits } from './waits.ts'

export type Databases = {
  /** The connections of that work alone; where no role of this process does it, the one of readiness, for what a start asks. */
  of(share: Share): Database
  sizeOf(share: Share): number
  /** One connection, for the leases of consumer groups; null: they are not in Postgres. */
  leases: Database | null
  /** One connection, for asking whether Postgres answers, and for short leases. */
  watch: Database
  close(): Promise<void>
}
type Deps = { config: Config; ground: Ground; parts: Parts; waits: Waits; logger: Logger }

const NAME = 'zaplog'
/** Below the leases' TTL: a heartbeat that a lock holds up is given up, and another is in time. */
const leaseLimits = { statementTimeoutMs: 2_000, lockTimeoutMs: 2_000 }

/** Connects over each before it resolves; waits for a Postgres that is away. */
export async function openDatabases({ config, ground, parts, waits, logger }: Deps): Promise<Databases> {
  const isLogInPostgres = config.kafka.brokers === null
  const sizes = divideConnections(config.database.poolSize, { roles: config.roles, isLogInPostgres })
  const listening = openListening({ target: { ...ground.database, applicationName: NAME }, logger })
  const opened: { close(): Promise<void> }[] = [listening]
  const close = () => closeAll(opened, logger)

  async function open(name: string, poolSize: number, limits: { statementTimeoutMs?: number; lockTimeoutMs?: number } = {}) {
    const options = { ...ground.database, ...limits, poolSize, listening, applicationName: `${NAME} ${name}`, logger }
    const database = await waits.waitFor(parts.postgres, signal => openPostgres(options, signal))
    opened.push(database)
    return database
  }

  try {
    const watch = await open('watch', 1)
    const leases = isLogInPostgres ? await open('leases', 1, leaseLimits) : null
    const working = new Map(await allOrNone([...sizes].map(async ([share, size]) => [share, await open(share, size)] as const)))
    const apart = apartOf(config)
    logger.info('database.connections', { total: connectionsOf(config), apart, ...Object.fromEntries(sizes) })
    return { of: share => working.get(share) ?? watch, sizeOf: share => sizes.get(share) ?? 1, leases, watch, close }
  } catch (error) {
    await close().catch(() => undefined) // it is said; what went wrong first matters more
    throw error
  }
}

/** Rejects when none is on its way any more: what did open can then be closed. */
async function allOrNone<T>(opening: readonly Promise<T>[]): Promise<readonly T[]> {
  await Promise.allSettled(opening)
  return Promise.all(opening)
}

/** Connections that a process of these settings takes at most. */
export const connectionsOf = (config: Config): number => config.database.poolSize + apartOf(config)

/** Readiness and LISTEN always, the lock where there are producers, leases where the log is in Postgres. */
const apartOf = ({ roles, kafka }: Config): number => 2 + (roles.includes('producers') ? 1 : 0) + (kafka.brokers === null ? 1 : 0)
