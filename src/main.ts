// The composition root: opens what the configuration asks for, in the order of the steps below, and closes it in reverse.
// With src/main/, the only code outside tests that knows the adapters.

import { type HttpServer, openHttpServer } from './api/http-server.ts'
import { openApi } from './api/open-api.ts'
import { openSession } from './database/session.ts'
import { type AdminKey, type Ground, openGround } from './main/ground.ts'
import { makeProgress } from './main/make-progress.ts'
import { openPorts, type Ports } from './main/ports.ts'
import { openObjectExpiry } from './objects/expire-objects.ts'
import { openProcessors } from './processors/open-processors.ts'
import { openProducers } from './producers/open-producers.ts'
import { openProjections } from './projections/open-projections.ts'
import { webhookStream } from './projections/webhook-stream/webhook-stream.ts'
import type { Config, RoleName } from './runtime/config.ts'
import type { Logger } from './runtime/logger.ts'
import { createMetrics, type Metrics } from './runtime/metrics.ts'
import type { Check, Role } from './runtime/role.ts'
import { openWebhooks } from './webhooks/open-webhooks.ts'

export type Zaplog = {
  /** Where the API listens, e.g. http://127.0.0.1:7070. */
  url: string
  /** null where it came from the configuration. */
  adminKey: AdminKey | null
  ports: Ports
  /** Intake stops, what is in flight is finished or handed back, progress is saved. Idempotent. */
  close(): Promise<void>
}
export type Options = {
  logger: Logger
  version: string
  /** For tests: what stands between the roles and their ports. */
  wrap?: (ports: Ports) => Ports
}

type Parts = {
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

export async function openZaplog(config: Config, { logger, version, wrap = ports => ports }: Options): Promise<Zaplog> {
  const opened: { close(): Promise<void> }[] = []
  const keep = <T extends { close(): Promise<void> }>(part: T): T => {
    opened.push(part)
    return part
  }
  const close = once(() => closeAll(opened.toReversed(), logger))
  const metrics = createMetrics({ processMetrics: true })
  const roles: Role[] = []
  let isReady = false
  try {
    const health = { checks: () => checksOf(roles), isReady: () => isReady }
    const server = keep(await openHttpServer({ config, logger, metrics, ...health }))
    const ground = keep(await openGround(config, { logger }))
    const ports = wrap(keep(await openPorts({ config, ground, logger, metrics, publicUrl: config.publicUrl ?? server.url })))
    await makeProgress(ports, config.log.partitions)
    const parts: Parts = { config, logger, metrics, version, ground, ports, server, ...health }
    for (const name of startOrder.filter(role => config.roles.includes(role))) roles.push(keep(await openRole[name](parts)))
    isReady = true
    logger.info('process.started', { version, roles: config.roles, url: server.url })
    const markStopping = once(async () => {
      isReady = false
      await close()
    })
    return { url: server.url, adminKey: ground.adminKey, ports, close: markStopping }
  } catch (error) {
    await close().catch(closing => logger.warn('process.close-failed', { error: closing })) // why it could not start matters more
    throw error
  }
}

/** One after another; one that fails keeps none of the others open. Rejects with the first failure, at the end. */
async function closeAll(parts: readonly { close(): Promise<void> }[], logger: Logger): Promise<void> {
  const failures: unknown[] = []
  for (const part of parts)
    await part.close().catch(error => {
      logger.error('process.close-failed', { error })
      failures.push(error)
    })
  if (failures.length > 0) throw failures[0]
}

/** Readers before writers: what producers append finds its consumers running, and stops being appended first. */
const startOrder: readonly RoleName[] = ['webhooks', 'projections', 'processors', 'producers', 'api']

type OpenRole = (parts: Parts) => Role | Promise<Role>

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
  processors: ({ config, ports, logger, metrics }) => {
    const shared = { ...ports, logger, clock: Date.now }
    return together('processors', [
      openProcessors({ ...shared, config: config.media, whatsappCdnUrl: config.whatsapp.cdnUrl, metrics, random: Math.random }),
      openObjectExpiry({ ...shared, rules: [{ prefix: 'incoming/', afterMs: INCOMING_KEPT_MS }] }),
    ])
  },
  projections: ({ config, ports, logger, metrics }) =>
    openProjections({ ...ports, partitions: config.log.partitions, logger, metrics, extra: [webhookStream] }),
  webhooks: ({ config, ports, version, logger, metrics }) =>
    openWebhooks({ ...ports, config: config.webhooks, version, logger, metrics, clock: Date.now, random: Math.random }),
  api: ({ config, ground, ports, server, version, logger, metrics, checks, isReady }) =>
    openApi({
      ...ports,
      server,
      config,
      webhooks: config.webhooks,
      adminKey: ground.adminKeyValue,
      publicUrl: config.publicUrl ?? server.url,
      checks,
      isReady,
      version,
      logger,
      metrics,
      clock: Date.now,
    }),
}

/** A file forwarded again within this time is not fetched again. */
const INCOMING_KEPT_MS = 30 * 86_400_000

const together = (name: string, roles: readonly Role[]): Role => ({
  name,
  checks: () => checksOf(roles),
  close: async () => {
    await Promise.all(roles.map(role => role.close()))
  },
})

const checksOf = (roles: readonly Role[]) => roles.flatMap(role => role.checks())

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | null = null
  return () => {
    done ??= work()
    return done
  }
}
