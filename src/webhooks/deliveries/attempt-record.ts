// What came of an attempt, or of none, and what follows from it: as it is kept, concluded and told.
import { assertNever, type EventOf } from '../../events/event.ts'
import type { NewRecord } from '../../log/log.ts'
import type { AttemptOutcome } from './attempt-outcome.ts'

export type Released = EventOf<'delivery.released'>
/** The id of the event that a delivery tells of. */
export const sourceOf = ({ deliveryId, endpointId }: Pick<Released, 'deliveryId' | 'endpointId'>): string =>
  deliveryId.slice(0, -endpointId.length - 1)
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
/** What its event has of the delivery. */
export type Envelope = Pick<
  EventOf<'delivery.attempted'>,
  'eventId' | 'instanceId' | 'epoch' | 'sequence' | 'occurredAt' | 'messageId' | 'endpointId'
>
/** `madeFrom`: the attempt whose row the record's value is made from, once it goes. */
export type Owed = { topic: string; record: NewRecord; madeFrom?: { deliveryId: string; attempt: number } }
export type MadeAttempt = {
  delivery: Released
  exchange: Exchanged
  outcome: AttemptOutcome
  /** How long the receiver asked to be left alone; null: it did not. */
  quietMs: number | null
  envelope: Envelope
  /** What the log is owed for it, in order. */
  owed: readonly Owed[]
}
/** Decided without an attempt: the endpoint is gone. */
export type NoAttempt = { delivery: Released; exchange: null; outcome: Extract<AttemptOutcome, { kind: 'discarded' }> }
export type AttemptRecord = MadeAttempt | NoAttempt

export const wasMade = (record: AttemptRecord): record is MadeAttempt => record.exchange !== null

/** Longer waits are rows, not memory: rows are counted, and due as soon as their endpoint is back, whatever is left of their own wait. */
export const SHORT_WAIT_MS = 1_000

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
