// Logs that break one promise each, made from a real one, so that the suite is seen to notice.
import type { EventLog, ProgressStore } from '../../src/log/log.ts'
import { brokenAppends, brokenReads, brokenTopics } from './log-broken-appends.ts'
import { brokenBatches } from './log-broken-batches.ts'
import { brokenFollows } from './log-broken-follow.ts'
import { brokenGroups, brokenLanes, brokenPauses } from './log-broken-lanes.ts'
import { brokenRecent } from './log-broken-recent.ts'
import { brokenTurns } from './log-broken-turns.ts'
import type { LogAdapter, LogMember } from './log-subject.ts'

/** `breaks` begins the title of the promise that must go red. */
export type BrokenLog = {
  title: string
  breaks: string
  log?(log: EventLog): EventLog
  progress?(store: ProgressStore): ProgressStore
}

export const brokenLogs = [
  ...brokenAppends,
  ...brokenReads,
  ...brokenFollows,
  ...brokenTopics,
  ...brokenLanes,
  ...brokenTurns,
  ...brokenPauses,
  ...brokenGroups,
  ...brokenBatches,
  ...brokenRecent,
]

export const breakAdapter = (adapter: LogAdapter, { log = same, progress = same }: BrokenLog): LogAdapter => ({
  ...adapter,
  openMember: async (): Promise<LogMember> => {
    const member = await adapter.openMember()
    return { ...member, log: log(member.log), progress: progress(member.progress) }
  },
})

const same = <T>(value: T): T => value
