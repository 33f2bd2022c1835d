// What is asked of an account about who is there: itself, and others.
import { z } from 'zod'

/** What people see of who writes. */
export const typingStates = ['composing', 'recording', 'paused'] as const

const chat = z.string().min(1).max(256).describe('whose, or which group’s')

export const presenceOperations = {
  'presence.set': z.strictObject({ online: z.boolean() }),
  'presence.subscribe': z.strictObject({ chatId: chat, on: z.boolean().describe('false: no longer') }),
  'chat.typing': z.strictObject({ chatId: chat, state: z.enum(typingStates) }),
} as const
