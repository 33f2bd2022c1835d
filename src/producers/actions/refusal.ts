// What it means that WhatsApp refused something that becomes no message: an action's own words for its codes, or what such a code means of anything.
import type { failureReasons } from '../../events/definitions/commands.ts'
import { codeIn } from '../socket/code-in.ts'

export type RefusalReason = Extract<
  (typeof failureReasons)[number],
  'refused' | 'not-allowed' | 'not-on-whatsapp' | 'rate-limited' | 'app-state-key-missing'
>

/** By WhatsApp's code: what it means, for people. */
export type Meanings = Readonly<Record<string, { reason: RefusalReason; text: string }>>

type Refusal = { code: string | null; reason: RefusalReason; passes: boolean; isPartly: boolean }

/** WhatsApp did not do it. The message is for people; `passes`: it may do it later; `isPartly`: something of it was done before. */
export class ActionRefused extends Error implements Refusal {
  override name = 'ActionRefused'
  readonly code: string | null
  readonly reason: RefusalReason
  readonly passes: boolean
  readonly isPartly: boolean
  constructor(message: string, { code = null, reason = 'refused', passes = false, isPartly = false }: Partial<Refusal> = {}) {
    super(message)
    this.code = code
    this.reason = reason
    this.passes = passes
    this.isPartly = isPartly
  }
}

/** null: it is none, as silence is none. */
export function refusalIn(error: unknown, meanings: Meanings = {}): ActionRefused | null {
  if (error instanceof ActionRefused) return error
  const code = codeIn(error)
  if (code === null) return null
  const isItsTrouble = /^5\d\d$/.test(code)
  const { reason, text } = meanings[code] ?? meaningsOfAny[code] ?? (isItsTrouble ? trouble : refused)
  return new ActionRefused(text, { code, reason, passes: isItsTrouble || reason === 'rate-limited' })
}

export async function inWords<Said>(asking: Promise<Said>, meanings: Meanings = {}): Promise<Said> {
  try {
    return await asking
  } catch (error) {
    throw refusalIn(error, meanings) ?? error
  }
}

const notAllowed = { reason: 'not-allowed', text: 'WhatsApp does not let the account do it.' } as const
const refused = { reason: 'refused', text: 'WhatsApp refused it.' } as const
const trouble = { reason: 'refused', text: 'WhatsApp could not do it.' } as const
const meaningsOfAny: Meanings = {
  '401': notAllowed,
  '403': notAllowed,
  '404': { reason: 'refused', text: 'WhatsApp knows nothing of the kind.' },
  '405': notAllowed,
  '406': { reason: 'refused', text: 'WhatsApp takes no such thing.' },
  '429': { reason: 'rate-limited', text: 'The account asked for too much in a short time.' },
}
