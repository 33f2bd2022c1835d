// Commits to Kafka where a member is, for tools that show lag; nobody of zaplog reads it, and what fails is said and left to the next time.
import type { Logger } from '../../runtime/logger.ts'
import type { Position } from '../log.ts'
import type { KafkaGroup } from './group.ts'

export type OffsetMirror = {
  /** At most so often, unless `now`, and only what has changed. */
  commit(positions: readonly Position[], of: { now: boolean }): Promise<void>
}
type Deps = { group: KafkaGroup; name: string; logger: Logger; everyMs: number }

export function createOffsetMirror({ group, name, logger, everyMs }: Deps): OffsetMirror {
  let committed = ''
  let dueAt = performance.now() + everyMs
  return {
    commit: async (positions, { now }) => {
      if (!now && performance.now() < dueAt) return
      dueAt = performance.now() + everyMs
      const known = positions.filter(isKnown)
      const text = known.map(({ topic, partition, nextOffset }) => `${topic}/${partition}/${nextOffset}`).join()
      if (text === committed || !group.isMember()) return
      try {
        await group.commit(known)
        committed = text
      } catch (error) {
        logger.warn('log.mirror-failed', { group: name, error })
      }
    },
  }
}

/** Before progress was taken an assignment says 0. */
const isKnown = ({ nextOffset }: Position) => nextOffset > 0n
