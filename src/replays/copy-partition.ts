// A stretch is copied from where it is to its end, or, where it is followed, to where the log ends now: batch after batch, in order.
import type { EventOf } from '../events/event.ts'
import { requestId } from '../events/ids.ts'
import type { LogRecord, Position } from '../log/log.ts'
import { type Batch, type CopyDeps, copyBatch, type Job, write } from './copy-batch.ts'
import type { Stretch } from './stretches.ts'
import { replayHeaders, type WrittenBefore } from './written-before.ts'

type Copying = { job: Job; stretch: Stretch; before: WrittenBefore }
const MAX_BATCH_RECORDS = 1_000
const MAX_BATCH_BYTES = 1024 ** 2
/** Of a second's records: so that a pause is soon, and the pace even. */
const BATCHES_A_SECOND = 10

/**
 * `until`: where the log ends, for what is followed. The stretch as it is then; null: it is not ours any more. Rejects with the errors of the
 * ports, `truncated` where the log no longer has what comes next.
 */
export async function copyPartition(
  deps: CopyDeps,
  { job, stretch, before }: Copying,
  until: bigint,
  signal: AbortSignal,
): Promise<Stretch | null> {
  let at = stretch
  const end = stretch.untilOffset ?? until
  if (at.nextOffset < end)
    for await (const batch of batchesIn(deps, { job, stretch, end }, signal)) {
      const moved = await copyBatch(deps, { job, stretch: at, before }, batch, signal)
      if (moved === null) return null
      at = moved
    }
  if (at.untilOffset === null || at.ended) return at
  return endStretch(deps, { job, stretch: at, before }, signal)
}

/** The last one ends where the stretch does, whatever is no record there. */
async function* batchesIn(
  { log, topic }: CopyDeps,
  { job, stretch, end }: { job: Job; stretch: Stretch; end: bigint },
  signal: AbortSignal,
): AsyncGenerator<Batch> {
  const most = Math.min(MAX_BATCH_RECORDS, Math.ceil(job.replay.rate / BATCHES_A_SECOND))
  const from = positionOf(stretch, topic)
  let batch: { records: LogRecord[]; bytes: number } = { records: [], bytes: 0 }
  let reached = from.nextOffset
  for await (const record of log.read(from.topic, { from: [from], until: [{ ...from, nextOffset: end }] }, signal)) {
    batch.records.push(record)
    batch.bytes += record.value?.length ?? 0
    if (batch.records.length < most && batch.bytes < MAX_BATCH_BYTES) continue
    reached = record.offset + 1n
    yield { records: batch.records, nextOffset: reached }
    batch = { records: [], bytes: 0 }
  }
  if (reached < end) yield { records: batch.records, nextOffset: end }
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
