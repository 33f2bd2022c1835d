// The swap, and the way back, which is the same: in one transaction, with both at one place, each has the other's tables and what either leaves
// out. Queries, positions that are waited for, counts of accounts and migrations find under the names that they know what is read now.
import type { Database } from '../../database/database.ts'
import { holdOffMigrations } from '../../database/migration-lock.ts'
import { holdOffErasing, isAnyUnderWay } from '../../purge/tombstones.ts'
import { exchangeLeftOut } from './checkpoint-rows.ts'
import type { Fill } from './fill.ts'
import { changedSince } from './prepare.ts'
import { type Held, lockHeld, move, type RebuildState } from './rebuild-rows.ts'
import { standStill } from './stand-still.ts'
import { describeUnlike, findUnlike } from './twin-indexes.ts'
import { exchangeTables, type Pair } from './twin-tables.ts'

type Of = { database: Database; fill: Fill; pair: Pair; held: Held }
export type Swapped =
  | { kind: 'done' }
  /** Nothing was done; in words. */
  | { kind: 'later'; why: string }

export async function exchange(
  { database, fill, pair, held }: Of,
  to: { from: readonly RebuildState[]; state: 'swapped' | 'rolled-back' },
  signal: AbortSignal,
): Promise<Swapped> {
  const swapped = await standStill<Swapped>(
    { database, fill, pair },
    async tx => {
      const rebuild = await lockHeld(tx, held)
      if (rebuild === null || rebuild.removed || !to.from.includes(rebuild.state))
        return { kind: 'later', why: 'it is another process’s by now' }
      // One that is not committed yet would change the tables under the names that they had when it began.
      if (!(await holdOffMigrations(tx))) return { kind: 'later', why: 'an upgrade is under way: it is waited for' }
      // It erases from the tables by their names, and would miss those that change theirs: none that this does not see erases before the end.
      if (!(await holdOffErasing(tx)) || (await isAnyUnderWay(tx)))
        return { kind: 'later', why: 'a purge is under way: it is waited for' }
      const changed = await changedSince(tx, pair)
      if (changed !== null) return { kind: 'later', why: changed }
      const unlike = await findUnlike(tx, pair)
      if (unlike.length > 0) return { kind: 'later', why: describeUnlike(unlike) }
      await exchangeTables(tx, pair)
      await exchangeLeftOut(tx, pair)
      await move(tx, held, to)
      return { kind: 'done' }
    },
    signal,
  )
  return swapped ?? { kind: 'later', why: 'it has not come as far as what is read: it is tried again' }
}
