// How an operation is done: something that WhatsApp is asked for and that has no id, so that asking again may do it again.
import type { failureReasons } from '../../events/definitions/commands.ts'
import type { Acting } from '../socket/acting.ts'

/** JSON; null: there is nothing to say. */
export type Result = Readonly<Record<string, unknown>> | null

/** changes: what others see of it, such as groups and profiles; marks: what is cheap, such as reads and presence. */
export type PaceClass = 'changes' | 'marks'

/** How it stands at WhatsApp; null: that does not tell. */
export type Standing = { isDone: true; result: Result } | { isDone: false | null }

export type Action<Body> = {
  pace: PaceClass
  /** Resolves with what came of it once WhatsApp said so; rejects as Baileys does, or with ActionRefused. */
  perform(acting: Acting, body: Body): Promise<Result>
  /**
   * What is known of one that WhatsApp may have done, without having said so. again: to do it twice is to do it once; unknown: nothing tells; else
   * what reading the state back says, which rejects where it is not answered.
   */
  afterSilence: 'again' | 'unknown' | ((acting: Acting, body: Body) => Promise<Standing>)
}

/** WhatsApp did not do it, for a reason that no try mends. The message is for people. */
export class ActionRefused extends Error {
  override name = 'ActionRefused'
  readonly code: string | null
  readonly reason: RefusalReason
  constructor(message: string, code: string | null = null, reason: RefusalReason = 'refused') {
    super(message)
    this.code = code
    this.reason = reason
  }
}

export type RefusalReason = Extract<
  (typeof failureReasons)[number],
  'refused' | 'not-allowed' | 'not-on-whatsapp' | 'app-state-key-missing'
>
