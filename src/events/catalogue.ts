// What others may read of the log: the public topics, and the event types that are in them.
import { events } from './definitions.ts'
import type { EventShape } from './schema-fields.ts'
import { type TopicEntry, topicOfName, topics } from './topics.ts'

export const publicTopics: readonly TopicEntry[] = topics.filter(one => one.public)

export const publicEvents: readonly EventShape[] = events.filter(
  ({ type, internal }) => internal !== true && publicTopics.some(({ name }) => name === topicOfName(type)),
)

/** Those of one topic. */
export const publicEventsIn = (topic: TopicEntry): readonly EventShape[] =>
  publicEvents.filter(({ type }) => topicOfName(type) === topic.name)
