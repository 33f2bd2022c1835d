// What the producers say of themselves beside the log: the tallies of their epochs as rows, the heartbeats made of them, and who is silent.
import type { Database } from '../../database/database.ts'
import type { Codec } from '../../events/codec.ts'
import type { TopicName } from '../../events/topics.ts'
import type { EventLog } from '../../log/log.ts'
import { countAccounted } from '../../runtime/account-metrics.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { Metrics } from '../../runtime/metrics.ts'
import type { Check } from '../../runtime/role.ts'
import { keepHeartbeats } from './heartbeats.ts'
import type { State } from './instance-events.ts'
import { silentAmong, silentCheck } from './silent-instances.ts'
import { createTallies, type Tallies } from './tallies.ts'

/** Of the instances that this process runs now. */
export type States = () => ReadonlyMap<string, State['state'] | 'parked'>
export type Account = {
  tallies: Tallies
  /** Until the signal aborts. */
  follow(signal: AbortSignal): Promise<void>
  check(): Check
}
export type AccountTimes = {
  /** Between the heartbeats of an instance [60 s]. */
  heartbeatEveryMs?: number
  /** After so long without a word from WhatsApp an open instance is silent [10 min]. */
  silentAfterMs?: number
}
type Deps = AccountTimes & {
  database: Database
  log: Pick<EventLog, 'append'>
  codec: Pick<Codec, 'encode'>
  topic: (name: TopicName) => string
  clock: () => number
  logger: Logger
  metrics: Metrics
}

export function openAccount(deps: Deps, states: States): Account {
  const { clock, metrics, heartbeatEveryMs = 60_000, silentAfterMs = 10 * 60_000 } = deps
  const tallies = createTallies({ ...deps, count: countAccounted(metrics) })
  const beating = { ...deps, topic: deps.topic('heartbeats'), everyMs: heartbeatEveryMs }
  const silent = () => silentAmong({ tallies: tallies.all(), states: states(), nowAt: clock(), silentAfterMs })
  metrics.gauge('zaplog_instances_silent', gauge => gauge.set(silent().size))
  showEach(metrics, tallies, states)
  return {
    tallies,
    follow: async signal => {
      await Promise.all([tallies.follow(signal), keepHeartbeats(beating, { tallies: tallies.all, states }, signal)])
    },
    check: () => silentCheck(silent()),
  }
}

/** Of those that there are now: what is gone is shown no more. */
function showEach(metrics: Metrics, tallies: Tallies, states: States): void {
  metrics.gauge('zaplog_instance_state', gauge => {
    gauge.reset()
    for (const [instance_id, state] of states()) gauge.set({ instance_id, state }, 1)
  })
  metrics.gauge('zaplog_instance_last_stanza_timestamp_seconds', gauge => {
    gauge.reset()
    for (const { instanceId, counts } of tallies.all()) {
      const { lastStanzaAt } = counts()
      if (lastStanzaAt !== null) gauge.set({ instance_id: instanceId }, lastStanzaAt / 1000)
    }
  })
}
