// One attempt, from what is known to what is on record: send, judge, append what must be in the log, write the rows. In that order:
// a crash in between repeats the attempt under the same webhook-id and number, and never loses its outcome.
import type { Dispatcher } from 'undici'
import type { Codec } from '../events/codec.ts'
import type { EventOf } from '../events/event.ts'
import { derivedId } from '../events/ids.ts'
import type { TopicName } from '../events/topics.ts'
import { deadLetterOf } from '../log/dead-letter.ts'
import type { EventLog, LogRecord } from '../log/log.ts'
import type { Config } from '../runtime/config.ts'
import type { Logger } from '../runtime/logger.ts'
import { SealError } from '../runtime/seal.ts'
import { type AttemptOutcome, type Exchange, judgeAttempt } from './attempt-outcome.ts'
import { buildPost, type PostContext } from './build-post.ts'
import type { SendingEndpoint, Situation } from './delivery-situation.ts'
import { postDelivery } from './post-delivery.ts'
import { type AttemptRecord, type Released, stateAfter } from './record-attempts.ts'
import type { AttemptMetrics } from './webhook-metrics.ts'

export type AttemptDeps = PostContext & {
  codec: Codec
  log: EventLog
  dispatcher: Dispatcher
  topic(name: TopicName): string
  /** Consumer group, named in dead letters. */
  group: string
  config: Config['webhooks']
  logger: Logger
  metrics: AttemptMetrics
  random: () => number
  record(record: AttemptRecord): Promise<null>
  /** Ends only when the process gives up: what was sent is recorded even after the assignment has ended. */
  lifetime: AbortSignal
}
export type AttemptResult =
  /** Delivered, dead or discarded, now or before. */
  | { kind: 'finished' }
  | { kind: 'again'; inMs: number }
  /** No attempt before the endpoint is enabled. */
  | { kind: 'disabled' }

/** Rejects when the signal aborts before the answer is there: then nothing is on record. `answered`: the receiver is free for another. */
export async function attemptDelivery(
  deps: AttemptDeps,
  of: { delivery: Released; record: LogRecord; situation: Situation; answered(): void },
  signal: AbortSignal,
): Promise<AttemptResult> {
  const { delivery, situation } = of
  if (situation.finished) {
    deps.metrics.copies.inc()
    return { kind: 'finished' }
  }
  if (situation.endpoint === null) {
    await deps.record({ delivery, exchange: null, outcome: { kind: 'discarded', reason: 'the endpoint was deleted' } })
    return { kind: 'finished' }
  }
  if (!situation.endpoint.enabled) return { kind: 'disabled' }
  const attempt = situation.attempts + 1
  const post = prepare(deps, { delivery, endpoint: situation.endpoint, attempt, skipped: situation.skipped })
  if (post === null) return { kind: 'again', inMs: UNSENDABLE_RETRY_MS }
  const made = await send(deps, { ...of, post, attempt, endpoint: situation.endpoint }, signal)
  of.answered()
  await keep(deps, { ...of, ...made })
  return resultOf(made.outcome)
}

/** A secret that ENCRYPTION_KEY does not open is no receiver's fault: it costs no attempt, and its lane waits until that is mended. */
function prepare(deps: AttemptDeps, of: Parameters<typeof buildPost>[1]): ReturnType<typeof buildPost> | null {
  try {
    return buildPost(deps, of)
  } catch (error) {
    if (!(error instanceof SealError)) throw error
    deps.logger.error('delivery.unsendable', { deliveryId: of.delivery.deliveryId, endpointId: of.delivery.endpointId, error })
    return null
  }
}
const UNSENDABLE_RETRY_MS = 5 * 60_000

type Made = { attempt: number; exchange: Exchange & { durationMs: number }; outcome: AttemptOutcome }

async function send(
  deps: AttemptDeps,
  of: { post: ReturnType<typeof buildPost>; attempt: number; situation: Situation; endpoint: SendingEndpoint },
  signal: AbortSignal,
): Promise<Made> {
  const { post, attempt, situation, endpoint } = of
  const exchange = await postDelivery(deps, { ...post, timeoutMs: deps.config.attemptTimeoutMs }, signal)
  const history = {
    attempt,
    nowAt: situation.nowAt + exchange.durationMs,
    firstAttemptAt: situation.firstAttemptAt ?? situation.nowAt,
    previousAttemptAt: situation.lastAttemptAt,
    endpointSucceededAt: endpoint.succeededAt,
  }
  return { attempt, exchange, outcome: judgeAttempt(exchange, history, deps.config, deps.random()) }
}

async function keep(deps: AttemptDeps, of: Made & { delivery: Released; record: LogRecord; situation: Situation }) {
  const { delivery, attempt, exchange, outcome } = of
  const said = {
    attempt,
    durationMs: exchange.durationMs,
    statusCode: exchange.kind === 'answered' ? exchange.statusCode : null,
    error: exchange.kind === 'answered' ? null : exchange.message,
    response: exchange.kind === 'answered' ? exchange.response : null,
  }
  if (outcome.kind === 'dead') await appendDeadLetter(deps, of, `${outcome.reason}; ${said.error ?? `status ${said.statusCode}`}`)
  await appendAttempted(deps, delivery, { ...said, outcome })
  await deps.record({ delivery, exchange: said, outcome })
  const { response: _kept, ...line } = said
  const level = outcome.kind === 'dead' || outcome.kind === 'disabled' ? 'warn' : 'info'
  deps.logger[level]('delivery.attempted', {
    deliveryId: delivery.deliveryId,
    ...line,
    outcome: stateAfter(outcome),
    retryInMs: outcome.kind === 'retry' ? outcome.inMs : null,
  })
  deps.metrics.attempts.inc({ outcome: stateAfter(outcome) })
  deps.metrics.seconds.observe(exchange.durationMs / 1000)
}

async function appendDeadLetter(deps: AttemptDeps, of: Made & { record: LogRecord; situation: Situation }, message: string) {
  const { exchange, attempt, record, situation } = of
  const letter = deadLetterOf(record, {
    code: exchange.kind === 'failed' ? exchange.code : `status-${exchange.statusCode}`,
    message,
    attempts: attempt,
    processor: deps.group,
    firstFailedAt: situation.firstAttemptAt ?? situation.nowAt,
  })
  await deps.log.append({ topic: deps.topic('dead-letters'), records: [letter] }, deps.lifetime)
}

type Said = NonNullable<AttemptRecord['exchange']> & { outcome: AttemptOutcome }

async function appendAttempted(deps: AttemptDeps, delivery: Released, said: Said) {
  const { attempt, outcome, statusCode, error, response } = said
  const recordedAt = deps.clock()
  const event: EventOf<'delivery.attempted'> = {
    type: 'delivery.attempted',
    eventId: derivedId({ sourceId: delivery.eventId, by: deps.group, type: 'delivery.attempted', round: attempt, ordinal: 0 }),
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
  const record = deps.codec.encode(event, delivery.endpointId)
  await deps.log.append({ topic: deps.topic('webhook-attempts'), records: [record] }, deps.lifetime)
}

function resultOf(outcome: AttemptOutcome): AttemptResult {
  switch (outcome.kind) {
    case 'retry':
      return { kind: 'again', inMs: outcome.inMs }
    case 'disabled':
      return { kind: 'disabled' }
    default:
      return { kind: 'finished' }
  }
}
