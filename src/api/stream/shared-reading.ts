// The one reading of the log that all readers of the stream share: a topic is followed from its end while somebody reads it, and each of its
// records is decoded once and handed to all of them.
import type { Event } from '../../events/event.ts'
import type { TopicName } from '../../events/topics.ts'
import { type EventLog, LogError } from '../../log/log.ts'
import { createBell } from '../../runtime/bell.ts'
import type { Logger } from '../../runtime/logger.ts'
import { isWorthSaying, wait } from '../../runtime/wait.ts'
import type { Links } from '../../webhooks/bridge/event-body.ts'
import { sizeOf } from './catch-up.ts'
import type { DecodeForStream } from './decode-for-stream.ts'
import { eventFields, withId } from './event-frame.ts'
import { readEnds } from './log-bounds.ts'
import { type Place, placeToken } from './stream-place.ts'

/** One record, as all are handed it. */
export type Said = {
  topic: TopicName
  partition: number
  offset: bigint
  /** null: nothing that is streamed. */
  event: Event | null
  /** In the log. */
  sizeBytes: number
  /**
   * Of the event, null: without an id; or, while it is handed out, with the place of the shared reading in these topics as id, which is
   * right for every reader of them that is nowhere ahead of it: the same bytes for all of those.
   */
  frame(placeIn: readonly TopicName[] | null): Buffer
}
export type SharedReader = {
  topics: readonly TopicName[]
  /** Of each partition in order, without a gap. Never throws: the others are handed it, too. */
  take(said: Said): void
  /** The log no longer has what comes next: nothing will be handed to it any more. */
  lost(): void
}
export type SharedReading = {
  /** From what is answered on it is handed everything. null: the signal aborted first; while the log is away it is waited for. */
  join(reader: SharedReader, signal: AbortSignal): Promise<Place | null>
  leave(reader: SharedReader): void
  /** As far as it has come in these topics, less those that are not read now. */
  place(topics: readonly TopicName[]): Place
}
export type SharedReadingDeps = {
  log: Pick<EventLog, 'follow' | 'lag'>
  decode: DecodeForStream
  links: Links
  topic(name: TopicName): string
  partitions: number
  logger: Logger
}

/** `at`: empty until the log has said where it ends. */
type Followed = { at: bigint[]; stop: AbortController }

const TRY_AGAIN_MS = 500

export function openSharedReading(deps: SharedReadingDeps): SharedReading {
  const readers = new Set<SharedReader>()
  const joined = new Set<SharedReader>()
  const followed = new Map<TopicName, Followed>()
  const begun = createBell()

  const hasBegun = (topic: TopicName) => (followed.get(topic)?.at.length ?? 0) > 0

  const place = (topics: readonly TopicName[]) =>
    new Map(topics.filter(hasBegun).map(topic => [topic, followed.get(topic)?.at ?? []] as const))

  function handOut(record: Omit<Said, 'frame'>) {
    const said = { ...record, frame: frameOf(record.event, deps.links, place) }
    for (const reader of joined) if (reader.topics.includes(said.topic)) reader.take(said)
  }

  function begin(topic: TopicName) {
    const one = { at: [], stop: new AbortController() }
    followed.set(topic, one)
    void followUntilStopped(deps, topic, one, { handOut, begun: begun.ring }).then(() => {
      if (one.stop.signal.aborted) return
      followed.delete(topic)
      for (const reader of [...readers]) if (reader.topics.includes(topic)) reader.lost()
    })
  }

  function end(topic: TopicName) {
    followed.get(topic)?.stop.abort()
    followed.delete(topic)
  }

  function leave(reader: SharedReader) {
    readers.delete(reader)
    joined.delete(reader)
    for (const topic of reader.topics) if (![...readers].some(one => one.topics.includes(topic))) end(topic)
  }

  return {
    join: async (reader, signal) => {
      readers.add(reader)
      for (const topic of reader.topics) if (!followed.has(topic)) begin(topic)
      if (!(await begun.until(() => reader.topics.every(hasBegun), signal))) return null
      joined.add(reader)
      return new Map(reader.topics.map(topic => [topic, [...(followed.get(topic)?.at ?? [])]]))
    },
    leave,
    place,
  }
}

/** Made when the first reader wants it: a record that nobody asked for costs its decoding alone. */
function frameOf(event: Event | null, links: Links, place: SharedReading['place']): Said['frame'] {
  const made = { fields: null as Buffer | null, framed: new Map<string, Buffer>() }
  const fields = () => {
    made.fields ??= event === null ? Buffer.alloc(0) : eventFields(event, links)
    return made.fields
  }
  return topics => {
    if (topics === null) return fields()
    const framed = made.framed.get(topics.join()) ?? withId(placeToken(place(topics)), fields())
    made.framed.set(topics.join(), framed)
    return framed
  }
}

type Events = { handOut(record: Omit<Said, 'frame'>): void; begun(): void }

/** Ends when it is stopped, or where the log no longer has what comes next. Whatever else fails is tried again. */
async function followUntilStopped(deps: SharedReadingDeps, topic: TopicName, one: Followed, events: Events): Promise<void> {
  const { signal } = one.stop
  for (let attempt = 1; !signal.aborted; attempt += 1) {
    try {
      if (one.at.length === 0) one.at = [...(await readEnds(deps, topic, signal))]
      events.begun()
      await followOn(deps, topic, one, events)
    } catch (error) {
      if (signal.aborted) return
      if (isWorthSaying(attempt)) deps.logger.warn('stream.reading-failed', { topic: deps.topic(topic), attempt, error })
      if (error instanceof LogError && error.code === 'truncated') return
      await wait(TRY_AGAIN_MS, signal)
    }
  }
}

async function followOn(deps: SharedReadingDeps, topic: TopicName, { at, stop }: Followed, { handOut }: Events): Promise<void> {
  const from = at.map((nextOffset, partition) => ({ topic: deps.topic(topic), partition, nextOffset }))
  for await (const { partition, nextOffset, records } of deps.log.follow(from, stop.signal)) {
    for (const record of records) {
      const event = await deps.decode(record, stop.signal)
      if (stop.signal.aborted) return
      at[partition] = record.offset + 1n
      handOut({ topic, partition, offset: record.offset, event, sizeBytes: sizeOf(record) })
    }
    at[partition] = nextOffset
  }
}
