// What has to be there before a step of a rebuild: its tables, made with its places in one transaction, where it begins; and the same columns as
// those of what is read, where it goes on.
import type { Transaction } from '../../database/database.ts'
import type { EventLog } from '../../log/log.ts'
import type { Logger } from '../../runtime/logger.ts'
import { readCheckpoints } from '../checkpoints.ts'
import { areAlike, rereadAlike } from '../reread-rows.ts'
import type { EarlierSecrets } from '../reread-step.ts'
import { makePlaces } from './checkpoint-rows.ts'
import type { FillDeps } from './fill.ts'
import { type Held, move, type Rebuild } from './rebuild-rows.ts'
import type { IndexSession } from './twin-indexes.ts'
import { fitTogether, hasTwin, makeTwin, type Pair } from './twin-tables.ts'

export type RunDeps = FillDeps & {
  log: FillDeps['log'] & Pick<EventLog, 'positionsAt'>
  partitionOf(key: string): number
  logger: Logger
  earlierSecrets: EarlierSecrets
  /** Lets a statement take as long as it takes. Closed by whoever opened it. */
  openIndexSession: IndexSession
  /** Between two looks at what is wanted [200 ms]. */
  lookEveryMs?: number
  /** Where what is read stood still in vain [5 s]. */
  tryAgainMs?: number
  /** How far it is behind what is read. */
  left(records: number): void
  /** Whether it waits for somebody who says what is to become of it. */
  waits(forSomebody: boolean): void
}
export type Running = { deps: RunDeps; pair: Pair; held: Held }

/** `elsewhere`: it is somebody else's by now, or in another state. `broken`: no waiting mends it. */
export async function prepare(
  { deps, pair, held }: Running,
  { state }: Rebuild,
  signal: AbortSignal,
): Promise<'prepared' | 'elsewhere' | { broken: string }> {
  const { database } = deps
  if (await hasTwin(database, pair)) {
    const broken = await changedSince(database, pair)
    return broken === null ? 'prepared' : { broken }
  }
  if (state !== 'filling') return { broken: 'its tables are gone' }
  const places = await firstPlaces(deps, pair, signal)
  const forgottenRecords = places.reduce((sum, { offsets }) => sum + [...offsets.values()].reduce(add, 0), 0)
  return database.transact(async tx => {
    if (!(await move(tx, held, { from: ['filling'], state: 'filling', forgottenRecords }))) return 'elsewhere'
    await makeTwin(tx, pair)
    await makePlaces(tx, pair, places)
    await rereadAlike(tx, { like: pair.live, own: pair.beside })
    return 'prepared'
  }, signal)
}

/** What an upgrade has made of what is read alone, in words; null: nothing. */
export async function changedSince(tx: Transaction, pair: Pair): Promise<string | null> {
  if (!(await fitTogether(tx, pair))) return changed
  return (await areAlike(tx, { like: pair.live, own: pair.beside })) ? null : rereads
}

const changed = 'the tables of what is read were changed by an upgrade since: delete it, and rebuild anew'
const rereads = 'what is read reads earlier records again since an upgrade: delete it, and rebuild anew'
const add = (sum: number, offset: bigint): number => sum + Number(offset)

type Deps = Pick<RunDeps, 'topic'> & { database: Transaction; log: Pick<EventLog, 'positionsAt'> }

/** Where the log begins, and at most where what is read is. */
export async function firstPlaces({ database, log, topic }: Deps, { live }: Pair, signal: AbortSignal) {
  const goals = await readCheckpoints(database, live)
  const firsts = new Map(
    await Promise.all(
      live.reads.map(async name => [name as string, await log.positionsAt(topic(name), 'first', signal)] as const),
    ),
  )
  return goals.map(({ partition, offsets }) => ({
    partition,
    offsets: new Map(
      [...offsets].map(([name, until]) => {
        const first = firsts.get(name)?.find(one => one.partition === partition)?.nextOffset ?? 0n
        return [name, first < until ? first : until]
      }),
    ),
  }))
}

/** Partitions of which the log no longer has the first records, in any topic. */
export async function forgottenIn(deps: Deps, pair: Pair, signal: AbortSignal): Promise<ReadonlySet<number>> {
  const places = await firstPlaces(deps, pair, signal)
  return new Set(places.flatMap(({ partition, offsets }) => ([...offsets.values()].some(first => first > 0n) ? [partition] : [])))
}
