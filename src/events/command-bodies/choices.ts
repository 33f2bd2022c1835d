// Lists and buttons. WhatsApp shows native ones of businesses on its own platform alone, so they go out as numbered text unless asked otherwise.
import { z } from 'zod'
import { numberedList } from './numbered-choices.ts'
import { MAX_TEXT, replies, to } from './written.ts'

const line = z.string().min(1).max(1_024)
const id = z.string().min(1).max(200).describe('selectedId of the answer to a native one')
const row = z.strictObject({
  id,
  title: line.describe('what it says'),
  description: z.exactOptional(line).describe('more of it'),
})

const native = {
  native: z
    .boolean()
    .default(false)
    .describe(
      'true: WhatsApp’s own form, untested against phones, which may show nothing; false: numbered text, as renderedAs says',
    ),
}

export const list = z
  .strictObject({
    ...to,
    kind: z.literal('list'),
    title: z.exactOptional(line).describe('above the description'),
    description: z.string().min(1).max(4_096).describe('the text above the rows'),
    footer: z.exactOptional(line).describe('below the rows'),
    buttonText: z.string().min(1).max(20).describe('what opens a native list'),
    sections: z
      .array(
        z.strictObject({
          title: z.exactOptional(line).describe('above its rows'),
          rows: z.array(row).min(1).max(10).describe('1..10 to choose from'),
        }),
      )
      .min(1)
      .max(10)
      .describe('1..10 groups of rows'),
    ...native,
    ...replies,
  })
  .check(({ value, issues }) => {
    if (value.native) return
    const { length } = numberedList(value)
    if (length <= MAX_TEXT) return
    const message = `expected at most ${MAX_TEXT} characters as numbered text, got ${length}`
    issues.push({ code: 'custom', path: ['sections'], message, input: value.sections })
  })
export type ListToSend = z.infer<typeof list>

export const buttons = z.strictObject({
  ...to,
  kind: z.literal('buttons'),
  text: z.string().min(1).max(4_096).describe('the text above the buttons'),
  header: z.exactOptional(line).describe('above the text'),
  footer: z.exactOptional(line).describe('below the text'),
  buttons: z
    .array(z.strictObject({ id, text: line.describe('what it says') }))
    .min(1)
    .max(10)
    .describe('1..10, below the text'),
  ...native,
  ...replies,
})
export type ButtonsToSend = z.infer<typeof buttons>
