// What others may read of the log: the public topics, and the event types that are in them.
import { events } from './definitions.ts'
import type { EventShape } from './schema-fields.ts'
import { type TopicEntry, topicOfName, topics, topicsOfName } from './topics.ts'

export const publicTopics: readonly TopicEntry[] = topics.filter(one => one.public)

export const publicEvents: readonly EventShape[] = events.filter(
  ({ type, internal }) => internal !== true && publicTopics.some(({ name }) => name === topicOfName(type)),
)

/** Those of one topic; some are on two. */
export const publicEventsIn = (topic: TopicEntry): readonly EventShape[] =>
  publicEvents.filter(({ type }) => topicsOfName(type).includes(topic.name))

/** How long its records are kept, for people: that of deliveries' topics is fixed, and so is that of what is soon out of date. */
export const keptText = ({ retentionDays }: TopicEntry): string =>
  retentionDays === null ? 'TOPIC_RETENTION' : `${retentionDays} d`
