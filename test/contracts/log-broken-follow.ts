// Logs that break what follow promises.
import type { EventLog, Position } from '../../src/log/log.ts'
import type { BrokenLog } from './log-broken.ts'

const following = (change: (follow: EventLog['follow'], log: EventLog) => EventLog['follow']) => (log: EventLog) => ({
  ...log,
  follow: change(log.follow, log),
})

export const brokenFollows: readonly BrokenLog[] = [
  {
    title: 'loses the first record of a batch that it hands out',
    breaks: '[B4] who follows partitions',
    log: following(
      follow =>
        async function* (from, signal) {
          for await (const batch of follow(from, signal))
            yield batch.fromOffset > 2n ? { ...batch, records: batch.records.slice(1) } : batch
        },
    ),
  },
  {
    title: 'follows from the first record on',
    breaks: 'following begins at its positions',
    log: following(
      follow => (from, signal) =>
        follow(
          from.map((position: Position) => ({ ...position, nextOffset: 0n })),
          signal,
        ),
    ),
  },
  {
    title: 'follows from where the log begins by now',
    breaks: 'following from before the log',
    log: following(
      (follow, log) =>
        async function* (from, signal) {
          const lags = await log.lag(from, signal)
          const begin = lags.map(({ topic, partition, firstOffset }) => ({ topic, partition, nextOffset: firstOffset }))
          yield* follow(begin, signal)
        },
    ),
  },
]
