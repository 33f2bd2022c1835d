// The webhook bridge: from released deliveries to the clients' endpoints. At least once, in order per lane, the same webhook-id for ever;
// an endpoint that is slow or down delays nobody else, and never the log.
import { randomUUID } from 'node:crypto'
import { Agent, type Dispatcher } from 'undici'
import type { Database } from '../../database/database.ts'
import type { Codec } from '../../events/codec.ts'
import type { TopicName } from '../../events/topics.ts'
import type { EventLog, PartitionStatus, ProgressStore } from '../../log/log.ts'
import type { Config } from '../../runtime/config.ts'
import { createFairTurns, type Patience } from '../../runtime/fair-turns.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { Metrics } from '../../runtime/metrics.ts'
import type { Check, Role } from '../../runtime/role.ts'
import type { Sealer } from '../../runtime/seal.ts'
import type { AttemptDeps } from './attempt-delivery.ts'
import { createAttemptRecorder } from './attempt-recorder.ts'
import type { Links } from './build-post.ts'
import { createSituationReader } from './delivery-situation.ts'
import { openDrain } from './drain-waiting.ts'
import { createGuardedConnector } from './guarded-connector.ts'
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
  const consumerGroup = deps.consumerGroup('webhooks')
  const intake = new AbortController()
  const lifetime = new AbortController()
  const writing = new AbortController()
  const member = randomUUID()
  const dispatcher = openDispatcher(deps.config)
  const slots = createFairTurns({
    total: deps.config.maxInFlight,
    perKey: deps.config.maxInFlightPerEndpoint,
  })
  const outbox = openOutbox({ ...deps, database: deps.waitingDatabase, member })
  const recorder = createAttemptRecorder({ ...deps, written: outbox.wake }, writing.signal)
  const attempt: AttemptDeps = {
    ...deps,
    consumerGroup,
    dispatcher,
    listeners: openListenerPosts({ ...deps, database: deps.waitingDatabase, stopping: intake.signal }, lifetime.signal),
    metrics: createAttemptMetrics(deps.metrics),
    recorder,
    lifetime: lifetime.signal,
  }
  const readSituation = createSituationReader(deps.database)
  const shared = { database: deps.waitingDatabase, attempt, slots, readSituation }
  const drain = openDrain({
    ...shared,
    member,
    perEndpoint: CLAIMS_PER_SLOT * deps.config.maxInFlightPerEndpoint,
    pollMs: DRAIN_POLL_MS,
  })

  const consumption = deps.log.consumeLanes(
    {
      consumerGroup,
      topics: topicsOf.webhooks.map(deps.topic),
      deadLetterTopic: deps.topic('dead-letters'),
      progress: deps.progress,
      maxConcurrency: LANES_PER_SLOT * deps.config.maxInFlight,
      maxBufferedBytes: MAX_BUFFERED_BYTES,
      // Our own schedule ends sooner: this bounds surprises only.
      maxAttempts: deps.config.retryDelaysMs.length + 20,
      lane: record => record.key,
      handle: (record, tries, signal) =>
        takeInDelivery({ ...shared, backlog, patience: patienceOf(deps.config), wakeDrain: drain.wake }, record, tries, signal),
    },
    intake.signal,
  )

  const backlog = watchBacklog({ ...deps, database: deps.waitingDatabase }, () => consumption.status(), intake.signal)

  /**
   * Exchanges that began are finished, as far as the log's stop waits for them: ending them would only repeat them elsewhere.
   * What came of them is written for as long as Postgres is away at most so long: then it is repeated at the next start.
   */
  async function stop() {
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
  let stopped: Promise<void> | null = null

  return {
    name: 'webhooks',
    checks: () => [
      ...consumption.status().flatMap(checkOf),
      checkThat('webhooks drain', drain.trouble(), 'running'),
      checkThat('webhooks records', recorder.trouble() ?? outbox.trouble(), 'what came of every attempt is written'),
      backlog.check(),
    ],
    close: () => {
      stopped ??= stop()
      return stopped
    },
  }
}

/** One endpoint may have a long line where it is served fast, and never more than half of all that may wait here. */
const patienceOf = ({ maxInFlight, maxInFlightPerEndpoint }: Config['webhooks']): Patience => ({
  maxWaiting: Math.min(Math.max(LEAST_WAITING, LANES_PER_SLOT * maxInFlightPerEndpoint), (LANES_PER_SLOT * maxInFlight) / 2),
  maxWaitMs: MAX_WAIT_MS,
})

const checkThat = (name: string, trouble: string | null, fine: string): Check => ({
  name,
  state: trouble === null ? 'ok' : 'degraded',
  detail: trouble ?? fine,
})

const checkOf = (of: PartitionStatus): readonly Check[] =>
  of.state === 'running'
    ? []
    : [
        {
          name: `webhooks ${of.topic} partition ${of.partition}`,
          state: 'degraded',
          detail: `${of.state}: ${of.reason ?? 'no reason given'}`,
        },
      ]

/** Our own slots bound what is in flight, so that nothing ever queues here while its deadline runs. */
const openDispatcher = (config: Config['webhooks']): Dispatcher =>
  new Agent({
    connect: createGuardedConnector({ allowances: config }),
    connections: config.maxInFlight,
    pipelining: 1,
    allowH2: false,
    headersTimeout: config.attemptTimeoutMs,
    bodyTimeout: config.attemptTimeoutMs,
    keepAliveTimeout: 4_000,
    keepAliveMaxTimeout: 10_000,
    clientTtl: 60_000,
  })
