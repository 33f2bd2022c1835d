// What came of an attempt, or of none, and what follows from it: as it is kept, concluded and told.
import { assertNever, type EventOf } from '../../events/event.ts'
import type { AttemptOutcome } from './attempt-outcome.ts'
import type { Envelope } from './attempts.ts'
import type { Owed } from './outbox-rows.ts'

export type Released = EventOf<'delivery.released'>
/** What was sent and what came back. */
export type Exchanged = {
  attempt: number
  /** The owner's: it tells its own row from another's. */
  token: string
  durationMs: number
  /** Since then; 0: it is just over. */
  agoMs: number
  statusCode: number | null
  error: string | null
  response: string | null
  /** Of its dead letter. */
  code: string
}
export type AttemptRecord = {
  delivery: Released
  /** null: decided without an attempt (the endpoint is gone). */
  exchange: Exchanged | null
  outcome: AttemptOutcome
  /** How long the receiver asked to be left alone; null: it did not. */
  quietMs: number | null
  /** null: there was no attempt. */
  envelope: Envelope | null
  /** What the log is owed for it, in order. */
  owed: readonly Owed[]
}

/** Longer waits are rows, not memory. */
export const SHORT_WAIT_MS = 60_000

export function stateAfter(outcome: AttemptOutcome): string {
  switch (outcome.kind) {
    case 'retry':
      return outcome.inMs > SHORT_WAIT_MS ? 'waiting' : 'retrying'
    case 'disabled':
      return 'waiting'
    case 'delivered':
    case 'discarded':
    case 'dead':
      return outcome.kind
    default:
      return assertNever(outcome)
  }
}

export const reasonOf = (outcome: AttemptOutcome): string | null => ('reason' in outcome ? outcome.reason : null)
