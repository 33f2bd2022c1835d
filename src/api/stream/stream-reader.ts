// One reader of the stream: first what it missed, then what happens, each record once. It ends by itself in words; whoever reads goes on from
// the last id that arrived.
//
// Catching up reads the log up to where it ends by then, again and again, until hardly anything is missing. Then the shared reading is joined:
// what it hands over from then on is held until what lies before its place has been read, too, and of that nothing is told twice.
import type { Event } from '../../events/event.ts'
import { LogError } from '../../log/log.ts'
import type { FairTurns } from '../../runtime/fair-turns.ts'
import { isWorthSaying, wait } from '../../runtime/wait.ts'
import type { Links } from '../../webhooks/bridge/event-body.ts'
import type { Visible } from '../visible-to.ts'
import { type CatchUpDeps, type Page, readBetween, recordsBetween } from './catch-up.ts'
import { comment, endFrame, eventFields, withId } from './event-frame.ts'
import { createFrameQueue, type FrameQueue } from './frame-queue.ts'
import { type BoundsDeps, readEnds } from './log-bounds.ts'
import { createReaderPlace, type ReaderPlace } from './reader-place.ts'
import type { Said, SharedReader, SharedReading } from './shared-reading.ts'
import { matches, type StreamFilter, topicsOf } from './stream-filter.ts'
import { type Place, placeToken } from './stream-place.ts'

/** `left`: the reader itself went away. */
export type EndReason = 'left' | 'slow-reader' | 'position-expired' | 'stopping' | 'failed'
export type StreamReader = {
  frames(): AsyncIterable<Buffer>
  /** A sign of life, where nothing else waits to be written. */
  beat(isLogThere: boolean): void
  /** Only the first counts. */
  end(reason: EndReason): void
  ended: Promise<EndReason>
}
export type StreamReaderDeps = Omit<CatchUpDeps & BoundsDeps, 'log'> & {
  log: CatchUpDeps['log'] & BoundsDeps['log']
  shared: SharedReading
  /** To read what was missed: so many at once, whoever they are. */
  turns: FairTurns
  links: Links
  /** A reader for whom more would wait is ended. */
  maxWaitingBytes: number
  clock: () => number
}
/** `from`: null: from now on. */
export type AskedStream = { filter: StreamFilter; visible: Visible; from: Place | null }

export function openStreamReader(deps: StreamReaderDeps, asked: AskedStream): StreamReader {
  const queue = createFrameQueue({ maxBytes: deps.maxWaitingBytes })
  const place = createReaderPlace(asked.from)
  const { promise: ended, resolve: tellEnd } = Promise.withResolvers<EndReason>()
  const ending = new AbortController()
  const { signal } = ending
  const isWithShared = () => state.isLive && place.isBehind(deps.shared.place())
  const token = () => placeToken(isWithShared() ? deps.shared.place() : place.now())
  const tell = (event: Event | null, frame: () => Buffer) => {
    if (event === null || !asked.visible(event) || !matches(asked.filter, event)) return
    if (!queue.push(frame())) end('slow-reader')
  }
  const state = { isLive: false, held: [] as Said[] }

  /** While it is handed out: the shared reading is right behind it. */
  function take(said: Said) {
    if (!state.isLive) return hold(said)
    if (!place.passes(said.topic, said.partition, said.offset)) return
    tell(said.event, () => (isWithShared() ? said.frame(true) : withId(placeToken(place.now()), said.frame(false))))
  }

  /** The shared reading may have gone far beyond it by now. */
  function takeHeld({ topic, partition, offset, event, frame }: Said) {
    if (place.passes(topic, partition, offset)) tell(event, () => withId(placeToken(place.now()), frame(false)))
  }

  function hold(said: Said) {
    state.held.push(said)
    if (state.held.length > MAX_HELD) end('slow-reader')
  }

  function goLive(shared: Place) {
    place.reach(shared)
    state.held.splice(0).forEach(takeHeld)
    state.isLive = true
    queue.push(comment('from here on', token()))
  }

  function end(reason: EndReason) {
    if (signal.aborted) return
    ending.abort()
    deps.shared.leave(reader)
    const last = reason === 'left' ? null : endFrame({ reason, detail: details[reason] }, deps.clock())
    queue.end(last, reason === 'left' || reason === 'slow-reader')
    tellEnd(reason)
  }

  const reader: SharedReader = { topics: topicsOf(asked.filter), take, lost: () => end('position-expired') }
  const feeding = { deps, queue, place, reader, tell, goLive, signal }
  feed(feeding, asked.from !== null).catch(error => {
    if (signal.aborted) return
    const isExpired = error instanceof LogError && error.code === 'truncated'
    if (!isExpired) deps.logger.error('stream.reader-failed', { error })
    end(isExpired ? 'position-expired' : 'failed')
  })
  return {
    frames: queue.frames,
    beat: isLogThere => {
      const text = isLogThere
        ? state.isLive
          ? 'nothing new'
          : 'reading what was before'
        : 'the log is away: this goes on when it is back'
      if (queue.isEmpty()) queue.push(comment(text, token()))
    },
    end,
    ended,
  }
}

/** More than comes while the last records are read that were missed. */
const MAX_HELD = 20_000
/** So few are left to be read that the shared reading is joined. */
const CLOSE_RECORDS = 200
const TRY_AGAIN_MS = 500

const details: Readonly<Record<Exclude<EndReason, 'left'>, string>> = {
  'slow-reader': 'more waited for this reader than is kept for one: go on from the last id',
  'position-expired': 'the log no longer has what comes next: begin without an id',
  stopping: 'this process is stopping: go on from the last id, here or elsewhere',
  failed: 'something went wrong here: go on from the last id',
}

type Feeding = {
  deps: StreamReaderDeps
  queue: FrameQueue
  place: ReaderPlace
  reader: SharedReader
  tell(event: Event | null, frame: () => Buffer): void
  goLive(shared: Place): void
  signal: AbortSignal
}

/** Resolves once the reader is with the shared reading, or its signal aborted. */
async function feed(of: Feeding, hasMissed: boolean): Promise<void> {
  const { deps, reader, signal, place } = of
  const turn = hasMissed ? await deps.turns.take({ key: 'stream' }, signal) : null
  if (typeof turn === 'string') return
  try {
    if (hasMissed) await comeClose(of)
    const shared = await deps.shared.join(reader, signal)
    if (shared === null) return
    if (hasMissed) await readMissed(of, shared)
    else place.reach(shared)
    if (!signal.aborted) of.goLive(shared)
  } finally {
    turn?.release()
  }
}

async function comeClose(of: Feeding): Promise<void> {
  const { deps, reader, place, signal } = of
  const endsNow = async () =>
    new Map(await Promise.all(reader.topics.map(async topic => [topic, await readEnds(deps, topic, signal)] as const)))
  while (!signal.aborted) {
    const ends = await persistently(of, endsNow)
    if (recordsBetween(place.now(), ends) <= CLOSE_RECORDS) return
    await readMissed(of, ends)
  }
}

/** A part that is away is waited for; what was told before is not read again. */
async function readMissed(of: Feeding, to: Place): Promise<void> {
  const { deps, place, signal } = of
  await persistently(of, async () => {
    for await (const page of readBetween(deps, place.now(), to, signal)) await tellPage(of, page)
  })
  place.reach(to)
}

async function tellPage({ deps, queue, place, tell, signal }: Feeding, { topic, entries }: Page): Promise<void> {
  for (const { record, event } of entries) {
    if (!(await queue.room(signal))) return
    if (!place.passes(topic, record.partition, record.offset) || event === null) continue
    tell(event, () => withId(placeToken(place.now()), eventFields(event, deps.links)))
  }
}

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
