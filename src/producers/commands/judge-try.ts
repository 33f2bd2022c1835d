// What comes of a try, by what WhatsApp said to it. Pure.
import { isGroup } from '../../convert/jid.ts'
import type { Outcome } from '../../instances/commands.ts'

/**
 * `said`: what came back, an error code or nothing wrong; null: nothing came back. `to`: whom it was for; `tries`: with this one. `mayHaveIt`: to an
 * earlier one nothing came back.
 */
export type Tried = {
  said: { error: string | null; saidAt: string | null } | null
  to: string
  tries: number
  mayHaveIt: boolean
  at: number
}
export type CommandTimes = {
  /** For the server's acknowledgement [20 s]. */
  ackMs: number
  /** Before the next try [60 s]. */
  retryMs: number
  /** Until a file that is prepared, or waits for its turn, is looked at where its ring was missed [5 s]. */
  fileMs: number
  /** Before the next try where the account may write too much [10 min]. */
  restMs: number
}
/**
 * `refusal`: of one that is put off what comes of it where it is not tried again, as WhatsApp said that it did not take it, null: it may have; of
 * one that is over what WhatsApp said, where the outcome is another one.
 */
export type Verdict =
  | { is: 'over'; outcome: Outcome; refusal?: Outcome }
  | { is: 'put-off'; delayMs: number; refusal: Outcome | null }

/** Of those that WhatsApp refuses for now. */
const triesRefused = 3
/** Of those that it says nothing to: the first and three more. */
const triesUnanswered = 4
/** Whatever ends them, sockets that are lost in the middle among it. */
const mostTries = 10
/** One after another. Where nobody says what came of them, the next ones wait as after silence: it may be what ends the socket, or its process. */
const triesInARow = 4

/** Before a try; null: it may begin. A process that keeps dying for another reason has minutes, until it may live again. */
export function judgeBefore(
  { tries, is_left }: { tries: number; is_left: boolean },
  { retryMs }: Pick<CommandTimes, 'retryMs'>,
  at: number,
): { is: 'over'; outcome: Outcome } | { is: 'not-given'; delayMs: number; waitsFor: 'retry' } | null {
  if (tries >= mostTries) return { is: 'over', outcome: failed('outcome-unknown', at) }
  return is_left && tries >= triesInARow ? { is: 'not-given', delayMs: retryMs, waitsFor: 'retry' } : null
}

/** What is refused under the id of one that WhatsApp may have had before says nothing of that. */
export function judgeTry({ said, to, tries, mayHaveIt, at }: Tried, times: Pick<CommandTimes, 'retryMs' | 'restMs'>): Verdict {
  if (said === null)
    return tries < triesUnanswered
      ? { is: 'put-off', delayMs: times.retryMs, refusal: null }
      : { is: 'over', outcome: failed('outcome-unknown', at) }
  const { error, saidAt } = said
  if (error === null) return { is: 'over', outcome: { type: 'command.completed', at, saidAt } }
  const { refusal, passes } = refusalBy({ error, to, at })
  const verdict = judge({ refusal, passes, rests: refusal.reason !== 'refused', tries }, times)
  return verdict.is === 'over' && mayHaveIt ? { is: 'over', outcome: unknownBeside(refusal), refusal } : verdict
}

/** Of what becomes no message: what is refused is refused in the words of its action. */
export function judgeAction(
  { refused, tries, at }: Pick<Tried, 'tries' | 'at'> & { refused: Refused },
  times: Pick<CommandTimes, 'retryMs' | 'restMs'>,
): Verdict {
  const { reason, code, message, passes, isPartly } = refused
  const refusal: Outcome = { ...failed(reason, at, code, message), ...(isPartly && { isPartly: true }) }
  return judge({ refusal, passes, rests: reason === 'rate-limited', tries }, times)
}
type Refused = { reason: Reason; code: string | null; message: string; passes: boolean; isPartly: boolean }

/** `error`: WhatsApp's code. */
function refusalBy({ error, to, at }: Pick<Tried, 'to' | 'at'> & { error: string }): { refusal: Failure; passes: boolean } {
  const { reason, passes } = refusalOf(error)
  return { refusal: failed(reason, at, error, textOf(reason, to)), passes }
}

type Judged = { refusal: Outcome; passes: boolean; rests: boolean; tries: number }

const judge = (
  { refusal, passes, rests, tries }: Judged,
  { retryMs, restMs }: Pick<CommandTimes, 'retryMs' | 'restMs'>,
): Verdict =>
  passes && tries < triesRefused
    ? { is: 'put-off', delayMs: rests ? restMs : retryMs, refusal }
    : { is: 'over', outcome: refusal }

type Failure = Extract<Outcome, { type: 'command.failed' }>

const unknownBeside = (refusal: Failure): Failure => ({
  ...refusal,
  reason: 'outcome-unknown',
  reasonText: `To an earlier try WhatsApp said nothing, so that it may have it. Of the last one: ${refusal.reasonText}`,
})

/** `code`: what WhatsApp said. */
export const failed = (reason: Reason, at: number, code: string | null = null, why: string = texts[reason]): Failure => ({
  type: 'command.failed',
  at,
  reason,
  reasonText: code === null ? why : `${why} WhatsApp said ${code}.`,
  code,
})

const textOf = (reason: Reason, to: string): string =>
  reason === 'not-on-whatsapp' && isGroup(to) ? 'WhatsApp knows no such group.' : texts[reason]

const texts = {
  refused: 'WhatsApp refused it.',
  'not-on-whatsapp': 'Nobody is on WhatsApp under this number.',
  'not-allowed': 'The account may not write there.',
  'account-restricted': 'WhatsApp does not let the account begin this chat for now.',
  'rate-limited': 'The account wrote too much in a short time.',
  expired: 'Its time was over before it could be sent.',
  'logged-out': 'The account is logged out.',
  'outcome-unknown': 'It was given to WhatsApp, which never said whether it took it.',
  invalid: 'It cannot be sent.',
  'app-state-key-missing': 'The phone has not shared the key of its settings with this device yet.',
  'media-upload-failed': 'WhatsApp’s servers did not take its file.',
} as const
export type Reason = keyof typeof texts

type Refusal = { reason: Reason; passes: boolean }

/** Codes of a message's ack: lib/Types/index.js and lib/Socket/messages-recv.js of Baileys, and MessageServerErrors of whatsmeow. */
const refusals: Readonly<Record<string, Refusal>> = {
  '401': { reason: 'not-allowed', passes: false },
  '403': { reason: 'not-allowed', passes: false },
  '404': { reason: 'not-on-whatsapp', passes: false },
  '405': { reason: 'not-allowed', passes: false },
  '429': { reason: 'rate-limited', passes: true },
  '463': { reason: 'account-restricted', passes: true },
}

const refusalOf = (error: string): Refusal => refusals[error] ?? { reason: 'refused', passes: /^5\d\d$/.test(error) }
