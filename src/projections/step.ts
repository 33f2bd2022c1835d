// One step is one transaction: the checkpoints move first, then the rows, then what is owed to the log, in the log itself where it takes part
// in the transaction. All of it or nothing.
import type { Database, Transaction } from '../database/database.ts'
import { readTogether } from '../database/statement-parts.ts'
import type { Codec } from '../events/codec.ts'
import type { TopicName } from '../events/topics.ts'
import type { EventLog } from '../log/log.ts'
import { purgedAmong } from '../purge/tombstones.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Traces } from '../runtime/traces.ts'
import { type Applied, applyShares, type Done, nothingDone, type Share } from './apply-events.ts'
import { type Move, moveCheckpoints, revisionsOf } from './checkpoints.ts'
import { type Paid, payOrOwe } from './outbox.ts'
import { type Emission, type Projection, titleOf } from './projection.ts'
import type { ProjectionMetrics } from './projection-metrics.ts'

export type StepDeps = {
  database: Database
  log: Pick<EventLog, 'inside'>
  codec: Pick<Codec, 'encode'>
  topic(name: TopicName): string
  /** null or left out: nobody traces. */
  traces?: Traces | null
  logger: Logger
}
/** A projection as it runs here. */
export type Running = { projection: Projection; metrics: ProjectionMetrics }
/** Runs in the transaction, behind the checkpoint; again where that is repeated. */
export type Work = (tx: Transaction) => Promise<Done>
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

/** Events of a batch each, of one projection or of several that go together, all of them or none; answers in their order. */
export const takeBatches = (
  deps: StepDeps,
  batches: readonly (Share & Running)[],
  signal: AbortSignal,
): Promise<readonly Taken[]> => takeStep(deps, batches, async tx => inStep(await applyShares(tx, batches)), signal)

/** Of a partition that somebody else moved for one projection none of them has moved. */
function inStep(applied: readonly Applied[]): readonly Applied[] {
  const [first, ...others] = applied.map(one => one.revisions)
  for (const other of others)
    if (other.size !== first?.size || [...other.keys()].some(partition => !first.has(partition)))
      throw new Error('projecting together: somebody else went on with one of the projections')
  return applied
}

/** One partition, and what is to be done in it besides reading on. */
export async function takeWork(
  deps: StepDeps,
  { move, work, ...running }: Running & { move: Move; work: Work },
  signal: AbortSignal,
): Promise<Taken> {
  const applied = async (tx: Transaction): Promise<Applied> => {
    const moving = moveCheckpoints(running.projection, [move])
    const revisions = revisionsOf((await readTogether(tx, [moving]))(moving))
    return { revisions, done: revisions.size === 0 ? nothingDone : await ofLiving(tx, await work(tx)) }
  }
  const [taken = nothingTaken] = await takeStep(deps, [running], async tx => [await applied(tx)], signal)
  return taken
}

const nothingTaken: Taken = { revisions: new Map(), owing: new Set() }

/** `work` answers in the order of those that run. */
async function takeStep(
  deps: StepDeps,
  running: readonly Running[],
  work: (tx: Transaction) => Promise<readonly Applied[]>,
  signal: AbortSignal,
): Promise<readonly Taken[]> {
  const { taken, paid } = await deps.database.transact(async tx => {
    const applied = await work(tx)
    const taken = running.map((of, at) => ({ ...of, ...(applied[at] ?? nothingApplied) }))
    return { taken, paid: await payAll(tx, deps, taken, signal) }
  }, signal)
  for (const one of paid) one.committed()
  for (const one of taken) {
    tellHolds(deps, one.done.emissions)
    report(deps, one, one.done)
  }
  return taken.map(({ revisions }, at) => ({ revisions, owing: paid[at]?.owing ?? new Set() }))
}

const nothingApplied: Applied = { revisions: new Map(), done: nothingDone }

/** Nothing may come behind what is appended inside: of several that owe the log, all but the last owe it rows. */
async function payAll(
  tx: Transaction,
  deps: StepDeps,
  taken: readonly (Running & Applied)[],
  signal: AbortSignal,
): Promise<readonly Paid[]> {
  const last = taken.findLastIndex(({ done }) => done.emissions.length > 0)
  const paid: Paid[] = []
  for (const [at, { projection, done }] of taken.entries()) {
    const paying = at === last ? deps : { ...deps, log: { inside: null } }
    paid.push(await payOrOwe(tx, paying, projection, done.emissions, signal))
  }
  return paid
}

/** What is released by the clock may be of an instance that was purged meanwhile: nothing of it goes out. */
async function ofLiving(tx: Transaction, done: Done): Promise<Done> {
  const purged = await purgedAmong(
    tx,
    done.emissions.map(one => one.event.instanceId),
  )
  return purged.size === 0 ? done : { ...done, emissions: done.emissions.filter(one => !purged.has(one.event.instanceId)) }
}

/** Once it is committed, so that each is told once. */
function tellHolds({ traces }: StepDeps, emissions: readonly Emission[]): void {
  for (const { event, wasHeld = null } of emissions) {
    if (wasHeld === null || wasHeld.traceparent === null) continue
    const { traceparent: parent, since: startedAt, end } = wasHeld
    const ids = event.type === 'delivery.released' ? { 'zaplog.delivery.id': event.deliveryId } : {}
    traces?.begin({ name: 'hold', kind: 'internal', parent, startedAt, attributes: { ...ids, 'zaplog.hold.end': end } }).end()
  }
}

function report({ logger }: StepDeps, { projection, metrics }: Running, done: Done): void {
  const { fresh, duplicates, conflicts, emissions } = done
  metrics.applied({ applied: fresh.length, duplicates, conflicts: conflicts.length, emitted: emissions.length })
  if (projection.isAccounted) metrics.projected(fresh)
  for (const { event, position } of conflicts)
    logger.warn('projection.id-conflict', {
      projection: titleOf(projection),
      partition: position.partition,
      eventId: event.eventId,
    })
}
