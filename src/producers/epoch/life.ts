// An instance's life as data: at which stage it is, what is wanted of it, and what it remembers from one epoch to the next.
// What may happen to it, and what it then does, is decided in decide.ts; instance.ts carries that out.
import { taskOf, type Wanted } from '../../instances/instance-ids.ts'
import type { Ending, NextStep } from '../socket/reconnect-policy.ts'
import type { Ended } from './account-trouble.ts'
import type { State } from './instance-events.ts'

export type Life = {
  stage: Stage
  wanted: Wanted
  /** What it was to do when the present stage's epoch was asked for. */
  task: string
  /** Something else is wanted since then: whatever can be given up is, and the next epoch is for that. */
  isSuperseded: boolean
  /** Nothing begins any more. */
  isStopped: boolean
  /** Connects that failed one after another; the wait before the next grows with them. */
  failures: number
  /** Probes that failed one after another: WhatsApp is not asked more slowly for them. */
  outages: number
  /** Rounds of codes that nobody scanned. */
  qrRounds: number
  /** The next epoch is held without a socket. */
  isResting: boolean
  /** What came of unlinking the device for the present task: it is tried once. null: not tried yet. */
  farewell: string | null
}

/** What it is at. Each is one piece of work; all from `probing` on hold an epoch. */
export type Stage =
  /** Its task is done: nothing is held until something else is wanted. */
  | { at: 'parked' }
  /** Asks for an epoch of its own. `attempt` counts from 1. */
  | { at: 'taking'; attempt: number }
  /** The database did not give one: waits before it asks again. */
  | { at: 'refused'; attempt: number; error: unknown }
  /** Has the log take what is owed to it: no socket opens before. */
  | { at: 'probing' }
  /** The log did not take it in time: waits, then asks again in another epoch, however long the log has been away. */
  | { at: 'log-away'; error: unknown }
  /** Waits for a person or a new process. */
  | { at: 'resting' }
  /** Waits for the backoff, and then for its place among all connects. */
  | { at: 'queueing' }
  /** Has a session, from its connect until nothing of it is on its way any more. */
  | { at: 'connected' }
  /** Tells what the end of the session means; then it was left in peace, or is parked for its task, or neither. */
  | { at: 'concluding'; isClean: boolean; isParked: boolean }
  /** Takes the device off the account's list, through a socket that says nothing else. */
  | { at: 'unlinking' }
  /** Ends the pairing, for what was wanted when that was decided. */
  | { at: 'retiring'; wanted: Wanted; reasonText: string }
  /** Is no more. */
  | { at: 'over' }

export type Happened =
  /** What is wanted now, changed or not. */
  | { what: 'wished'; wanted: Wanted }
  /** The process stops, or may own it no longer. */
  | { what: 'stopped' }
  /** The work in hand was given up because of either of these. */
  | { what: 'called-away' }
  | { what: 'taken' }
  | { what: 'not-taken'; error: unknown }
  /** A wait was over. */
  | { what: 'waited' }
  /** The log took what was owed. */
  | { what: 'told' }
  /** `failure`: what the append failed with at last; null: it only hung. */
  | { what: 'not-told'; error: unknown; failure: unknown }
  /** The backoff is over, and it may connect. */
  | { what: 'cleared' }
  | { what: 'ended'; session: SessionEnd }
  | { what: 'concluded' }
  /** Whether it worked or not; for people. */
  | { what: 'unlinked'; farewell: string }
  | { what: 'retired' }
  /** The work in hand threw. */
  | { what: 'failed'; error: unknown }

export type SessionEnd = Pick<Ending, 'statusCode' | 'message' | 'own' | 'details'> & {
  wasLoggedIn: boolean
  /** It was logged in for long enough to begin the backoff anew. */
  wasStable: boolean
  /** Nothing more can be appended in its epoch. */
  isEpochOver: boolean
  /** What its pending work failed with at last; null: nothing. */
  failure: unknown
}

/** What is done about it at once, in this order. The work of the next stage follows. */
export type Effect =
  /** Gives up what the epoch still has pending, and the epoch. */
  | { do: 'release' }
  /** Ends the work in hand, where that can be given up for another wish. */
  | { do: 'call-away' }
  /** The same, for good. */
  | { do: 'stop' }
  /** A session that is open follows the settings as they are now. */
  | { do: 'follow-settings' }
  /** To be told as soon as there is a log. */
  | { do: 'owe'; state: State }
  | { do: 'complain'; ended: Ended }
  | { do: 'forget-trouble' }
  | { do: 'count-close'; session: SessionEnd; step: NextStep }

export const beginning: State = { state: 'connecting', reason: null, reasonText: null }

export const beginLife = (wanted: Wanted): Life => ({
  stage: firstStage(wanted),
  wanted,
  task: taskOf(wanted),
  isSuperseded: false,
  isStopped: false,
  failures: 0,
  outages: 0,
  qrRounds: 0,
  isResting: false,
  farewell: null,
})

export const firstStage = (wanted: Wanted): Stage =>
  wanted.parkedFor === taskOf(wanted) ? { at: 'parked' } : { at: 'taking', attempt: 1 }

export const isCalledAway = ({ isStopped, isSuperseded }: Life): boolean => isStopped || isSuperseded

/** How a session ends that is called away. `log-out`: WhatsApp's answer to it says what comes next. */
export const goodbyeOf = ({ isStopped, wanted }: Life, isLoggedIn: boolean): 'log-out' | 'close' =>
  !isStopped && wanted.wanted !== 'running' && isLoggedIn ? 'log-out' : 'close'
