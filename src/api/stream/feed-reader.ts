// Feeding one reader until it is with the shared reading: the log is read up to where it ends by then, again and again, until hardly anything
// is missing. Then the shared reading is joined, and what lies before its place is read, too.
import type { Event } from '../../events/event.ts'
import { LogError } from '../../log/log.ts'
import { isWorthSaying, wait } from '../../runtime/wait.ts'
import type { Links } from '../../webhooks/bridge/event-body.ts'
import { type CatchUpDeps, type Page, readBetween, recordsBetween } from './catch-up.ts'
import { eventFields, withId } from './event-frame.ts'
import type { FrameQueue } from './frame-queue.ts'
import { type BoundsDeps, readEnds } from './log-bounds.ts'
import type { ReaderPlace } from './reader-place.ts'
import type { SharedReader, SharedReading } from './shared-reading.ts'
import { isNotAhead, type Place, placeToken } from './stream-place.ts'

export type FeedDeps = Omit<CatchUpDeps & BoundsDeps, 'log'> & {
  log: CatchUpDeps['log'] & BoundsDeps['log']
  shared: SharedReading
  links: Links
}
export type Feeding = {
  deps: FeedDeps
  queue: FrameQueue
  place: ReaderPlace
  reader: SharedReader
  /** Never throws. */
  tell(event: Event | null, frame: () => Buffer): void
  signal: AbortSignal
}

/** So few are left to be read that the shared reading is joined. */
const CLOSE_RECORDS = 200
const TRY_AGAIN_MS = 500
/** Of a reader that takes nothing for so long, what was read is let go and read again later: hundreds of them hold nothing. */
const LET_GO_AFTER_MS = 2_000

/** Resolves once everything before the place of the shared reading is told, or the signal aborted. Rejects LogError `truncated`. */
export async function feedReader(of: Feeding, hasMissed: boolean): Promise<void> {
  const { deps, reader, signal, place } = of
  if (hasMissed) await comeClose(of)
  const shared = await deps.shared.join(reader, signal)
  if (shared === null) return
  if (hasMissed) await readMissed(of, shared)
  else place.reach(shared)
}

async function comeClose(of: Feeding): Promise<void> {
  const { deps, reader, place, signal } = of
  const endsNow = async () =>
    new Map(await Promise.all(reader.topics.map(async topic => [topic, await readEnds(deps, topic, signal)] as const)))
  let ends = await persistently(of, endsNow)
  // A place that could not be judged before: nothing that comes in a log of fewer records would ever be told.
  if (!isNotAhead(place.now(), ends)) throw new LogError('truncated', 'catching up: the log ends before this place')
  while (!signal.aborted && recordsBetween(place.now(), ends) > CLOSE_RECORDS) {
    await readMissed(of, ends)
    ends = await persistently(of, endsNow)
  }
}

/** A part that is away is waited for; what was told before is not read again. */
async function readMissed(of: Feeding, to: Place): Promise<void> {
  const { queue, place, signal } = of
  for (let isTold = false; !isTold; ) {
    if (!(await queue.room(signal)) || signal.aborted) return
    isTold = await persistently(of, () => tellBetween(of, to))
  }
  place.reach(to)
}

/** false: the reader takes nothing for now, and there is more. */
async function tellBetween(of: Feeding, to: Place): Promise<boolean> {
  for await (const page of readBetween(of.deps, of.place.now(), to, of.signal)) if (!(await tellPage(of, page))) return false
  return true
}

async function tellPage(of: Feeding, { topic, entries }: Page): Promise<boolean> {
  const { deps, place, tell, signal } = of
  for (const { record, event } of entries) {
    if (!(await hasRoomSoon(of)) || signal.aborted) return false
    if (!place.passes(topic, record.partition, record.offset) || event === null) continue
    tell(event, () => withId(placeToken(place.now()), eventFields(event, deps.links)))
  }
  return true
}

const hasRoomSoon = async ({ queue, signal }: Feeding): Promise<boolean> =>
  queue.hasRoom() || (await queue.room(AbortSignal.any([signal, AbortSignal.timeout(LET_GO_AFTER_MS)])))

/** Rejects where the log no longer has what is asked for, or the signal aborts. */
async function persistently<T>({ deps, signal }: Feeding, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work()
    } catch (error) {
      if (signal.aborted || (error instanceof LogError && error.code === 'truncated')) throw error
      if (isWorthSaying(attempt)) deps.logger.warn('stream.catching-up-failed', { attempt, error })
      await wait(TRY_AGAIN_MS, signal)
    }
  }
}
