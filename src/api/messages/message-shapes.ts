// What comes out of chats, messages, contacts and media; names as in the events and in webhooks (docs/contract.md).
import { z } from 'zod'
import { contactFields } from '../../events/definitions/addresses.ts'
import { messageFields } from '../../events/definitions/messages.ts'
import { envelope } from '../../events/envelope.ts'
import { fileFields } from '../../events/media-shapes.ts'
import {
  answerColumns,
  chatColumns,
  chatStateColumns,
  contactColumns,
  fileColumns,
  lastMessageColumns,
  markColumns,
  messageColumns,
  originColumns,
  outcomeColumns,
  reactionColumns,
  receiptColumns,
  voteColumns,
} from '../../projections/read-model/queries.ts'
import { shapesOf } from '../shapes-of.ts'
import { chatExample, contactExample, mediaExample, messageExamples } from './message-examples.ts'

/** A field says the same wherever it stands. */
const sent = { ...envelope, ...messageFields }

export const media = z.object({
  ...shapesOf(outcomeColumns, fileFields),
  url: z.string().describe('Stable; answers once the file is stored.'),
  thumbnailUrl: z.string().nullable().describe('The same of its thumbnail; null: it has none.'),
  ...shapesOf(fileColumns, fileFields),
})

const { changedByEvent, ...said } = shapesOf(messageColumns, sent)
const whole = z.object({
  ...said,
  reactions: z.array(z.object(shapesOf(reactionColumns))).describe('One of each person.'),
  status: z
    .string()
    .nullable()
    .describe('Of all receipts the furthest: server, delivered, read, played, error; null: there is none.'),
  receipts: z.array(z.object(shapesOf(receiptColumns))).describe('One of each participant, the furthest first.'),
  ...shapesOf(markColumns),
  votes: z
    .array(z.object(shapesOf(voteColumns)))
    .nullable()
    .describe('Of a poll the last vote of each person; who withdrew it is left out. null: it is no poll.'),
  results: z
    .array(z.object({ option: z.string(), votes: z.number() }))
    .nullable()
    .describe('Of a poll how many of these votes each option has, in its order; null: it is no poll.'),
  answers: z
    .array(z.object(shapesOf(answerColumns)))
    .nullable()
    .describe('Of an event the last answer of each person; null: it is no event.'),
  media: media.nullable().describe('What became of its file; null: it has none.'),
  changedByEvent,
})
export const message = whole.meta({ title: 'Message', examples: messageExamples })

export const mediaItem = media.extend(shapesOf(originColumns, sent)).meta({ title: 'Media', examples: [mediaExample] })

export const chat = z
  .object({
    ...shapesOf(chatColumns, sent),
    ...shapesOf(chatStateColumns),
    lastMessage: z.object(shapesOf(lastMessageColumns, sent)).nullable(),
  })
  .meta({ title: 'Chat', examples: [chatExample] })

const presence = z.object({
  state: z.string().describe('available, unavailable, composing, recording, paused.'),
  lastSeenAt: z.string().nullable().describe('When it was last seen, where it lets others know; null: not said.'),
  at: z.string().describe('When that was heard.'),
})

export const contact = z
  .object({
    ...shapesOf(contactColumns, { ...envelope, ...contactFields }),
    presence: presence.nullable().describe('The last that was heard of it within a day, in a chat between two; null: nothing.'),
  })
  .meta({ title: 'Contact', examples: [contactExample] })
