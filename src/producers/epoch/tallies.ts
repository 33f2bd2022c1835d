// The tallies of all epochs of this process. What changed in them is written every few seconds, in one statement for all instances, and once
// more at the end; what cannot be written now is written the next time, and holds nobody up.
import type { Database } from '../../database/database.ts'
import { writeTogether } from '../../database/statement-parts.ts'
import { type TallyRow, tallyWrites } from '../../instances/instance-tallies.ts'
import type { CountAccounted } from '../../runtime/account-metrics.ts'
import { isoInstant } from '../../runtime/calendar.ts'
import type { Logger } from '../../runtime/logger.ts'
import { wait } from '../../runtime/wait.ts'
import { type Announced, type Counts, createTally, type Tally } from './tally.ts'

export type Tallies = {
  /** `ended`: aborts with the epoch; what it counted is written all the same. */
  open(of: { instanceId: string; epoch: number }, ended: AbortSignal): Tally
  /** Of the epochs that go on. */
  all(): readonly Tally[]
  /** Until the signal aborts. */
  follow(signal: AbortSignal): Promise<void>
  /** Of all that changed. Never rejects. */
  write(): Promise<void>
}
type Deps = { database: Database; clock: () => number; count: CountAccounted; logger: Logger; writeEveryMs?: number }
type Kept = { tally: Tally; ended: AbortSignal; written: Counts | null }

export function createTallies({ database, clock, count, logger, writeEveryMs = 5_000 }: Deps): Tallies {
  const kept = new Set<Kept>()

  async function write(): Promise<void> {
    const all = [...kept].map(one => ({ one, counts: one.tally.counts() }))
    const changed = all.filter(({ one, counts }) => counts !== one.written || isBehind(counts))
    try {
      for (const round of inRounds(changed, ({ one }) => one.tally.instanceId))
        await writeTogether(database, tallyWrites(round.map(({ one, counts }) => rowOf(one.tally, counts))))
    } catch (error) {
      logger.warn('tallies.not-written', { instances: changed.length, error })
      return
    }
    for (const { one, counts } of changed) one.written = counts
    for (const one of kept) if (one.ended.aborted && one.written === one.tally.counts()) kept.delete(one)
  }

  return {
    open: (of, ended) => {
      const tally = createTally({ clock, count: (stage, type) => count(stage, { instanceId: of.instanceId, type }) }, of)
      kept.add({ tally, ended, written: null })
      return tally
    },
    all: () => [...kept].filter(({ ended }) => !ended.aborted).map(({ tally }) => tally),
    follow: async signal => {
      while (await wait(writeEveryMs, signal)) await write()
    },
    write,
  }
}

/** Written again also where nothing changed: what is given out and not appended counts once its owner has said so for a while. */
const isBehind = ({ numbered, lastSequence }: Counts): boolean => numbered > lastSequence

/** A statement writes a row once: of several epochs of one instance each is in a round of its own, the older ones first. */
function inRounds<One>(all: readonly One[], keyOf: (one: One) => string): readonly (readonly One[])[] {
  const ofKey = [...Map.groupBy(all, keyOf).values()]
  const most = Math.max(0, ...ofKey.map(list => list.length))
  return Array.from({ length: most }, (_, round) => ofKey.flatMap(list => list.slice(round, round + 1)))
}

const rowOf = (
  { instanceId, epoch }: Tally,
  { received, numbered, lastSequence, lastStanzaAt, announced }: Counts,
): TallyRow => ({
  ...{ instanceId, epoch, received, numbered, lastStanzaAt },
  appended: lastSequence,
  announced: announced === null ? null : shown(announced),
})

const shown = ({ at, endedAt, ...counts }: Announced) => ({
  at: isoInstant(at),
  ...counts,
  endedAt: endedAt === null ? null : isoInstant(endedAt),
})
