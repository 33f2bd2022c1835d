// What the log is owed of an attempt: the attempt itself, and the dead letter of a delivery that it ended.
import type { Codec } from '../../events/codec.ts'
import type { EventOf } from '../../events/event.ts'
import { derivedId } from '../../events/ids.ts'
import type { TopicName } from '../../events/topics.ts'
import { deadLetterOf } from '../../log/dead-letter.ts'
import type { LogRecord, NewRecord } from '../../log/log.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { AttemptOutcome } from './attempt-outcome.ts'
import type { Situation } from './delivery-situation.ts'
import type { Owed } from './outbox-rows.ts'
import { type AttemptRecord, type Released, stateAfter } from './record-attempts.ts'

export type OwedDeps = {
  codec: Pick<Codec, 'encode'>
  topic(name: TopicName): string
  /** Consumer group, named in dead letters. */
  consumerGroup: string
  logger: Logger
  clock: () => number
}
type Said = NonNullable<AttemptRecord['exchange']>
type Made = { delivery: Released; record: LogRecord; situation: Situation; said: Said; outcome: AttemptOutcome; code: string }

/** Never throws: the answer is here, and its rows are the truth whatever else can be said of it. */
export function owedFor(deps: OwedDeps, of: Made): readonly Owed[] {
  const attempted = encodeAttempted(deps, of)
  return [
    ...(of.outcome.kind === 'dead' ? [{ topic: deps.topic('dead-letters'), record: letterOf(deps, of, of.outcome.reason) }] : []),
    ...(attempted === null ? [] : [{ topic: deps.topic('webhook-attempts'), record: attempted }]),
  ]
}

const letterOf = (deps: OwedDeps, { record, situation, said, code }: Made, reason: string): NewRecord =>
  deadLetterOf(record, {
    code,
    message: `${reason}; ${said.error ?? `status ${said.statusCode}`}`,
    attempts: said.attempt,
    processor: deps.consumerGroup,
    firstFailedAt: situation.firstAttemptAt ?? situation.nowAt,
  })

function encodeAttempted(deps: OwedDeps, { delivery, said, outcome }: Made): NewRecord | null {
  const recordedAt = deps.clock()
  const { attempt, statusCode, error, response } = said
  const event: EventOf<'delivery.attempted'> = {
    type: 'delivery.attempted',
    eventId: derivedId({
      sourceId: delivery.eventId,
      by: deps.consumerGroup,
      type: 'delivery.attempted',
      round: attempt,
      ordinal: 0,
    }),
    instanceId: delivery.instanceId,
    epoch: delivery.epoch,
    sequence: delivery.sequence,
    occurredAt: recordedAt,
    recordedAt,
    messageId: delivery.messageId ?? null,
    deliveryId: delivery.deliveryId,
    endpointId: delivery.endpointId,
    attempt,
    outcome: stateAfter(outcome),
    statusCode,
    error,
    durationMs: Math.round(said.durationMs),
    retryInMs: outcome.kind === 'retry' ? outcome.inMs : null,
    response,
  }
  try {
    return deps.codec.encode(event, delivery.endpointId)
  } catch (error) {
    deps.logger.error('webhooks.attempt-not-encodable', { deliveryId: delivery.deliveryId, attempt, error })
    return null
  }
}
