// The webhook bridge: from released deliveries to the clients' endpoints. At least once, in order per lane, the same webhook-id for ever;
// an endpoint that is slow or down delays nobody else, and never the log.
import { randomUUID } from 'node:crypto'
import type { Database } from '../../database/database.ts'
import type { Codec } from '../../events/codec.ts'
import type { TopicName } from '../../events/topics.ts'
import type { EventLog, ProgressStore } from '../../log/log.ts'
import type { Config } from '../../runtime/config.ts'
import { createFairTurns, type Patience } from '../../runtime/fair-turns.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { Metrics } from '../../runtime/metrics.ts'
import type { Role } from '../../runtime/role.ts'
import type { Sealer } from '../../runtime/seal.ts'
import type { AttemptDeps } from './attempt-delivery.ts'
import { createAttemptRecorder } from './attempt-recorder.ts'
import { bridgeChecks } from './bridge-checks.ts'
import type { Links } from './build-post.ts'
import { createSituationReader } from './delivery-situation.ts'
import { openDrain } from './drain-waiting.ts'
import { openDispatcher } from './open-dispatcher.ts'
import { openOutbox } from './outbox.ts'
import { openListenerPosts } from './post-to-listener.ts'
import { takeInDelivery } from './take-in-delivery.ts'
import { watchBacklog } from './watch-backlog.ts'
import { createAttemptMetrics } from './webhook-metrics.ts'

/** What the bridge's group reads: for the start step that makes the progress rows. */
export const topicsOf: Readonly<Record<'webhooks', readonly TopicName[]>> = { webhooks: ['webhook-deliveries'] }

export type WebhooksDeps = {
  database: Database
  /** For what waits as rows, so that an endpoint that is away takes nothing from deliveries on their way. */
  waitingDatabase: Database
  log: EventLog
  progress: ProgressStore
  codec: Codec
  sealer: Sealer
  links: Links
  topic(name: TopicName): string
  consumerGroup(name: string): string
  config: Config['webhooks']
  version: string
  logger: Logger
  metrics: Metrics
  clock: () => number
  random: () => number
}

const DRAIN_POLL_MS = 1_000
const MAX_BUFFERED_BYTES = 16 * 1024 * 1024
/** Lanes that may be busy or wait for a slot, per slot of this process. */
const LANES_PER_SLOT = 16
/** While one lane's outcome is written down, another uses its slot. */
const CLAIMS_PER_SLOT = 2
const MAX_WAIT_MS = 2_000
/** While stopping: an attempt in flight ends within its own timeout, and then its write may take so long. */
const LAST_WRITES_MS = 20_000
const LEAST_WAITING = 500

export function openWebhooks(deps: WebhooksDeps): Role {
  const ends: Ends = { intake: new AbortController(), writing: new AbortController(), lifetime: new AbortController() }
  const bridge = openBridge(deps, ends)
  let stopped: Promise<void> | null = null
  return {
    name: 'webhooks',
    checks: () => bridgeChecks(bridge),
    close: () => {
      stopped ??= stop(bridge, ends)
      return stopped
    },
  }
}

/** In the order in which they come: no more deliveries, no more tries to write what came of attempts, nothing more at all. */
type Ends = Readonly<Record<'intake' | 'writing' | 'lifetime', AbortController>>
type Bridge = ReturnType<typeof openBridge>

function openBridge(deps: WebhooksDeps, { intake, writing, lifetime }: Ends) {
  const { config, waitingDatabase, topic } = deps
  const consumerGroup = deps.consumerGroup('webhooks')
  const member = randomUUID()
  const dispatcher = openDispatcher(config)
  const slots = createFairTurns({ total: config.maxInFlight, perKey: config.maxInFlightPerEndpoint })
  const outbox = openOutbox({ ...deps, database: waitingDatabase, member })
  const recorder = createAttemptRecorder({ ...deps, written: outbox.wake }, writing.signal)
  const attempt: AttemptDeps = {
    ...deps,
    consumerGroup,
    dispatcher,
    listeners: openListenerPosts({ ...deps, database: waitingDatabase, stopping: intake.signal }, lifetime.signal),
    metrics: createAttemptMetrics(deps.metrics),
    recorder,
    lifetime: lifetime.signal,
  }
  const shared = { database: waitingDatabase, attempt, slots, readSituation: createSituationReader(deps.database) }
  const drain = openDrain({
    ...shared,
    member,
    perEndpoint: CLAIMS_PER_SLOT * config.maxInFlightPerEndpoint,
    pollMs: DRAIN_POLL_MS,
  })
  const consumption = deps.log.consumeLanes(
    {
      consumerGroup,
      topics: topicsOf.webhooks.map(topic),
      deadLetterTopic: topic('dead-letters'),
      progress: deps.progress,
      maxConcurrency: LANES_PER_SLOT * config.maxInFlight,
      maxBufferedBytes: MAX_BUFFERED_BYTES,
      // Our own schedule ends sooner: this bounds surprises only.
      maxAttempts: config.retryDelaysMs.length + 20,
      lane: record => record.key,
      handle: (record, tries, signal) =>
        takeInDelivery({ ...shared, backlog, patience: patienceOf(config), wakeDrain: drain.wake }, record, tries, signal),
    },
    intake.signal,
  )
  const backlog = watchBacklog({ ...deps, database: waitingDatabase }, () => consumption.status(), intake.signal)
  return { slots, drain, consumption, backlog, recorder, outbox, dispatcher }
}

/**
 * Exchanges that began are finished, as far as the log's stop waits for them: ending them would only repeat them elsewhere.
 * What came of them is written for as long as Postgres is away at most so long: then it is repeated at the next start.
 */
async function stop({ slots, drain, consumption, backlog, outbox, dispatcher }: Bridge, { intake, writing, lifetime }: Ends) {
  slots.close()
  intake.abort()
  const giveUp = setTimeout(() => writing.abort(), LAST_WRITES_MS)
  await Promise.all([drain.close(), consumption.done, backlog.done])
  clearTimeout(giveUp)
  writing.abort()
  lifetime.abort()
  await outbox.close()
  await dispatcher.destroy()
}

/** One endpoint may have a long line where it is served fast, and never more than half of all that may wait here. */
const patienceOf = ({ maxInFlight, maxInFlightPerEndpoint }: Config['webhooks']): Patience => ({
  maxWaiting: Math.min(Math.max(LEAST_WAITING, LANES_PER_SLOT * maxInFlightPerEndpoint), (LANES_PER_SLOT * maxInFlight) / 2),
  maxWaitMs: MAX_WAIT_MS,
})
