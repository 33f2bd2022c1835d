// Events as a backlog in the log: many at once, each to its own topic.
import type { Codec } from '../src/events/codec.ts'
import type { Event } from '../src/events/event.ts'
import { topicOf } from '../src/events/topics.ts'
import type { EventLog } from '../src/log/log.ts'
import { never, topic } from './ground.ts'

/** Made and appended at once. */
export const CHUNK = 10_000

type Appending = { log: Pick<EventLog, 'append'>; codec: Pick<Codec, 'encode'> }
type Make = (count: number) => readonly Event[]

/** Answers the ids of the last ones. */
export async function appendEvents({ log, codec }: Appending, make: Make, n: number): Promise<readonly string[]> {
  let eventIds: readonly string[] = []
  for (let appended = 0; appended < n; appended += eventIds.length) {
    const events = make(Math.min(CHUNK, n - appended))
    for (const [of, ofTopic] of Map.groupBy(events, ({ type }) => topicOf(type)))
      await log.append({ topic: topic(of), records: ofTopic.map(event => codec.encode(event)) }, never)
    eventIds = events.map(({ eventId }) => eventId)
  }
  return eventIds
}
