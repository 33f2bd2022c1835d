// A quarantined key is read again from where it was left out, while its partition waits: in the end it is as if it had never been left out.
// A record that still cannot be projected keeps the key quarantined from there; so does one that the log has forgotten, until that is passed over.
import type { Codec } from '../events/codec.ts'
import type { TopicName } from '../events/topics.ts'
import { type EventLog, LogError, type LogRecord } from '../log/log.ts'
import type { Logger } from '../runtime/logger.ts'
import { applyEvents, nothingDone } from './apply-events.ts'
import { decodeRecords } from './decode-records.ts'
import { classifyFailure } from './failure.ts'
import { sayLeftOut } from './ownership.ts'
import { type Placed, type Projection, titleOf } from './projection.ts'
import { type Poison, type Quarantined, quarantinedBy, quarantineKey, releaseKey } from './quarantine.ts'
import type { Work } from './step.ts'

export type ResumeDeps = {
  codec: Pick<Codec, 'decode'>
  log: Pick<EventLog, 'read'>
  topic(name: TopicName): string
  logger: Logger
  /** One transaction of the partition; false: another owner went on, and the resuming is theirs. */
  step(work: Work): Promise<boolean>
}

const RECORDS_PER_STEP = 500

/** `until` are the partition's offsets. Rejects on outages; what was read again by then stays, and copies are dropped the next time. */
export async function resumeKey(
  deps: ResumeDeps,
  projection: Projection,
  left: Quarantined,
  until: ReadonlyMap<string, bigint>,
  signal: AbortSignal,
): Promise<void> {
  const done = new Map(left.offsets)
  for (const topic of projection.reads) {
    const range = { from: left.offsets.get(topic) ?? 0n, until: until.get(topic) ?? 0n }
    const stopped = await readAgain(deps, projection, { left, topic, range, done }, signal)
    if (stopped === 'moved') return
    if (stopped !== null) return keepQuarantined(deps, projection, stopped, left.partition, done)
    done.set(topic, range.until)
  }
  const released = await deps.step(async tx => {
    await releaseKey(tx, projection, left.key)
    return nothingDone
  })
  if (released)
    deps.logger.info('projection.resumed', { projection: titleOf(projection), partition: left.partition, key: left.key })
}

type Reading = { left: Quarantined; topic: TopicName; range: { from: bigint; until: bigint }; done: Map<string, bigint> }

/** null: all of the topic is applied. */
async function readAgain(
  deps: ResumeDeps,
  projection: Projection,
  { left: { partition, key }, topic, range, done }: Reading,
  signal: AbortSignal,
): Promise<Poison | 'moved' | null> {
  try {
    for await (const records of recordsOfKey(deps, { topic, partition, key }, range, signal)) {
      const stopped = await applyAgain(deps, projection, topic, records, signal)
      if (stopped !== null) return stopped
      done.set(topic, (records.at(-1)?.offset ?? 0n) + 1n)
    }
    return null
  } catch (error) {
    if (!(error instanceof LogError && error.code === 'truncated')) throw error
    return { topic, key, offset: done.get(topic) ?? range.from, code: 'forgotten', message: error.message }
  }
}

/** null: all applied. */
async function applyAgain(
  deps: ResumeDeps,
  projection: Projection,
  topic: string,
  records: readonly LogRecord[],
  signal: AbortSignal,
): Promise<Poison | 'moved' | null> {
  const { decoded, passedOver } = await decodeRecords(deps.codec, records, signal)
  const unplaced = new Set(passedOver)
  const readable = decoded.flatMap(one => (one.kind === 'event' ? [one.placed] : []))
  if (readable.length === decoded.length) {
    const outcome = await tryStep(deps, projection, { topic, placed: readable, unplaced })
    if (outcome === null || outcome === 'moved') return outcome
  }
  for (const one of decoded) {
    const outcome =
      one.kind === 'poison'
        ? { topic, offset: one.record.offset, key: one.record.key, code: one.code, message: one.message }
        : await tryStep(deps, projection, { topic, placed: [one.placed], unplaced })
    if (outcome !== null) return outcome
  }
  return null
}

async function tryStep(
  deps: ResumeDeps,
  projection: Projection,
  { topic, placed, unplaced }: { topic: string; placed: readonly Placed[]; unplaced: ReadonlySet<string> },
): Promise<Poison | 'moved' | null> {
  try {
    return (await deps.step(tx => applyEvents(tx, projection, placed, unplaced))) ? null : 'moved'
  } catch (error) {
    const failure = classifyFailure(error)
    const [first] = placed
    if (failure.kind !== 'poison' || first === undefined) throw error
    return {
      topic,
      offset: first.position.nextOffset - 1n,
      key: first.event.instanceId,
      code: failure.code,
      message: failure.message,
    }
  }
}

async function keepQuarantined(
  deps: ResumeDeps,
  projection: Projection,
  poison: Poison,
  partition: number,
  offsets: ReadonlyMap<string, bigint>,
): Promise<void> {
  const left = quarantinedBy(poison, partition, offsets)
  const kept = await deps.step(async tx => {
    await quarantineKey(tx, projection, left)
    return nothingDone
  })
  if (kept) sayLeftOut(deps, titleOf(projection), left)
}

async function* recordsOfKey(
  deps: ResumeDeps,
  of: { topic: TopicName; partition: number; key: string },
  range: { from: bigint; until: bigint },
  signal: AbortSignal,
): AsyncIterable<readonly LogRecord[]> {
  if (range.from >= range.until) return
  const at = { topic: deps.topic(of.topic), partition: of.partition }
  const edges = { from: [{ ...at, nextOffset: range.from }], until: [{ ...at, nextOffset: range.until }] }
  let gathered: LogRecord[] = []
  for await (const record of deps.log.read(at.topic, edges, signal)) {
    if (record.key === of.key) gathered.push(record)
    if (gathered.length < RECORDS_PER_STEP) continue
    yield gathered
    gathered = []
  }
  if (gathered.length > 0) yield gathered
}
