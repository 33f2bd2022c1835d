// Albums: pictures and films that phones show together. Each is a message of its own behind a marker that says how many there are.
import { z } from 'zod'
import { isGroupAddress } from './addresses.ts'
import { media, mentioned } from './files.ts'
import { replies, to } from './written.ts'

/** WhatsApp's apps send as many at once. */
export const MAX_ITEMS = 30

const item = z.strictObject({
  kind: z.literal(['image', 'video']).describe('image or video: what it is sent as'),
  ...media,
  caption: z.exactOptional(z.string().min(1).max(1_024)).describe('1..1024 characters below it'),
  ...mentioned,
})

export const album = z
  .strictObject({
    ...to,
    kind: z.literal('album').describe('pictures and films that phones show together, each a message of its own'),
    items: z.array(item).min(2).max(MAX_ITEMS).describe(`2..${MAX_ITEMS}, in the order in which phones show them`),
    quotedMessageId: replies.quotedMessageId.describe(
      'WhatsApp’s id of the message that its first item replies to, in the same chat',
    ),
  })
  .check(({ value: { chatId, items }, issues }) => {
    for (const [at, { caption, mentions, mentionAll }] of items.entries()) {
      const refuse = (field: string, message: string, input: unknown) =>
        issues.push({ code: 'custom', path: ['items', at, field], message, input })
      if (mentionAll === true && !isGroupAddress(chatId)) refuse('mentionAll', 'expected a group as chatId', true)
      if (caption === undefined && mentions !== undefined) refuse('mentions', 'expected a caption that mentions them', mentions)
    }
  })
