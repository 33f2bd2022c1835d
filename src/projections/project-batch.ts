// A batch becomes one step of its partition; or, where a record spoils it and nobody knows which, one step for each record, so that only the
// spoiling record's key is left out.
import type { Codec } from '../events/codec.ts'
import type { Batch, BatchOutcome, EventLog, LogRecord } from '../log/log.ts'
import { nothingDone } from './apply-events.ts'
import { nobodysRecord, planBatch } from './batch-plan.ts'
import { MissingCheckpoint } from './checkpoints.ts'
import { decodeRecords, isReadableKey } from './decode-records.ts'
import { classifyFailure } from './failure.ts'
import type { Fellow, Fellows } from './fellows.ts'
import type { Ownership } from './ownership.ts'
import { keysLeftOut } from './partition-state.ts'
import { titleOf } from './projection.ts'
import { type Quarantined, quarantinedBy, quarantineKey } from './quarantine.ts'
import { type Dead, sayDead } from './say-dead.ts'
import type { StepDeps } from './step.ts'
import { takeTogether } from './take-together.ts'

export type Projecting = Fellow & {
  deps: Omit<StepDeps, 'codec' | 'log'> & { codec: Codec; log: Pick<EventLog, 'append' | 'inside'>; fellows: Fellows }
}

/** `alone`: it shares its transaction with no other partition or projection. Rejects where the step fails; nothing is done then. */
export async function projectBatch(
  projecting: Projecting,
  batch: Batch,
  how: { alone: boolean },
  signal: AbortSignal,
): Promise<BatchOutcome> {
  const { deps, running, own } = projecting
  const topic = running.projection.reads.find(name => deps.topic(name) === batch.topic)
  if (topic === undefined) return { kind: 'halt', reason: `${titleOf(running.projection)} does not read ${batch.topic}` }
  await own.payLog(signal)
  const rest = notTaken(batch, own.state().offsets.get(topic))
  if (rest === null) return { kind: 'applied' }
  const { decoded, passedOver } = await decodeRecords(deps.codec, rest.records, signal)
  const plan = planBatch(topic, decoded, keysLeftOut(own.state()))
  await sayNobodys(projecting, plan.nobodys, signal)
  const { partition } = own
  const step = {
    partition,
    advance: { topic, fromOffset: rest.fromOffset, nextOffset: rest.nextOffset },
    leftOut: plan.poisons.map(poison => quarantinedBy(poison, partition, own.state().offsets)),
    placed: plan.placed,
    unplaced: new Set([...passedOver, ...plan.poisons.map(poison => poison.key)]),
    sizeBytes: sizeOf(rest.records),
  }
  // Where there is nobody's record each of them says so by itself.
  if (
    !how.alone &&
    plan.nobodys.length === 0 &&
    (await takeTogether(deps, { leader: projecting, step, passedOver: passedOver.length }, topic, signal))
  )
    return applied(own, signal)
  const revisions = [own.state().revision]
  const [taken] = await deps.fellows.takeBatch([running])({ ...step, revisions }, how, signal)
  if (taken === undefined || !(await own.goOn(taken, step, signal))) return movedTo(own, topic)
  deps.fellows.succeededAlone(running)
  running.metrics.passedOver(passedOver.length)
  return applied(own, signal)
}

/** Before the step that passes them. */
async function sayNobodys({ deps, running: { projection }, own }: Projecting, nobodys: readonly Dead[], signal: AbortSignal) {
  const [first] = nobodys
  if (first === undefined) return
  await sayDead(deps, projection, nobodys, signal)
  const { record, code, message: reason } = first
  const at = { partition: own.partition, topic: record.topic, offset: String(record.offset) }
  deps.logger.warn('projection.nobodys-record', { projection: titleOf(projection), ...at, code, reason, records: nobodys.length })
}

async function applied(own: Ownership, signal: AbortSignal): Promise<BatchOutcome> {
  await own.payLog(signal)
  return { kind: 'applied' }
}

/** What others took along already is done. null: all of it. */
function notTaken(batch: Batch, at: bigint | undefined): Batch | null {
  if (at === undefined || at <= batch.fromOffset) return batch
  if (at >= batch.nextOffset) return null
  return { ...batch, fromOffset: at, records: batch.records.filter(record => record.offset >= at) }
}

/** Where this member has to read on, because somebody else has gone on. */
export const movedTo = (own: Ownership, topic: string): BatchOutcome => ({
  kind: 'moved',
  nextOffset: own.state().offsets.get(topic) ?? 0n,
})

export async function narrowDown(projecting: Projecting, batch: Batch, signal: AbortSignal): Promise<BatchOutcome> {
  const { deps, running, own } = projecting
  const topic = running.projection.reads.find(name => deps.topic(name) === batch.topic) ?? batch.topic
  const here = () => own.state().offsets.get(topic) ?? batch.fromOffset
  for (const record of batch.records) {
    const one = { ...batch, fromOffset: here(), nextOffset: record.offset + 1n, records: [record] }
    if (one.fromOffset >= one.nextOffset) continue // done by an earlier try of ours
    const outcome = await projectBatch(projecting, one, { alone: true }, signal).catch(error =>
      passOver(projecting, { topic, record, batch: one }, error, signal),
    )
    if (outcome.kind !== 'applied') return outcome
  }
  const rest = { ...batch, fromOffset: here(), records: [] }
  return rest.fromOffset < rest.nextOffset ? projectBatch(projecting, rest, { alone: true }, signal) : { kind: 'applied' }
}

/** Quarantines the key of a record whose own step failed, or passes over nobody's; rethrows what is nobody's fault. */
async function passOver(
  projecting: Projecting,
  { topic, record, batch }: { topic: string; record: LogRecord; batch: Batch },
  error: unknown,
  signal: AbortSignal,
): Promise<BatchOutcome> {
  const { running, own } = projecting
  const failure = classifyFailure(error)
  if (failure.kind !== 'poison' || error instanceof MissingCheckpoint || signal.aborted) throw error
  const advance = { topic, fromOffset: batch.fromOffset, nextOffset: batch.nextOffset }
  if (!isReadableKey(record.key)) {
    await sayNobodys(projecting, [nobodysRecord({ record, code: failure.code, message: failure.message })], signal)
    return (await own.step(async () => nothingDone, { advance, leftOut: [] }, signal)) ? { kind: 'applied' } : movedTo(own, topic)
  }
  const poison = { topic, offset: record.offset, key: record.key, code: failure.code, message: failure.message }
  const left: Quarantined = quarantinedBy(poison, own.partition, own.state().offsets)
  const done = await own.step(
    async tx => {
      await quarantineKey(tx, running.projection, left)
      return nothingDone
    },
    { advance, leftOut: [left] },
    signal,
  )
  return done ? { kind: 'applied' } : movedTo(own, topic)
}

const sizeOf = (records: readonly LogRecord[]): number => records.reduce((sum, { value }) => sum + (value?.length ?? 0), 0)
