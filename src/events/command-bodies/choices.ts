// Lists and buttons. WhatsApp shows native ones of businesses on its own platform alone, so they go out as numbered text unless asked otherwise.
import { z } from 'zod'
import { replies, to } from './written.ts'

const line = z.string().min(1).max(1_024)
const id = z.string().min(1).max(200)

const native = {
  native: z
    .boolean()
    .default(false)
    .describe(
      'true: WhatsApp’s own form, untested against phones, which may show nothing; false: numbered text, as renderedAs says',
    ),
}

export const list = z.strictObject({
  ...to,
  kind: z.literal('list'),
  title: z.exactOptional(line),
  description: z.string().min(1).max(4_096).describe('the text above the rows'),
  footer: z.exactOptional(line).describe('below the rows'),
  buttonText: z.string().min(1).max(20).describe('what opens a native list'),
  sections: z
    .array(
      z.strictObject({
        title: z.exactOptional(line),
        rows: z
          .array(z.strictObject({ id, title: line, description: z.exactOptional(line) }))
          .min(1)
          .max(10),
      }),
    )
    .min(1)
    .max(10),
  ...native,
  ...replies,
})
export type ListToSend = z.infer<typeof list>

export const buttons = z.strictObject({
  ...to,
  kind: z.literal('buttons'),
  text: z.string().min(1).max(4_096).describe('the text above the buttons'),
  header: z.exactOptional(line).describe('above the text'),
  footer: z.exactOptional(line).describe('below the text'),
  buttons: z
    .array(z.strictObject({ id, text: line }))
    .min(1)
    .max(10),
  ...native,
  ...replies,
})
export type ButtonsToSend = z.infer<typeof buttons>
