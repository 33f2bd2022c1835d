// The composition root: opens what the configuration asks for, in the order of the steps below, and closes it in reverse.
// With src/main/, the only code outside tests and benches that knows the adapters.
import { randomUUID } from 'node:crypto'
import { openHttpServer } from './api/http-server.ts'
import { closeAll } from './main/close-all.ts'
import { type AdminKey, openGround } from './main/ground.ts'
import { openTraces } from './main/open-traces.ts'
import { partAt, partsOf } from './main/parts.ts'
import { type AllPorts, openPorts, type Ports } from './main/ports.ts'
import { showProcess } from './main/process-metrics.ts'
import { tracedPorts } from './main/traced-ports.ts'
import { createWaits } from './main/waits.ts'
import { watchDescriptors } from './main/watch-descriptors.ts'
import { watchDisk } from './main/watch-disk.ts'
import type { Config, RoleName } from './runtime/config.ts'
import type { Logger } from './runtime/logger.ts'
import { createMetrics } from './runtime/metrics.ts'
import { never } from './runtime/or-abort.ts'
import type { Role } from './runtime/role.ts'

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
  /** For tests: after so long without a word from WhatsApp an open account is silent [10 min]. */
  silentAfterMs?: number
  /** For tests: after so long an endpoint that takes nothing is counted as failing [5 min]. */
  failingAfterMs?: number
}

/**
 * Listens first, then waits for parts that are away. Rejects PartRefused for one that no waiting mends, StartStopped when the signal
 * aborts while it waits, and what else went wrong; nothing is left open then.
 */
export async function openZaplog(
  config: Config,
  { logger, version, wrap = ports => ports, ...times }: Options,
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
    showProcess({ metrics, version }, health.checks)
    const keys = () => ({ admin: adminKey, metrics: config.metricsToken })
    const server = keep(await openHttpServer({ config, keys, logger, metrics, ...health, clock: () => performance.now() }))
    const traces = await openTraces(config.traces, { logger, metrics, version, instanceId: randomUUID() })
    if (traces !== null) keep(traces)
    const ground = keep(await openGround(config, { parts, waits, logger, meanwhile: () => void loadRoles() }))
    adminKey = ground.adminKeyValue
    const publicUrl = config.publicUrl ?? server.url
    const ports = keep(await openPorts({ config, ground, parts, waits, logger, metrics, publicUrl }))
    const { goOnBehindLog, makeProgress, openRole, refuseLogBehind, sealPlainUrls, startOrder } = await loadRoles()
    await refuseLogBehind({ ...ports, parts, waits })
    await waits.waitFor(parts.postgres, stopped => makeProgress(ports, config.log.partitions, stopped))
    const behind = await waits.waitFor(
      parts.kafka,
      stopped => goOnBehindLog({ ...ports, logger }, stopped),
      port => partAt(parts, port),
    )
    checked.push({ checks: () => behind })
    await waits.waitFor(parts.postgres, stopped => sealPlainUrls({ ...ports, logger }, stopped))
    checked.push(ground, ports)
    const connects = config.roles.includes('producers') ? ports.of('producers').database : null
    checked.push(keep(watchDescriptors({ database: connects, maxConnections: server.connections.max, metrics })))
    keep(watchDisk({ path: ground.dataDir.path, metrics, logger }))
    const traced = (of: Ports, role: RoleName) => tracedPorts(of, traces, { begins: role === 'producers' })
    const needs = { ...times, config, logger, metrics, version, ground, server, ...health }
    for (const name of startOrder.filter(role => config.roles.includes(role)))
      checked.push(keep(await openRole[name]({ ...needs, ports: wrap(traced(ports.of(name), name)) })))
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

/** All that they are made of, which takes longer to load than Postgres to start. Twice is once. A failure is said by who awaits it. */
function loadRoles(): Promise<typeof import('./main/roles.ts')> {
  const loading = import('./main/roles.ts')
  loading.catch(() => undefined)
  return loading
}

const checksOf = (checked: readonly Pick<Role, 'checks'>[]) => checked.flatMap(one => one.checks())

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | null = null
  return () => {
    done ??= work()
    return done
  }
}
