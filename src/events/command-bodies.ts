// What a client may ask an account to send: the body of POST /v1/instances/{id}/messages, which command.accepted keeps as JSON text.
import { z } from 'zod'

const text = z.strictObject({
  chatId: z.string(),
  kind: z.literal('text'),
  text: z.string().min(1).max(65_536),
})

export const messageBody = z.discriminatedUnion('kind', [text])
/** `chatId`: the address that events carry. */
export type MessageBody = z.infer<typeof messageBody>
