// One reader of the stream: first what it missed, then what happens, each record once. It ends by itself in words; whoever reads goes on from
// the last id that arrived.
//
// What the shared reading hands over before everything is told that lies before its place is held, as far as this reader asks for it, and told
// behind that: of all this nothing is told twice, and of copies in the log, which a death leaves, the first alone.
import type { Event } from '../../events/event.ts'
import { LogError } from '../../log/log.ts'
import { createLru } from '../../runtime/lru.ts'
import type { Visible } from '../visible-to.ts'
import { comment, endFrame, withId } from './event-frame.ts'
import { type FeedDeps, feedReader } from './feed-reader.ts'
import { createFrameQueue } from './frame-queue.ts'
import { createHeldRecords } from './held-records.ts'
import { createReaderPlace } from './reader-place.ts'
import type { Said, SharedReader } from './shared-reading.ts'
import { matches, type StreamFilter, topicsOf } from './stream-filter.ts'
import { type Place, placeToken } from './stream-place.ts'

/** `left`: the reader itself went away. */
export type EndReason = 'left' | 'slow-reader' | 'position-expired' | 'stopping' | 'failed'
export type StreamReader = {
  frames(): AsyncIterable<Buffer>
  /** What is in no log. false: too much waits to be written, and it was not taken. */
  say(frame: Buffer): boolean
  /** A sign of life, where nothing else waits to be written. */
  beat(isLogThere: boolean): void
  /** Only the first counts. */
  end(reason: EndReason): void
  ended: Promise<EndReason>
}
export type StreamReaderDeps = FeedDeps & {
  /** A reader for whom more would wait is ended. */
  maxWaitingBytes: number
  /** The same, of records that come while it is told what it missed. */
  maxHeldBytes: number
  clock: () => number
}
/** `from`: null: from now on. */
export type AskedStream = { filter: StreamFilter; visible: Visible; from: Place | null }

/** By their ids, of what it was told: a copy comes soon after what it is one of. About 0.1 KB each. */
const MAX_REMEMBERED = 4_096

export function openStreamReader(deps: StreamReaderDeps, asked: AskedStream): StreamReader {
  const queue = createFrameQueue({ maxBytes: deps.maxWaitingBytes })
  const held = createHeldRecords({ maxBytes: deps.maxHeldBytes })
  const place = createReaderPlace(asked.from)
  const told = createLru<true>(MAX_REMEMBERED)
  const topics = topicsOf(asked.filter)
  const { promise: ended, resolve: tellEnd } = Promise.withResolvers<EndReason>()
  const ending = new AbortController()
  const { signal } = ending
  const state = { isLive: false }
  const sharedPlace = () => deps.shared.place(topics)
  const isWithShared = () => state.isLive && place.isBehind(sharedPlace)
  const token = () => placeToken(isWithShared() ? sharedPlace() : place.now())
  const isAskedFor = (event: Event) => asked.visible(event) && matches(asked.filter, event)

  function tell(event: Event | null, frame: () => Buffer) {
    if (signal.aborted || event === null || !isAskedFor(event) || told.get(event.eventId)) return
    told.set(event.eventId, true)
    if (!queue.push(frame())) end('slow-reader')
  }

  /** While it is handed out: the shared reading is right behind it. */
  function take(said: Said) {
    if (!state.isLive) return hold(said)
    if (!place.passes(said.topic, said.partition, said.offset)) return
    tell(said.event, () => (isWithShared() ? said.frame(topics) : withId(placeToken(place.now()), said.frame(null))))
  }

  function hold(said: Said) {
    if (said.event !== null && isAskedFor(said.event) && !held.add(said)) end('slow-reader')
  }

  /** The shared reading may have gone far beyond it by now. */
  function takeHeld({ topic, partition, offset, event, frame }: Said) {
    if (place.passes(topic, partition, offset)) tell(event, () => withId(placeToken(place.now()), frame(null)))
  }

  async function goLive() {
    for (let said = held.next(); said !== null; said = held.next()) {
      if (!(await queue.room(signal))) return
      takeHeld(said)
    }
    if (signal.aborted) return
    // In the same stretch as the last look at what is held: so far, everything was told or is not asked for.
    place.reach(sharedPlace())
    state.isLive = true
    queue.push(comment('from here on', token()))
  }

  /** What is wrong with one reader, or with one event for it, is no matter of the others, nor an outage to wait for. */
  function fail(error: unknown) {
    if (signal.aborted) return
    const isExpired = error instanceof LogError && error.code === 'truncated'
    if (!isExpired) deps.logger.error('stream.reader-failed', { error })
    end(isExpired ? 'position-expired' : 'failed')
  }

  function end(reason: EndReason) {
    if (signal.aborted) return
    ending.abort()
    deps.shared.leave(reader)
    const last = reason === 'left' ? null : endFrame({ reason, detail: endDetails[reason] }, deps.clock())
    queue.end(last, reason === 'left' || reason === 'slow-reader')
    tellEnd(reason)
  }

  const orFail = (work: () => void) => {
    try {
      work()
    } catch (error) {
      fail(error)
    }
  }
  const reader: SharedReader = { topics, take: said => orFail(() => take(said)), lost: () => end('position-expired') }
  const feeding = { deps, queue, place, reader, signal, tell: (...told: Parameters<typeof tell>) => orFail(() => tell(...told)) }
  feedReader(feeding, asked.from !== null)
    .then(goLive)
    .catch(fail)
  return {
    frames: queue.frames,
    say: frame => queue.hasRoom() && queue.push(frame),
    beat: isLogThere => void (queue.isEmpty() && queue.push(comment(signOfLife(isLogThere, state.isLive), token()))),
    end,
    ended,
  }
}

function signOfLife(isLogThere: boolean, isLive: boolean): string {
  if (!isLogThere) return 'the log is away: this goes on when it is back'
  return isLive ? 'nothing new' : 'reading what was before'
}

/** For people, of each reason that is said. */
export const endDetails: Readonly<Record<Exclude<EndReason, 'left'>, string>> = {
  'slow-reader': 'more waited for this reader than is kept for one: go on from the last id',
  'position-expired': 'the log no longer has what comes next, or never had it: begin without an id',
  stopping: 'this process is stopping: go on from the last id, here or elsewhere',
  failed: 'something went wrong here: go on from the last id',
}
