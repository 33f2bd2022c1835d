// One step of a projection is one transaction: the checkpoints move first, then the rows, then what is owed to the log, in the log
// itself where it takes part in the transaction. All of it or nothing.
import type { Database, Transaction } from '../database/database.ts'
import type { Codec } from '../events/codec.ts'
import type { TopicName } from '../events/topics.ts'
import type { EventLog } from '../log/log.ts'
import { purgedAmong } from '../purge/tombstones.ts'
import type { Logger } from '../runtime/logger.ts'
import { advanceCheckpoints, type Move } from './checkpoints.ts'
import { payOrOwe } from './outbox.ts'
import { type Emission, type Placed, type Projection, titleOf } from './projection.ts'
import type { ProjectionMetrics } from './projection-metrics.ts'
import { keepFirstCopies } from './seen.ts'

export type StepDeps = {
  database: Database
  log: Pick<EventLog, 'inside'>
  codec: Pick<Codec, 'encode'>
  topic(name: TopicName): string
  logger: Logger
  metrics: ProjectionMetrics
}
export type Done = { applied: number; duplicates: number; conflicts: readonly Placed[]; emissions: readonly Emission[] }
/** Runs in the transaction, again where that is repeated. `own`: the partitions that are still this owner's; for others it does nothing. */
export type Work = (tx: Transaction, own: ReadonlySet<number>) => Promise<Done>
/** What a step came to for each of its partitions. */
export type Taken = {
  /** The new ones; a partition without one was moved by another owner, and nothing of it was done. */
  revisions: ReadonlyMap<number, bigint>
  /** Partitions whose outbox holds records since. */
  owing: ReadonlySet<number>
}
/** What a step came to for one partition. */
export type PartitionTaken = { kind: 'applied'; revision: bigint; owesLog: boolean } | { kind: 'moved' }

export const takenOf = ({ revisions, owing }: Taken, partition: number): PartitionTaken => {
  const revision = revisions.get(partition)
  return revision === undefined ? { kind: 'moved' } : { kind: 'applied', revision, owesLog: owing.has(partition) }
}

export const nothingDone: Done = { applied: 0, duplicates: 0, conflicts: [], emissions: [] }

export async function takeStep(
  deps: StepDeps,
  projection: Projection,
  { moves, work }: { moves: readonly Move[]; work: Work },
  signal: AbortSignal,
): Promise<Taken> {
  const { revisions, done, paid } = await deps.database.transact(async tx => {
    const revisions = await advanceCheckpoints(tx, projection, moves)
    const done = revisions.size === 0 ? nothingDone : await ofLiving(tx, await work(tx, new Set(revisions.keys())))
    return { revisions, done, paid: await payOrOwe(tx, deps, projection, done.emissions, signal) }
  }, signal)
  paid.committed()
  report(deps, projection, done)
  return { revisions, owing: paid.owing }
}

/** What is released by the clock may be of an instance that was purged meanwhile: nothing of it goes out. */
async function ofLiving(tx: Transaction, done: Done): Promise<Done> {
  const purged = await purgedAmong(
    tx,
    done.emissions.map(one => one.event.instanceId),
  )
  return purged.size === 0 ? done : { ...done, emissions: done.emissions.filter(one => !purged.has(one.event.instanceId)) }
}

/**
 * The work of a step that projects events: what is of purged instances is dropped, in this transaction and so before any row is written,
 * then copies, and the rest is applied. A log that is read again brings nothing of them back.
 */
export async function applyEvents(tx: Transaction, projection: Projection, all: readonly Placed[]): Promise<Done> {
  const purged = await purgedAmong(
    tx,
    all.map(one => one.event.instanceId),
  )
  const placed = purged.size === 0 ? all : all.filter(one => !purged.has(one.event.instanceId))
  const { fresh, duplicates, conflicts } = await keepFirstCopies(tx, projection, placed)
  const emissions = fresh.length === 0 ? [] : await projection.apply(tx, fresh)
  return { applied: fresh.length, duplicates, conflicts, emissions }
}

function report({ metrics, logger }: StepDeps, projection: Projection, done: Done): void {
  metrics.applied({ ...done, conflicts: done.conflicts.length, emitted: done.emissions.length })
  for (const { event, position } of done.conflicts)
    logger.warn('projection.id-conflict', {
      projection: titleOf(projection),
      partition: position.partition,
      eventId: event.eventId,
    })
}
