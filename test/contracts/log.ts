// Everything the log port promises, each sentence by its name. An adapter keeps all of it or declares its limit.
import { appendPromises, lagPromises, readPromises } from './log-append.ts'
import { batchPromises } from './log-batches.ts'
import { followPromises } from './log-follow.ts'
import type { LogChecks } from './log-ground.ts'
import { groupPromises } from './log-groups.ts'
import { laneOutcomePromises } from './log-lane-outcomes.ts'
import { lanePromises } from './log-lanes.ts'
import { pausePromises } from './log-pauses.ts'
import { recentPromises } from './log-recent.ts'
import { topicPromises } from './log-topics.ts'
import { turnPromises } from './log-turns.ts'

export const logPromises: LogChecks = {
  ...appendPromises,
  ...readPromises,
  ...followPromises,
  ...lagPromises,
  ...topicPromises,
  ...lanePromises,
  ...laneOutcomePromises,
  ...turnPromises,
  ...pausePromises,
  ...groupPromises,
  ...batchPromises,
  ...recentPromises,
}
