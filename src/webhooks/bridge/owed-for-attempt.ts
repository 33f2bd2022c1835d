// What the log is owed of an attempt: the attempt itself, whose record is made from its row when it goes, and the dead letter of a delivery
// that it ended.
import { derivedId } from '../../events/ids.ts'
import type { TopicName } from '../../events/topics.ts'
import { deadLetterOf } from '../../log/dead-letter.ts'
import type { LogRecord, NewRecord } from '../../log/log.ts'
import type { AttemptOutcome } from '../deliveries/attempt-outcome.ts'
import type { Envelope, Exchanged, Owed, Released } from '../deliveries/attempt-record.ts'
import type { Situation } from './delivery-situation.ts'

export type OwedDeps = {
  topic(name: TopicName): string
  /** Named in dead letters. */
  consumerGroup: string
  clock: () => number
}
type Made = { delivery: Released; record: LogRecord; situation: Situation; exchange: Exchanged; outcome: AttemptOutcome }

export function owedFor(deps: OwedDeps, of: Made): { envelope: Envelope; owed: readonly Owed[] } {
  const envelope = envelopeOf(deps, of)
  const attempted = { topic: deps.topic('webhook-attempts'), record: announced(envelope), madeFrom: attemptOf(of) }
  if (of.outcome.kind !== 'dead') return { envelope, owed: [attempted] }
  return { envelope, owed: [{ topic: deps.topic('dead-letters'), record: letterOf(deps, of, of.outcome.reason) }, attempted] }
}

const attemptOf = ({ delivery, exchange }: Made) => ({ deliveryId: delivery.deliveryId, attempt: exchange.attempt })

const letterOf = (deps: OwedDeps, { record, situation, exchange }: Made, reason: string): NewRecord =>
  deadLetterOf(record, {
    code: exchange.code,
    message: `${reason}; ${exchange.error ?? `status ${exchange.statusCode}`}`,
    attempts: exchange.attempt,
    processor: deps.consumerGroup,
    firstFailedAt: situation.firstAttemptAt ?? situation.nowAt - exchange.agoMs,
  })

const envelopeOf = (deps: OwedDeps, { delivery, exchange }: Made): Envelope => ({
  eventId: derivedId({
    sourceId: delivery.eventId,
    by: deps.consumerGroup,
    type: 'delivery.attempted',
    round: exchange.attempt,
    ordinal: 0,
  }),
  instanceId: delivery.instanceId,
  epoch: delivery.epoch,
  sequence: delivery.sequence,
  occurredAt: Math.round(deps.clock() - exchange.agoMs),
  messageId: delivery.messageId ?? null,
  endpointId: delivery.endpointId,
})

/** What is known of the record without its value: whoever drops it says which it was, and a purge finds its account's. */
const announced = ({ eventId, instanceId, endpointId, occurredAt }: Envelope): NewRecord => ({
  key: endpointId,
  value: null,
  headers: { 'event-id': eventId, 'event-type': 'delivery.attempted', 'instance-id': instanceId },
  recordedAt: occurredAt,
})
