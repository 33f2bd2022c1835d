// The composition root: opens what the configuration asks for, in the order of the steps below, and closes it in reverse.
// With src/main/, the only code outside tests and benches that knows the adapters.
import { type HttpServer, openHttpServer } from './api/http-server.ts'
import { openApi } from './api/open-api.ts'
import { openIndexMaking } from './database/index-making.ts'
import { openSession } from './database/session.ts'
import { partitionOf } from './log/append/partitioner.ts'
import { closeAll } from './main/close-all.ts'
import { type AdminKey, type Ground, openGround } from './main/ground.ts'
import { makeProgress } from './main/make-progress.ts'
import { partsOf } from './main/parts.ts'
import { type AllPorts, openPorts, type Ports } from './main/ports.ts'
import { createWaits } from './main/waits.ts'
import { watchDescriptors } from './main/watch-descriptors.ts'
import { openProcessors } from './processors/open-processors.ts'
import { openProducers } from './producers/open-producers.ts'
import { all as allProjections } from './projections/all.ts'
import { openProjections } from './projections/open-projections.ts'
import { readModelIndexes } from './projections/read-model/indexes.ts'
import { openPurges } from './purge/open-purges.ts'
import type { Config, RoleName } from './runtime/config.ts'
import type { Logger } from './runtime/logger.ts'
import { createMetrics, type Metrics } from './runtime/metrics.ts'
import { never } from './runtime/or-abort.ts'
import type { Check, Role } from './runtime/role.ts'
import { openWebhooks } from './webhooks/bridge/open-webhooks.ts'
import { deliveryIndexes } from './webhooks/deliveries/deliveries.ts'
import { sealPlainUrls } from './webhooks/endpoints/seal-urls.ts'

export type Zaplog = {
  /** Where the API listens, e.g. http://127.0.0.1:7070. */
  url: string
  /** null where it came from the configuration. */
  adminKey: AdminKey | null
  ports: AllPorts
  /** Intake stops, what is in flight is finished or handed back, progress is saved. Idempotent. */
  close(): Promise<void>
}
export type Options = {
  logger: Logger
  version: string
  /** For tests: what stands between a role and its ports. */
  wrap?: (ports: Ports) => Ports
}

/** What roles are opened with. */
type Needs = {
  config: Config
  logger: Logger
  metrics: Metrics
  version: string
  ground: Ground
  ports: Ports
  server: HttpServer
  checks(): readonly Check[]
  isReady(): boolean
}

/**
 * Listens first, then waits for parts that are away. Rejects PartRefused for one that no waiting mends, StartStopped when the signal
 * aborts while it waits, and what else went wrong; nothing is left open then.
 */
export async function openZaplog(
  config: Config,
  { logger, version, wrap = ports => ports }: Options,
  signal: AbortSignal = never,
): Promise<Zaplog> {
  const opened: { close(): Promise<void> }[] = []
  const keep = <T extends { close(): Promise<void> }>(part: T): T => {
    opened.push(part)
    return part
  }
  const close = once(() => closeAll(opened, logger))
  const metrics = createMetrics({ processMetrics: true })
  const parts = partsOf(config)
  const waits = createWaits({ logger }, signal)
  const checked: Pick<Role, 'checks'>[] = [waits]
  let isReady = false
  let adminKey: string | null = null
  try {
    const health = { checks: () => checksOf(checked), isReady: () => isReady }
    const keys = () => ({ admin: adminKey, metrics: config.metricsToken })
    const server = keep(await openHttpServer({ config, keys, logger, metrics, ...health, clock: () => performance.now() }))
    const ground = keep(await openGround(config, { parts, waits, logger }))
    adminKey = ground.adminKeyValue
    const publicUrl = config.publicUrl ?? server.url
    const ports = keep(await openPorts({ config, ground, parts, waits, logger, metrics, publicUrl }))
    await waits.waitFor(parts.postgres, stopped => makeProgress(ports, config.log.partitions, stopped))
    await waits.waitFor(parts.postgres, stopped => sealPlainUrls({ ...ports, logger }, stopped))
    checked.push(ground, ports)
    const connects = config.roles.includes('producers') ? ports.of('producers').database : null
    checked.push(keep(watchDescriptors({ database: connects, maxConnections: server.connections.max, metrics })))
    const needs = { config, logger, metrics, version, ground, server, ...health }
    for (const name of startOrder.filter(role => config.roles.includes(role)))
      checked.push(keep(await openRole[name]({ ...needs, ports: wrap(ports.of(name)) })))
    isReady = true
    logger.info('process.started', { version, roles: config.roles, url: server.url })
    const markStopping = once(async () => {
      isReady = false
      await close()
    })
    return { url: server.url, adminKey: ground.adminKey, ports, close: markStopping }
  } catch (error) {
    await close().catch(() => undefined) // it is said; why it could not start matters more
    throw error
  }
}

/** Readers before writers: what producers append finds its consumers running, and stops being appended first. */
const startOrder: readonly RoleName[] = ['webhooks', 'projections', 'processors', 'producers', 'api']

type OpenRole = (needs: Needs) => Role | Promise<Role>

const openRole: Readonly<Record<RoleName, OpenRole>> = {
  producers: ({ config, ground, ports, logger, metrics }) =>
    openProducers({
      ...ports,
      openSession: signal => openSession({ ...ground.database, applicationName: 'zaplog producers' }, signal),
      config: { ...config.whatsapp, ...config.log },
      logger,
      metrics,
      clock: Date.now,
      random: Math.random,
    }),
  processors: ({ config, ports, logger, metrics }) =>
    openProcessors({
      ...ports,
      config: config.media,
      cdnUrl: config.whatsapp.cdnUrl,
      logger,
      metrics,
      clock: Date.now,
      random: Math.random,
    }),
  projections: ({ config, ground, ports, logger, metrics }) => {
    const { partitions } = config.log
    return together('projections', [
      openProjections({ ...ports, partitions, logger, metrics, projections: allProjections }),
      // Where the rows are that a purge erases, and in every deployment.
      openPurges({ ...ports, logger, partitionOf: key => partitionOf(key, partitions), clock: Date.now }),
      openIndexMaking({ ...ports, openSession: signal => openSession({ ...ground.database, ...indexMaker }, signal), logger }, [
        ...readModelIndexes,
        ...deliveryIndexes,
      ]),
    ])
  },
  webhooks: ({ config, ports, version, logger, metrics }) =>
    openWebhooks({ ...ports, config: config.webhooks, version, logger, metrics, clock: Date.now, random: Math.random }),
  api: ({ config, ports, server, version, logger, metrics, checks, isReady }) =>
    openApi({
      ...ports,
      server,
      webhooks: config.webhooks,
      publicUrl: config.publicUrl ?? server.url,
      checks,
      isReady,
      version,
      logger,
      metrics,
      clock: Date.now,
    }),
}

/** Not called as ours are: it writes for no instance, and no purge has to wait until an index of millions of rows is made. */
const indexMaker = { applicationName: 'index maker', statementTimeoutMs: 86_400_000, lockTimeoutMs: 86_400_000 }

const together = (name: string, roles: readonly Role[]): Role => ({
  name,
  checks: () => checksOf(roles),
  close: async () => {
    await Promise.all(roles.map(role => role.close()))
  },
})

const checksOf = (checked: readonly Pick<Role, 'checks'>[]) => checked.flatMap(one => one.checks())

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | null = null
  return () => {
    done ??= work()
    return done
  }
}
