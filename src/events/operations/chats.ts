// What is asked of an account about its chats, as it is kept: each names its messages the way phones know them.
import { z } from 'zod'

/** An address, as events carry it. */
const chat = z.string().min(1).max(256).describe('which chat')
const epochMs = z.int()

/** `senderId` null: between two, or the account wrote it itself. */
export const namedMessage = z.strictObject({
  messageId: z.string().min(1),
  fromMe: z.boolean(),
  senderId: z.string().nullable(),
  at: epochMs,
})
export type NamedMessage = z.infer<typeof namedMessage>

/** Up to where it is meant: what comes later is not cleared, and brings a chat back from the archive. null: no message is known. */
const last = namedMessage.nullable()

export const chatOperations = {
  'chat.change': z.strictObject({
    chatId: chat,
    archived: z.exactOptional(z.boolean()),
    pinned: z.exactOptional(z.boolean()),
    muted: z.exactOptional(z.strictObject({ on: z.boolean(), until: epochMs.nullable().describe('null: for ever') })),
    unread: z.exactOptional(z.boolean()),
    last,
  }),
  'chat.clear': z.strictObject({ chatId: chat, last }),
  'chat.delete': z.strictObject({ chatId: chat, last }),
  'chat.history': z.strictObject({ chatId: chat, count: z.int().min(1).max(50), oldest: namedMessage }),
  'chat.played': z.strictObject({ chatId: chat, messages: z.array(namedMessage).min(1).max(100) }),
  'chat.read': z.strictObject({ chatId: chat, messages: z.array(namedMessage).max(100), last }),
  'message.star': z.strictObject({ chatId: chat, message: namedMessage, on: z.boolean() }),
} as const
