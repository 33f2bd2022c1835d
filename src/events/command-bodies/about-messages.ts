// What is done to a message that is there: reactions, edits, deletions, pins; and forwarding it.
import { z } from 'zod'
import { chatId } from './addresses.ts'
import { toOrStatus } from './statuses.ts'
import { bodyText, mentions, messageId, to } from './written.ts'

const target = { targetMessageId: messageId.describe('WhatsApp’s id of the message that it is about, in this chat') }

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })
const isOneEmoji = (text: string): boolean =>
  [...graphemes.segment(text)].length === 1 &&
  /\p{Emoji_Presentation}|\p{Extended_Pictographic}|\p{Regional_Indicator}|\u20e3/u.test(text)

export const reaction = z.strictObject({
  ...toOrStatus,
  kind: z.literal('reaction'),
  ...target,
  emoji: z
    .string()
    .max(64)
    .refine(text => text === '' || isOneEmoji(text), { error: 'expected one emoji, or nothing ("") to take the reaction back' })
    .describe('one emoji; "" takes the reaction back'),
})

/** WhatsApp's apps offer an edit for so long; its server takes one for 20 (whatsmeow's send.go, EditWindow). */
export const editableMinutes = 15
/** Two days and a half: "Delete for everyone" of its apps since August 2022. */
export const deletableHours = 60

export const edit = z.strictObject({
  ...to,
  kind: z.literal('edit').describe(`of a text of the account’s own, for ${editableMinutes} minutes`),
  ...target,
  text: bodyText.describe('the new text'),
  mentions: z.exactOptional(mentions).describe('whom the new text mentions'),
})

export const deletion = z.strictObject({
  ...toOrStatus,
  kind: z
    .literal('delete')
    .describe(`for everyone: of the account’s own messages or, by an admin, of a group’s, for ${deletableHours} hours`),
  ...target,
})

/** How long WhatsApp's apps pin: a day, a week, a month. */
const pinSeconds = [86_400, 604_800, 2_592_000] as const

export const pin = z
  .strictObject({
    ...to,
    kind: z.literal('pin').describe('for everyone in the chat'),
    ...target,
    on: z.boolean().describe('false: it is unpinned'),
    durationSeconds: z
      .exactOptional(z.literal(pinSeconds))
      .describe(`of a pin: ${pinSeconds.join(', ')}; left out: ${pinSeconds[1]}, a week`),
  })
  .check(({ value, issues }) => {
    if (!value.on && value.durationSeconds !== undefined)
      issues.push({
        code: 'custom',
        path: ['durationSeconds'],
        message: 'expected nothing, as it is unpinned',
        input: value.durationSeconds,
      })
  })
/** Of a pin that does not say. */
export const usualPinSeconds = pinSeconds[1]

export const forward = z.strictObject({
  ...to,
  kind: z.literal('forward'),
  messageId: messageId.describe(
    'WhatsApp’s id of the message to forward: a text, location, contacts, poll, or a file that zaplog has stored',
  ),
  fromChatId: z.exactOptional(chatId).describe('the chat that it is in, where several have a message of this id'),
})

const kinds: readonly unknown[] = [reaction, edit, deletion, pin].map(({ shape }) => shape.kind.value)

/** Nobody reads it as a message of its own: it costs no turn of an account's pace, and no timer of a chat makes it disappear. */
export const isAboutMessage = (body: unknown): boolean =>
  typeof body === 'object' && body !== null && 'kind' in body && kinds.includes(body.kind)
