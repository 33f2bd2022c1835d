// Reads once more what a projection read while an earlier version had no type for what is in it, beside its work: of the partitions that this
// member owns, a few records at a time, each step as the partition's own, and none while the process is busy. Where it is is a row, so that it goes
// on after any death; once no partition has anything left nobody asks again.

import type { Database } from '../database/database.ts'
import type { Codec } from '../events/codec.ts'
import type { TopicName } from '../events/topics.ts'
import type { EventLog, LogRecord } from '../log/log.ts'
import { describeError, type Logger } from '../runtime/logger.ts'
import { isBusy, type LoopLoad, loopLoad } from '../runtime/loop-load.ts'
import type { Check } from '../runtime/role.ts'
import { wait } from '../runtime/wait.ts'
import { nothingDone } from './apply-events.ts'
import { decodeRecords } from './decode-records.ts'
import { classifyFailure } from './failure.ts'
import type { OwnedPartition } from './partition.ts'
import { type Placed, type Projection, titleOf } from './projection.ts'
import { listRereads, moveReread, type Reread } from './reread-rows.ts'
import { type EarlierSecrets, rereadEvents } from './reread-step.ts'

export type RereadDeps = {
  database: Database
  log: Pick<EventLog, 'read' | 'lag'>
  codec: Pick<Codec, 'decode'>
  topic(name: TopicName): string
  logger: Logger
  secrets: EarlierSecrets
  /** [the process's] */
  load?: LoopLoad
}
export type Rereading = {
  /** As far as it goes with these partitions. Rejects on outages; the next call goes on. */
  work(own: readonly OwnedPartition[], signal: AbortSignal): Promise<void>
  /** None where nothing is left. */
  checks(): readonly Check[]
}

/** In one step. */
const MAX_RECORDS = 200
const MAX_BYTES = 4 * 1024 * 1024
/** Between steps, and while the process is busy. */
const REST_MS = 20
const BUSY_REST_MS = 500

export function createRereading(deps: RereadDeps, projection: Projection): Rereading {
  const { database, logger, load = loopLoad } = deps
  /** null: not known yet. */
  let left: readonly Reread[] | null = null
  /** By partition: where this member began. */
  const begun = new Map<number, Tally>()
  const title = titleOf(projection)

  /** false: somebody else owns the partition. */
  async function step(one: OwnedPartition, reread: Reread, signal: AbortSignal): Promise<boolean> {
    const tally = begun.get(reread.partition) ?? { records: 0, events: 0 }
    if (!begun.has(reread.partition)) logger.info('rereading.began', { projection: title, ...placeOf(reread) })
    begun.set(reread.partition, tally)
    const taken = await takeStep({ ...deps, projection, one, tally }, reread, signal)
    if (taken !== null && taken >= reread.untilOffset)
      logger.info('rereading.done', { projection: title, ...placeOf(reread), ...tally })
    return taken !== null
  }

  const rest = async (signal: AbortSignal): Promise<boolean> => {
    while (isBusy(load())) if (!(await wait(BUSY_REST_MS, signal))) return false
    return wait(REST_MS, signal)
  }

  return {
    work: async (own, signal) => {
      while (left === null || left.length > 0) {
        left = await listRereads(database, projection)
        const mine = left.flatMap(reread => own.filter(one => one.partition === reread.partition).map(one => ({ one, reread })))
        if (mine.length === 0) return
        for (const { one, reread } of mine) if (!(await rest(signal)) || !(await step(one, reread, signal))) return
      }
    },
    checks: () => (left === null || left.length === 0 ? [] : [checkOf(title, left)]),
  }
}

type Tally = { records: number; events: number }
type Step = RereadDeps & { projection: Projection; one: OwnedPartition; tally: Tally }

/** Answers where it is now; null: somebody else owns the partition. */
async function takeStep(deps: Step, reread: Reread, signal: AbortSignal): Promise<bigint | null> {
  const { records, nextOffset } = await readSome(deps, reread, signal)
  const { decoded } = await decodeRecords(deps.codec, records, signal)
  // What does not decode stood in the projection's way, which said so then.
  const placed = decoded.flatMap(one => (one.kind === 'event' ? [one.placed] : []))
  const at = await apply(deps, { reread, placed, to: nextOffset }, signal)
  deps.tally.records += at === null ? 0 : records.length
  return at
}

type Applying = { reread: Reread; placed: readonly Placed[]; to: bigint }

/** Together; where that fails for what is in them, one by one, and what fails then is passed over and said. */
async function apply(deps: Step, { reread, placed, to }: Applying, signal: AbortSignal): Promise<bigint | null> {
  const { projection, one, tally, logger } = deps
  const move = { partition: reread.partition, from: reread.nextOffset, to }
  let events = 0
  const step = (some: readonly Placed[]) =>
    one.step(async tx => {
      events = (await moveReread(tx, projection, move)) ? await rereadEvents(tx, deps, some) : 0
      return nothingDone
    }, signal)
  try {
    if (!(await step(placed))) return null
  } catch (error) {
    if (classifyFailure(error).kind !== 'poison') throw error
    const [first] = placed
    if (placed.length > 1) return applyEach(deps, { reread, placed, to }, signal)
    logger.warn('rereading.passed-over', { ...placeOf(reread), eventId: first?.event.eventId, reason: describeError(error) })
    if (!(await step([]))) return null
  }
  tally.events += events
  return to
}

async function applyEach(deps: Step, { reread, placed, to }: Applying, signal: AbortSignal): Promise<bigint | null> {
  let at: bigint | null = reread.nextOffset
  for (const [index, one] of placed.entries()) {
    const isLast = index === placed.length - 1
    const next: bigint = isLast ? to : one.position.nextOffset
    at = await apply(deps, { reread: { ...reread, nextOffset: at }, placed: [one], to: next }, signal)
    if (at === null) return null
  }
  return at
}

/** From where it is, or from where the log begins by now. */
export async function readSome(
  { log, topic }: Pick<RereadDeps, 'log' | 'topic'>,
  { partition, nextOffset, untilOffset }: Reread,
  signal: AbortSignal,
): Promise<{ records: readonly LogRecord[]; nextOffset: bigint }> {
  const at = { topic: topic('events'), partition }
  const [has] = await log.lag([{ ...at, nextOffset }], signal)
  const from = greater(nextOffset, has?.firstOffset ?? 0n)
  const until = untilOffset < (has?.endOffset ?? 0n) ? untilOffset : (has?.endOffset ?? 0n)
  if (from >= until) return { records: [], nextOffset: untilOffset }
  const range = { from: [{ ...at, nextOffset: from }], until: [{ ...at, nextOffset: until }] }
  const records: LogRecord[] = []
  let bytes = 0
  for await (const record of log.read(at.topic, range, signal)) {
    records.push(record)
    bytes += record.value?.length ?? 0
    if (records.length >= MAX_RECORDS || bytes >= MAX_BYTES) return { records, nextOffset: record.offset + 1n }
  }
  return { records, nextOffset: untilOffset }
}

const greater = (one: bigint, other: bigint): bigint => (one > other ? one : other)

const placeOf = ({ partition, nextOffset, untilOffset }: Reread) => ({
  partition,
  nextOffset: String(nextOffset),
  untilOffset: String(untilOffset),
})

/** Of the partitions that are not done. */
function checkOf(title: string, left: readonly Reread[]): Check {
  const [done, all] = [sumOf(left.map(one => one.nextOffset)), sumOf(left.map(one => one.untilOffset))]
  return { name: `rereading of ${title}`, state: 'ok', detail: `reads earlier records again, ${Number((done * 100n) / all)} %` }
}

const sumOf = (offsets: readonly bigint[]): bigint => offsets.reduce((sum, offset) => sum + offset, 0n)
