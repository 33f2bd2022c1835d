// How an operation is done: something that WhatsApp is asked for and that has no id, so that asking again may do it again.
import type { Acting } from '../socket/acting.ts'

/** JSON; null: there is nothing to say. */
export type Result = Readonly<Record<string, unknown>> | null

/** changes: what others see of it, such as groups and profiles; marks: what is cheap, such as reads and presence. */
export type PaceClass = 'changes' | 'marks'

/** How it stands at WhatsApp; null: that does not tell. */
export type Standing = { isDone: true; result: Result } | { isDone: false | null }

export type Action<Body> = {
  pace: PaceClass
  /**
   * Resolves with what came of it once WhatsApp said so; rejects as Baileys does, or with ActionRefused. `at`: epoch ms, when it was asked for, whichever
   * try this is: of two changes of one thing phones keep the one whose action says the later time, not the one that reached the server last. What
   * waited for an hour must not look newer than what was done on the phone meanwhile. Its first question may be one of Baileys' own; what follows
   * goes through `acting.query`, which asks nothing once the try was given up.
   */
  perform(acting: Acting, body: Body, at: number): Promise<Result>
  /**
   * What is known of one that WhatsApp may have done, without having said so. again: to do it twice is to do it once; unknown: nothing tells; else
   * what reading the state back says, which rejects where it is not answered.
   */
  afterSilence: 'again' | 'unknown' | ((acting: Acting, body: Body) => Promise<Standing>)
}
