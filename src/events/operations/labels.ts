// What is asked of an account about its labels, which accounts of WhatsApp Business have.
import { z } from 'zod'

/** As phones number them. */
export const labelId = z.string().regex(/^[1-9]\d{0,8}$/, { error: 'expected a number of up to nine digits' })
export const labelColor = z.int().min(0).max(19)

export const labelOperations = {
  'label.change': z.strictObject({ labelId, name: z.string().min(1).max(100), color: labelColor, deleted: z.boolean() }),
  'chat.label': z.strictObject({ chatId: z.string().min(1), labelId, on: z.boolean().describe('false: no longer') }),
} as const
