// What is known of each channel that the account follows: of each field the value with the greatest (epoch, sequence).
import type { Write } from '../../database/statement-parts.ts'
import type { Envelope, EventOf } from '../../events/event.ts'
import { type Column, flag, text } from './columns.ts'
import { factsOf, factText, statesIn } from './facts.ts'

type ChannelEvent = EventOf<'newsletter.updated'>

/** All that an event says of a channel: a field of its schema that has no column does not compile. */
const channelFacts = {
  name: text,
  description: text,
  state: text,
  role: text,
  muted: flag,
} satisfies Record<Exclude<keyof ChannelEvent, keyof Envelope | 'type' | 'newsletterId' | 'authorId'>, Column<ChannelEvent>>

export const channelsIn = (schema: string): ((events: readonly ChannelEvent[]) => Write) =>
  statesIn(schema, {
    table: 'channels',
    id: { column: 'newsletter_id', of: event => event.newsletterId },
    facts: event => factsOf(channelFacts, event),
  })

/** What a chat is called that is a channel; both are SQL. */
export const channelName = (instance: string, chat: string): string =>
  `(select ${factText('n.facts', 'name')} from channels n where n.instance_id = ${instance} and n.newsletter_id = ${chat})`
