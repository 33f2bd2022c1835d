// A webhook in one line for people: what happened, of what kind, who it is from, and the beginning of what it says.
import { z } from 'zod'
import { shown as colours } from './colours.ts'
import { plainText } from './text-table.ts'

const text = z.string().optional().catch(undefined)
const webhook = z.looseObject({
  type: z.string(),
  data: z.looseObject({
    kind: text,
    senderName: text,
    text,
    emoji: text,
    state: text,
    status: text,
    subject: text,
    media: z.looseObject({ status: text }).optional().catch(undefined),
  }),
})

const MAX_CHARACTERS = 200

/** Also of a body that is none of ours. Pure, but for the colours of the terminal. */
export function describeWebhook(body: unknown): string {
  const parsed = webhook.safeParse(body)
  if (!parsed.success) return 'a body that is no event'
  const { type, data } = parsed.data
  const what = data.text ?? data.emoji ?? data.subject ?? data.media?.status ?? data.state ?? data.status ?? ''
  const [kind, sender] = [data.kind ?? '', data.senderName ?? ''].map(plainText)
  return `${plainText(type).padEnd(17)} ${colours.bold(kind?.padEnd(9))} ${sender?.padEnd(12)} ${beginningOf(plainText(what))}`
}

const beginningOf = (line: string): string => (line.length > MAX_CHARACTERS ? `${line.slice(0, MAX_CHARACTERS)}…` : line)
