// The webhook bridge: from released deliveries to the clients' endpoints. At least once, in order per lane, the same webhook-id for ever;
// an endpoint that is slow or down delays nobody else, and never the log.
import { randomUUID } from 'node:crypto'
import type { Database } from '../../database/database.ts'
import type { Codec } from '../../events/codec.ts'
import type { TopicName } from '../../events/topics.ts'
import type { EventLog, ProgressStore } from '../../log/log.ts'
import { laneConsumer } from '../../processors/runner/lane-consumer.ts'
import { createTombstones } from '../../processors/runner/tombstones.ts'
import { watchIntake } from '../../processors/runner/watch-intake.ts'
import type { Pace } from '../../runtime/coalesce.ts'
import type { Config } from '../../runtime/config.ts'
import { createFairTurns } from '../../runtime/fair-turns.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { Metrics } from '../../runtime/metrics.ts'
import { rememberSeals } from '../../runtime/remembered-seals.ts'
import type { Role } from '../../runtime/role.ts'
import type { Sealer } from '../../runtime/seal.ts'
import type { AttemptDeps } from './attempt-delivery.ts'
import { createAttemptRecorder } from './attempt-recorder.ts'
import { bridgeChecks } from './bridge-checks.ts'
import type { Links } from './build-post.ts'
import { deliveryIntake, INTAKE_PAUSE_MS, intakeEntry } from './delivery-intake.ts'
import { createSituationReader } from './delivery-situation.ts'
import { claimMsOf, openDrain } from './drain-waiting.ts'
import { gapAfter } from './gap-after.ts'
import { openDispatcher } from './open-dispatcher.ts'
import { openOutbox } from './outbox.ts'
import { openListenerPosts } from './post-to-listener.ts'
import { createWaitingLanes } from './waiting-together.ts'
import { watchBacklog } from './watch-backlog.ts'
import { createAttemptMetrics } from './webhook-metrics.ts'

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
  /** After so long without a 2xx an endpoint is counted as failing [5 min]. */
  failingAfterMs?: number
}

const DRAIN_POLL_MS = 1_000
/** While one lane's outcome is written down, another uses its slot. */
const CLAIMS_PER_SLOT = 2
/** URLs, headers and secrets of endpoints. */
const MOST_OPENED = 3_000
/** While stopping: an attempt in flight ends within its own timeout, and then its write may take so long. */
const LAST_WRITES_MS = 20_000

export function openWebhooks(deps: WebhooksDeps): Role {
  const ends: Ends = { taking: new AbortController(), writing: new AbortController(), lifetime: new AbortController() }
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
type Ends = Readonly<Record<'taking' | 'writing' | 'lifetime', AbortController>>
type Bridge = ReturnType<typeof openBridge>

function openBridge(deps: WebhooksDeps, { taking, writing, lifetime }: Ends) {
  const { config, waitingDatabase } = deps
  const consumerGroup = deps.consumerGroup('webhooks')
  const member = randomUUID()
  const dispatcher = openDispatcher(config)
  const slots = createFairTurns({ total: config.maxInFlight, perKey: config.maxInFlightPerEndpoint })
  const outbox = openOutbox({ ...deps, database: waitingDatabase, member })
  // Whoever holds a slot asks how its delivery stands and posts it: it is yet to be answered, and may be one of those that ask now.
  const asking: Pace = { gapMs: gapAfter, mayOthersJoin: waiting => slots.held() > waiting }
  const concluding: Pace = { gapMs: gapAfter, mayOthersJoin: () => slots.held() > 0 }
  const recorder = createAttemptRecorder({ ...deps, pace: concluding, written: outbox.wake }, writing.signal)
  const attempt: AttemptDeps = {
    ...deps,
    sealer: rememberSeals(deps.sealer, MOST_OPENED),
    consumerGroup,
    dispatcher,
    listeners: openListenerPosts({ ...deps, database: waitingDatabase, stopping: taking.signal }, lifetime.signal),
    metrics: createAttemptMetrics(deps.metrics),
    recorder,
    lifetime: lifetime.signal,
  }
  const claims = { claimMs: claimMsOf(config), lifetime: lifetime.signal }
  const waitingLanes = createWaitingLanes(waitingDatabase, claims)
  const shared = {
    database: waitingDatabase,
    waitingLanes,
    attempt,
    slots,
    readSituation: createSituationReader(deps.database, asking),
  }
  const drain = openDrain({
    ...shared,
    member,
    perEndpoint: CLAIMS_PER_SLOT * config.maxInFlightPerEndpoint,
    pollMs: DRAIN_POLL_MS,
  })
  const consumption = deps.log.consumeLanes(
    laneConsumer(
      { ...deps, tombstones: createTombstones(deps.database), pauseMs: INTAKE_PAUSE_MS },
      deliveryIntake(
        {
          ...shared,
          backlog: { waitingOf: id => backlog.waitingOf(id) },
          wakeDrain: drain.wake,
        },
        config,
      ),
    ),
    taking.signal,
  )
  const intake = watchIntake({ logger: deps.logger, name: intakeEntry.name }, consumption, taking.signal)
  const backlog = watchBacklog({ ...deps, database: waitingDatabase }, () => consumption.status(), taking.signal)
  return { slots, drain, consumption, intake, backlog, recorder, outbox, dispatcher }
}

/**
 * Exchanges that began are finished, as far as the log's stop waits for them: ending them would only repeat them elsewhere.
 * What came of them is written for as long as Postgres is away at most so long: then it is repeated at the next start.
 */
async function stop({ slots, drain, intake, backlog, outbox, dispatcher }: Bridge, { taking, writing, lifetime }: Ends) {
  slots.close()
  taking.abort()
  const giveUp = setTimeout(() => writing.abort(), LAST_WRITES_MS)
  await Promise.all([drain.close(), intake.done, backlog.done])
  clearTimeout(giveUp)
  writing.abort()
  lifetime.abort()
  await outbox.close()
  await dispatcher.destroy()
}
