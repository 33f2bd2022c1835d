// The roles, and the last steps before them, with all that they are made of: loaded while Postgres starts.
import type { HttpServer } from '../api/http-server.ts'
import { openGapWatch } from '../api/instances/watch-gaps.ts'
import { openApi } from '../api/open-api.ts'
import { openQueueWatch } from '../api/watch-queues.ts'
import { openIndexMaking } from '../database/index-making.ts'
import { openPostgres } from '../database/postgres.ts'
import { openSession } from '../database/session.ts'
import { createSealedWalk } from '../database/walk-sealed.ts'
import { openKeptLetters } from '../dead-letters/keep-letters.ts'
import { openRedrives, type Taker } from '../dead-letters/open-redrives.ts'
import { commandIndexes } from '../instances/commands-shown.ts'
import { partitionOf } from '../log/append/partitioner.ts'
import { openProcessors } from '../processors/open-processors.ts'
import { openProducers } from '../producers/open-producers.ts'
import { createEarlierSecrets } from '../producers/secrets/earlier-secrets.ts'
import { all as allProjections } from '../projections/all.ts'
import { openProjections } from '../projections/open-projections.ts'
import { titleOf } from '../projections/projection.ts'
import { readModelIndexes } from '../projections/read-model/indexes.ts'
import { chatTimer } from '../projections/read-model/queries.ts'
import { openRebuilds } from '../projections/rebuild/open-rebuilds.ts'
import { openLostCommands } from '../projections/tell-lost-commands.ts'
import { openPurges } from '../purge/open-purges.ts'
import { openReplays } from '../replays/open-replays.ts'
import type { Config, RoleName } from '../runtime/config.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Metrics } from '../runtime/metrics.ts'
import { shownUrl } from '../runtime/printable.ts'
import type { Check, Role } from '../runtime/role.ts'
import { intakeEntry } from '../webhooks/bridge/delivery-intake.ts'
import { openWebhooks } from '../webhooks/bridge/open-webhooks.ts'
import { deliveryRedrive } from '../webhooks/bridge/redrive-delivery.ts'
import { deliveryIndexes } from '../webhooks/deliveries/deliveries.ts'
import type { Ground } from './ground.ts'
import type { Ports } from './ports.ts'
import { projectedTopics, readConsumers, readLivePositions } from './read-consumers.ts'
import { sealedColumns } from './sealed-columns.ts'
import { watchLateness } from './watch-lateness.ts'

export { sealPlainUrls } from '../webhooks/endpoints/seal-urls.ts'
export { goOnBehindLog } from './log-ahead.ts'
export { refuseLogBehind } from './log-behind.ts'
export { makeProgress } from './make-progress.ts'

/** Readers before writers: what producers append finds its consumers running, and stops being appended first. */
export const startOrder: readonly RoleName[] = ['webhooks', 'projections', 'processors', 'producers', 'api']

type OpenRole = (needs: Needs) => Role | Promise<Role>

export const openRole: Readonly<Record<RoleName, OpenRole>> = {
  producers: async ({ config, ground, ports, logger, metrics, silentAfterMs }) =>
    sayingWhere(
      config.whatsapp,
      await openProducers({
        ...ports,
        ...(silentAfterMs === undefined ? {} : { silentAfterMs }),
        openSession: signal => openSession({ ...ground.database, applicationName: 'zaplog producers' }, signal),
        chatTimer,
        config: { ...config.whatsapp, ...config.log, processing: config.processing },
        logger,
        metrics,
        clock: Date.now,
        random: Math.random,
      }),
    ),
  processors: ({ config, ports, logger, metrics }) => {
    const processors = openProcessors({
      ...ports,
      config: config.media,
      uploads: config.uploads,
      records: config.log,
      cdnUrl: config.whatsapp.cdnUrl,
      // Postgres is embedded, and its directory locked.
      isAlone: config.database.url === null,
      logger,
      metrics,
      clock: Date.now,
      random: Math.random,
    })
    const deliveries = ports.consumerGroup(intakeEntry.name)
    return together('processors', [
      processors,
      openKeptLetters({
        ...ports,
        ...{ partitions: config.log.partitions, logger },
        parties: { projections: allProjections.map(titleOf), deliveries },
      }),
      openRedrives({
        ...ports,
        logger,
        takers: new Map<string, Taker>([...processors.takers, [deliveries, deliveryRedrive(ports)]]),
      }),
      openReplays({ ...ports, logger, metrics }),
      watchLateness({
        ...ports,
        ...{ logger, metrics },
        positions: config.roles.includes('projections') ? null : () => readLivePositions(ports),
      }),
    ])
  },
  projections: ({ config, ground, ports, logger, metrics }) => {
    const { partitions } = config.log
    return together('projections', [
      openProjections({
        ...ports,
        ...{
          partitions,
          logger,
          metrics,
          projections: allProjections,
          earlierSecrets: createEarlierSecrets({ ...ports, logger }),
        },
      }),
      // Where the rows are that a purge erases, and in every deployment.
      openPurges({ ...ports, logger, partitionOf: key => partitionOf(key, partitions), clock: Date.now }),
      openRebuilds({
        ...ports,
        ...{ partitions, logger, metrics, partitionOf: key => partitionOf(key, partitions) },
        earlierSecrets: createEarlierSecrets({ ...ports, logger }),
        openDatabase: signal => openPostgres({ ...ground.database, ...rebuilder, logger }, signal),
        openIndexSession: signal => openSession({ ...ground.database, ...indexMaker }, signal),
      }),
      openLostCommands({ ...ports, logger, partitionOf: key => partitionOf(key, partitions), clock: Date.now }),
      openIndexMaking({ ...ports, openSession: signal => openSession({ ...ground.database, ...indexMaker }, signal), logger }, [
        ...readModelIndexes,
        ...deliveryIndexes,
        ...commandIndexes,
      ]),
      ...(config.roles.includes('processors') ? [] : [watchLateness({ ...ports, logger, metrics, positions: null })]),
    ])
  },
  webhooks: ({ config, ports, version, logger, metrics, failingAfterMs }) =>
    openWebhooks({
      ...ports,
      ...(failingAfterMs === undefined ? {} : { failingAfterMs }),
      ...{ config: config.webhooks, version, logger, metrics, clock: Date.now, random: Math.random },
    }),
  api: async ({ config, ports, server, version, logger, metrics, checks, isReady }) => {
    const api = await openApi({
      ...ports,
      server,
      partitions: config.log.partitions,
      retentionMs: config.log.retentionMs,
      partitionOf: key => partitionOf(key, config.log.partitions),
      projected: projectedTopics,
      walkSealed: createSealedWalk(ports, sealedColumns),
      projections: allProjections,
      consumers: () => readConsumers(ports),
      webhooks: config.webhooks,
      commands: config.commands,
      processing: config.processing,
      uploads: config.uploads,
      dialects: config.dialects,
      publicUrl: config.publicUrl ?? server.url,
      checks,
      isReady,
      version,
      logger,
      metrics,
      clock: Date.now,
    })
    const queues = openQueueWatch({ ...ports, partitions: config.log.partitions, logger, metrics })
    return together('api', [api, openGapWatch({ ...ports, logger, metrics }), queues])
  },
}

/** Not called as ours are: it writes for no instance, and no purge has to wait until an index of millions of rows is made. */
const indexMaker = { applicationName: 'index maker', statementTimeoutMs: 86_400_000, lockTimeoutMs: 86_400_000 }

/** One stands still for the other two: what is compared, and what is filled. There only while something is rebuilt. */
const rebuilder = { applicationName: 'zaplog rebuild', poolSize: 6 }

const together = (name: string, roles: readonly Role[]): Role => ({
  name,
  checks: () => roles.flatMap(role => role.checks()),
  close: async () => {
    await Promise.all(roles.map(role => role.close()))
  },
})

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
  silentAfterMs?: number
  failingAfterMs?: number
}

/** What stands for WhatsApp, so that whoever looks for the reason of anything sees that it is a simulator. */
function sayingWhere({ url }: Config['whatsapp'], role: Role): Role {
  if (url === null) return role
  const where: Check = { name: 'whatsapp', state: 'ok', detail: `accounts connect to ${shownUrl(url)}, which WHATSAPP_URL names` }
  return { ...role, checks: () => [...role.checks(), where] }
}
