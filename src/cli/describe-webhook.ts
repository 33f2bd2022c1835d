// A webhook in one line for people: what happened, of what kind, who it is from, the beginning of what it says, and which message it is about;
// before that, where several accounts and chats come together, when, whose and in which chat, and behind it the id to answer it by.
import { z } from 'zod'
import { shown as colours } from './colours.ts'
import { waitCell } from './say-wait.ts'
import { plainText } from './text-table.ts'

const text = z.string().optional().catch(undefined)
const texts = z.array(z.string()).optional().catch(undefined)
const part = <Shape extends z.core.$ZodLooseShape>(shape: Shape) => z.looseObject(shape).optional().catch(undefined)
const webhook = z.looseObject({
  type: z.string(),
  timestamp: text,
  data: z.looseObject({
    instanceId: text,
    chatId: text,
    chatPn: text,
    kind: text,
    senderName: text,
    text,
    emoji: text,
    state: text,
    status: text,
    subject: text,
    name: text,
    pushName: text,
    action: text,
    reason: text,
    operation: text,
    reasonText: text,
    options: texts,
    messageId: text,
    targetMessageId: text,
    poll: part({ name: text }),
    media: part({ status: text }),
    waitsFor: z.unknown().optional(),
  }),
})
type Data = z.infer<typeof webhook>['data']

const MAX_CHARACTERS = 200
/** Of the longest types; what is longer moves its own line alone. */
export const TYPE_COLUMNS = 26

/** Also of a body that is none of ours. Pure, but for the colours of the terminal. */
export function describeWebhook(body: unknown): string {
  const parsed = webhook.safeParse(body)
  if (!parsed.success) return 'a body that is no event'
  const { type, data } = parsed.data
  const [kind, sender, target] = [data.kind, data.senderName, data.targetMessageId].map(one => plainText(one ?? ''))
  const about = target === '' ? '' : colours.dim(`  of ${target}`)
  const columns = [column(type, TYPE_COLUMNS), colours.bold(column(kind, 9)), column(sender, 12)]
  return `${columns.join(' ')} ${beginningOf(plainText(whatOf(data)))}${about}`
}

/** The same of many, with when it happened (UTC), whose it is and in which chat, and WhatsApp's id of a message, which replies and reactions name. */
export function describeAmongOthers(body: unknown): string {
  const { timestamp = '', data } = webhook.safeParse(body).data ?? {}
  const [chat = ''] = (data?.chatPn ?? data?.chatId ?? '').split('@')
  const columns = [column(timestamp.slice(11, 19), 8), column(data?.instanceId, 10), column(chat, 15)]
  const id = data?.kind === undefined ? '' : plainText(data.messageId ?? '')
  return `${colours.dim(columns.join(' '))} ${describeWebhook(body)}${id === '' ? '' : colours.dim(`  ${id}`)}`
}

/** What was written or chosen, what somebody or something is called, or what became of it. */
const whatOf = (data: Data): string =>
  data.text ?? data.poll?.name ?? chosen(data) ?? data.emoji ?? data.subject ?? data.name ?? data.pushName ?? becameOf(data)

const becameOf = ({ action, media, state, status, reason, operation, reasonText, waitsFor }: Data): string =>
  operation === undefined
    ? (action ?? media?.status ?? state ?? status ?? reason ?? '')
    : [operation, reasonText ?? waitCell(waitsFor) ?? undefined].filter(one => one !== undefined).join(': ')

const chosen = ({ options }: Data): string | undefined => (options?.length === 0 ? 'no option' : options?.join(', '))

const column = (value: string | undefined, width: number): string => plainText(value ?? '').padEnd(width)

const beginningOf = (line: string): string => (line.length > MAX_CHARACTERS ? `${line.slice(0, MAX_CHARACTERS)}…` : line)
