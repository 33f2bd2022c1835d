// A stretch is copied from where it is to its end, or, where it is followed, to where the log ends now: batch after batch, in order.
import type { EventOf } from '../events/event.ts'
import { requestId } from '../events/ids.ts'
import { LogError, type LogRecord, type Position } from '../log/log.ts'
import { type Batch, type CopyDeps, copyBatch, type Job, write } from './copy-batch.ts'
import { addedLeftOut, moveStretch, type Stretch } from './stretches.ts'
import { replayHeaders, type WrittenBefore } from './written-before.ts'

type Copying = { job: Job; stretch: Stretch; before: WrittenBefore }
const MAX_BATCH_RECORDS = 1_000
const MAX_BATCH_BYTES = 1024 ** 2

/**
 * `until`: where the log ends, for what is followed. The stretch as it is then; null: it is not ours any more. What the log forgot before its
 * turn came is passed over. Rejects with the errors of the ports.
 */
export async function copyPartition(
  deps: CopyDeps,
  { job, stretch, before }: Copying,
  until: bigint,
  signal: AbortSignal,
): Promise<Stretch | null> {
  let at = stretch
  const end = stretch.untilOffset ?? until
  while (at.nextOffset < end) {
    try {
      const batches = batchesIn(deps, { stretch: at, end }, signal)
      // In Postgres a replay has one connection, and reads in turns with what it appends.
      for await (const batch of deps.log.inside === null ? oneAhead(batches) : batches) {
        const moved = await copyBatch(deps, { job, stretch: at, before }, batch, signal)
        if (moved === null) return null
        at = moved
      }
    } catch (error) {
      const moved = await passGap(deps, { job, stretch: at, end }, error, signal)
      if (moved === null) return null
      at = moved
    }
  }
  if (at.untilOffset === null || at.ended) return at
  return endStretch(deps, { job, stretch: at, before }, signal)
}

/** It goes on where the log begins by now. Throws the error where that is no answer to it; null: it is not ours any more. */
async function passGap(
  { database, log, topic }: CopyDeps,
  { job, stretch: from, end }: { job: Job; stretch: Stretch; end: bigint },
  error: unknown,
  signal: AbortSignal,
): Promise<Stretch | null> {
  if (!(error instanceof LogError && error.code === 'truncated')) throw error
  const [lag] = await log.lag([positionOf(from, topic)], signal)
  if (lag === undefined || lag.firstOffset <= from.nextOffset) throw error
  const nextOffset = lag.firstOffset < end ? lag.firstOffset : end
  const forgotten = Number(nextOffset - from.nextOffset)
  const leftOut = addedLeftOut(from.leftOut, { truncated: forgotten })
  const to: Stretch = { ...from, nextOffset, leftOut, truncated: true, forgottenUntil: nextOffset }
  if (!(await moveStretch(database, { replayId: job.replay.replayId, owner: job.owner, from, to }))) return null
  job.counted({ written: 0, leftOut: forgotten })
  return to
}

/** The last one ends where the stretch does, whatever is no record there. */
async function* batchesIn(
  { log, topic }: CopyDeps,
  { stretch, end }: { stretch: Stretch; end: bigint },
  signal: AbortSignal,
): AsyncGenerator<Batch> {
  const from = positionOf(stretch, topic)
  let batch: { records: LogRecord[]; bytes: number } = { records: [], bytes: 0 }
  let reached = from.nextOffset
  for await (const record of log.read(from.topic, { from: [from], until: [{ ...from, nextOffset: end }] }, signal)) {
    batch.records.push(record)
    batch.bytes += record.value?.length ?? 0
    if (batch.records.length < MAX_BATCH_RECORDS && batch.bytes < MAX_BATCH_BYTES) continue
    reached = record.offset + 1n
    yield { records: batch.records, nextOffset: reached }
    batch = { records: [], bytes: 0 }
  }
  if (reached < end) yield { records: batch.records, nextOffset: end }
}

/** The next one is read while this one is copied; what went wrong there is thrown in its turn. */
async function* oneAhead(batches: AsyncGenerator<Batch>): AsyncGenerator<Batch> {
  let next = batches.next()
  try {
    for (let read = await next; read.done !== true; read = await next) {
      next = batches.next()
      next.catch(() => undefined) // thrown in its turn, if that comes
      yield read.value
    }
  } finally {
    await batches.return(undefined)
  }
}

export const positionOf = ({ topic, partition, nextOffset }: Stretch, wholeName: CopyDeps['topic']): Position => ({
  topic: wholeName(topic),
  partition,
  nextOffset,
})

/** Whoever reads along learns that nothing more of it comes. */
async function endStretch(deps: CopyDeps, { job, stretch, before }: Copying, signal: AbortSignal): Promise<Stretch | null> {
  const { replay } = job
  const saysSo = replay.marker && !replay.perType
  const topic = deps.replayTopic(replay.name)
  const appends = saysSo ? [{ topic, partition: stretch.partition, records: [endOf(deps, job, stretch)] }] : []
  return write(deps, { job, stretch, before, to: { ...stretch, ended: true }, appends }, signal)
}

function endOf({ codec, topic }: CopyDeps, { replay: { replayId } }: Job, stretch: Stretch) {
  const from = topic(stretch.topic)
  const at = Date.now()
  const event: EventOf<'replay.ended'> = {
    type: 'replay.ended',
    eventId: requestId({ instanceId: '', type: 'replay.ended', requestId: `${replayId} ${from} ${stretch.partition}` }),
    instanceId: '',
    epoch: 0,
    sequence: 0,
    occurredAt: at,
    recordedAt: at,
    replayId,
    topic: from,
    partition: stretch.partition,
    firstOffset: Number(stretch.firstOffset),
    lastOffset: Number((stretch.untilOffset ?? 0n) - 1n),
    records: stretch.recordsWritten,
    leftOut: Object.values(stretch.leftOut).reduce((sum, count) => sum + count, 0),
  }
  return codec.encode(event, '', { [replayHeaders.job]: replayId, [replayHeaders.topic]: from })
}
