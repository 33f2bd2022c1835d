// The timer of a chat between two: what is written there disappears after so long. It goes out as a message that nobody reads as one.
import { z } from 'zod'

/** What WhatsApp's apps offer: never, a day, a week, ninety days. */
export const timerSeconds = [0, 86_400, 604_800, 7_776_000] as const

export const expiresInSeconds = z
  .literal(timerSeconds)
  .describe(`after so long what is written disappears: ${timerSeconds.join(', ')}; 0: never`)

/** As it is kept. */
export const timer = z.strictObject({ kind: z.literal('timer'), chatId: z.string().min(1), expiresInSeconds })
export type Timer = z.infer<typeof timer>
