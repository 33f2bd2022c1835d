// Why a command is not over yet, in words of people, for each reason that zaplog gives. Pure.
import type { commandWaits } from '../events/vocabulary.ts'
import { type Command, type WaitsFor, waitsFor } from './answers.ts'
import { plainText } from './text-table.ts'

/** `instance`: its id; `messageId` null: it becomes no message. */
type Of = { instance: string; messageId: string | null }
type Say = (wait: WaitsFor, of: Of) => string

/** The end of a sentence; what no zaplog of this version says is told as it came. */
export function waitText({ state, messageId, waitsFor: wait }: Command, instance: string): string {
  if (wait === null || wait === undefined) return plainText(`it is ${state}, and nobody says what it waits for`)
  const say: Say = isKnown(wait.reason) ? words[wait.reason] : other
  return plainText(say(wait, { instance, messageId }))
}

/** Of a cell: why, and until when where that is known; null: it is nothing that a command waits for. */
export function waitCell(value: unknown): string | null {
  const wait = waitsFor.safeParse(value)
  return wait.success ? `${wait.data.reason}${until(wait.data, ' until')}` : null
}

type Reason = (typeof commandWaits.here)[number]

const words: Readonly<Record<Reason, Say>> = {
  connection: ({ instanceState }, { instance }) => `instance ${instance} is ${instanceState ?? 'not open'}`,
  'earlier-command': ({ commandId }) => `an earlier command of its chat is not over${commandId === null ? '' : `: ${commandId}`}`,
  'first-contact-pace': wait =>
    `it waits for its turn: an account begins so many new chats a minute (OUTBOUND_FIRST_PER_MINUTE)${until(wait, ', the next one at')}`,
  log: () => 'its record, or what came of it, is on its way through the log',
  media: wait => `its file is being prepared or uploaded, or waits for that${until(wait, ', which is looked at again at')}`,
  pace: (wait, { messageId }) => `it waits for its turn: ${paceOf(messageId)}${until(wait, ', the next turn is at')}`,
  'rate-limited': wait =>
    `WhatsApp said that the account wrote too much (429), and none of its messages goes out${until(wait, ' until') || ' for a while'}`,
  retry: wait => `it is tried again${until(wait, ' at')}: ${refusalIn(wait)}`,
  sending: () => 'a try is under way, and WhatsApp may have it',
  start: () => 'it goes next',
}

const other: Say = wait => `it waits for ${wait.reason}${until(wait, ' until')}`

const isKnown = (reason: string): reason is Reason => Object.hasOwn(words, reason)

const until = ({ nextAt }: WaitsFor, before: string): string => (nextAt === null ? '' : `${before} ${nextAt}`)

const paceOf = (messageId: string | null): string =>
  messageId === null
    ? 'an account is asked for so many changes a minute'
    : 'an account writes so many messages a minute (OUTBOUND_PER_MINUTE)'

function refusalIn({ refusal }: WaitsFor): string {
  if (refusal === null) return 'WhatsApp said nothing to the last try'
  const { reasonText, code } = refusal
  return `WhatsApp refused the last try, ${reasonText.replace(/\.$/, '')}${code === null ? '' : ` (${code})`}`
}
