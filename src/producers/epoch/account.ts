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
import { silentAmong, silentCheck } from './silent-instances.ts'
import { createTallies, type Tallies } from './tallies.ts'

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

/** `states`: of the instances that this process runs now. */
export function openAccount(deps: Deps, states: () => ReadonlyMap<string, string>): Account {
  const { clock, metrics, heartbeatEveryMs = 60_000, silentAfterMs = 10 * 60_000 } = deps
  const tallies = createTallies({ ...deps, count: countAccounted(metrics) })
  const beating = { ...deps, topic: deps.topic('heartbeats'), everyMs: heartbeatEveryMs }
  const silent = () => silentAmong({ tallies: tallies.all(), states: states(), nowAt: clock(), silentAfterMs })
  metrics.gauge({
    name: 'zaplog_instances_silent',
    help: 'Open instances that have heard nothing from WhatsApp for ten minutes.',
    collect: gauge => gauge.set(silent().size),
  })
  return {
    tallies,
    follow: async signal => {
      await Promise.all([tallies.follow(signal), keepHeartbeats(beating, { tallies: tallies.all, states }, signal)])
    },
    check: () => silentCheck(silent()),
  }
}
