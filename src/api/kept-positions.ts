// Whether the log still has what comes after a position. Its beginning only moves on, so that what was seen of it once stays true: the log
// is asked once a minute at most for each partition, and a log that is away keeps no read from its answer.
import type { TopicName } from '../events/topics.ts'
import type { EventLog, Position } from '../log/log.ts'
import type { Logger } from '../runtime/logger.ts'
import { orAbort } from '../runtime/or-abort.ts'

export type KeptPositions = {
  /** true: the log began to forget what comes after one of these. Topics as clients know them, without prefix. */
  isPast(topic: TopicName, positions: readonly Omit<Position, 'topic'>[]): Promise<boolean>
}
type Deps = { log: Pick<EventLog, 'lag'>; topic(name: TopicName): string; logger: Logger; clock: () => number }

const ASK_EVERY_MS = 60_000
const PATIENCE_MS = 1_000

export function createKeptPositions({ log, topic, logger, clock }: Deps): KeptPositions {
  const known = new Map<string, { firstOffset: bigint; askedAt: number }>()
  const keyOf = ({ topic, partition }: Omit<Position, 'nextOffset'>) => `${topic}/${partition}`
  const isDue = (position: Position) => {
    const at = known.get(keyOf(position))
    return at === undefined || clock() - at.askedAt >= ASK_EVERY_MS
  }

  async function learn(positions: readonly Position[]) {
    const signal = AbortSignal.timeout(PATIENCE_MS)
    try {
      const lags = await orAbort(log.lag(positions, signal), () => signal.reason, signal)
      for (const lag of lags) known.set(keyOf(lag), { firstOffset: lag.firstOffset, askedAt: clock() })
    } catch (error) {
      logger.warn('api.log-beginning-unknown', { topic: positions[0]?.topic ?? null, error })
      for (const one of positions)
        known.set(keyOf(one), { firstOffset: known.get(keyOf(one))?.firstOffset ?? 0n, askedAt: clock() })
    }
  }

  return {
    isPast: async (name, places) => {
      const positions = places.map(place => ({ ...place, topic: topic(name) }))
      const due = positions.filter(isDue)
      if (due.length > 0) await learn(due)
      return positions.some(position => position.nextOffset < (known.get(keyOf(position))?.firstOffset ?? 0n))
    },
  }
}
