// One attempt, from what is known to what is on record: send, judge, write the rows, and with them what the log is owed of it.
// Once an answer is here nothing but writing can fail, and only writing is repeated: a crash before it repeats the attempt once, under
// the same webhook-id and number.
import type { Dispatcher } from 'undici'
import type { Codec } from '../../events/codec.ts'
import type { TopicName } from '../../events/topics.ts'
import type { EventLog, LogRecord } from '../../log/log.ts'
import type { Config } from '../../runtime/config.ts'
import type { Logger } from '../../runtime/logger.ts'
import { SealError } from '../../runtime/seal.ts'
import { type AttemptOutcome, type Exchange, judgeAttempt } from './attempt-outcome.ts'
import type { AttemptRecorder } from './attempt-recorder.ts'
import { buildPost, type PostContext } from './build-post.ts'
import type { SendingEndpoint, Situation } from './delivery-situation.ts'
import { maskEcho } from './mask-echo.ts'
import { owedFor } from './owed-for-attempt.ts'
import { postDelivery } from './post-delivery.ts'
import type { ListenerPosts } from './post-to-listener.ts'
import { type Released, stateAfter } from './record-attempts.ts'
import type { AttemptMetrics } from './webhook-metrics.ts'

export type AttemptDeps = PostContext & {
  codec: Codec
  log: EventLog
  dispatcher: Dispatcher
  /** For endpoints without a URL. */
  listeners: ListenerPosts
  topic(name: TopicName): string
  /** Consumer group, named in dead letters. */
  consumerGroup: string
  config: Config['webhooks']
  logger: Logger
  metrics: AttemptMetrics
  random: () => number
  recorder: AttemptRecorder
  /** Ends only when the process gives up: what was sent is recorded even after the assignment has ended. */
  lifetime: AbortSignal
}
export type AttemptResult =
  /** Delivered, dead or discarded, now or before, or its instance is purged. */
  | { kind: 'finished' }
  /** The try began triedMsAgo. */
  | { kind: 'again'; inMs: number; triedMsAgo: number }
  /** Nothing is on record: what comes of it could not be written down now, or is not known before this process ends. */
  | { kind: 'unrecordable'; reason: string }
  /** No attempt before the endpoint is enabled. */
  | { kind: 'disabled' }

/** Rejects when the signal aborts before the answer is there: then nothing is on record. `answered`: the receiver is free for another. */
export async function attemptDelivery(
  deps: AttemptDeps,
  of: { delivery: Released; record: LogRecord; situation: Situation; answered(): void },
  signal: AbortSignal,
): Promise<AttemptResult> {
  const { delivery, situation } = of
  if (situation.purged) return { kind: 'finished' }
  if (situation.finished) {
    deps.metrics.copies.inc()
    return { kind: 'finished' }
  }
  if (situation.endpoint === null) {
    const outcome = { kind: 'discarded' as const, reason: 'the endpoint was deleted' }
    await deps.recorder.record({ delivery, exchange: null, outcome, quietMs: null, owed: [] })
    return { kind: 'finished' }
  }
  if (!situation.endpoint.enabled) return { kind: 'disabled' }
  const unrecordable = deps.recorder.trouble()
  if (unrecordable !== null) return { kind: 'unrecordable', reason: unrecordable }
  const attempt = situation.attempts + 1
  const post = prepare(deps, { delivery, endpoint: situation.endpoint, attempt, skipped: situation.skipped })
  if (post === null) return { kind: 'again', inMs: UNSENDABLE_RETRY_MS, triedMsAgo: 0 }
  const made = await send(deps, { ...of, post, attempt, endpoint: situation.endpoint }, signal)
  of.answered()
  if (made === null)
    return { kind: 'unrecordable', reason: `waiting for the answer to ${delivery.deliveryId}: this process is stopping` }
  await keep(deps, { ...of, ...made })
  return resultOf(made)
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
  of: {
    delivery: Released
    post: ReturnType<typeof buildPost>
    attempt: number
    situation: Situation
    endpoint: SendingEndpoint
  },
  signal: AbortSignal,
): Promise<Made | null> {
  const { delivery, post, attempt, situation, endpoint } = of
  const timeoutMs = deps.config.attemptTimeoutMs
  const answer = endpoint.isListener
    ? await deps.listeners.post({ ...post, delivery, attempt, timeoutMs }, signal)
    : await postDelivery(deps, { ...post, timeoutMs }, signal)
  if (answer === null) return null
  const exchange = answer.kind === 'answered' ? { ...answer, response: maskEcho(answer.response, post) } : answer
  const history = {
    attempt,
    nowAt: situation.nowAt + exchange.durationMs,
    firstAttemptAt: situation.firstAttemptAt ?? situation.nowAt,
    previousAttemptAt: situation.lastAttemptAt,
    endpointSucceededAt: endpoint.succeededAt,
    endpointRecoveredAt: endpoint.recoveredAt,
    step: situation.step,
    refusedMs: situation.refusedMs,
  }
  return { attempt, exchange, outcome: judgeAttempt(exchange, history, deps.config, deps.random()) }
}

async function keep(deps: AttemptDeps, of: Made & { delivery: Released; record: LogRecord; situation: Situation }) {
  const { delivery, attempt, exchange, outcome } = of
  const said = {
    attempt,
    durationMs: exchange.durationMs,
    statusCode: exchange.kind === 'answered' ? exchange.statusCode : null,
    error: exchange.kind === 'answered' ? null : storable(exchange.message),
    response: exchange.kind === 'answered' ? storable(exchange.response) : null,
  }
  const code = exchange.kind === 'answered' ? `status-${exchange.statusCode}` : exchange.code
  const quietMs = exchange.kind === 'answered' ? exchange.retryAfterMs : null
  await deps.recorder.record({ delivery, exchange: said, outcome, quietMs, owed: owedFor(deps, { ...of, said, code }) })
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

/** What came from outside, as every table and topic takes it. */
const storable = (text: string) => text.replaceAll('\u0000', '').toWellFormed()

function resultOf({ outcome, exchange }: Made): AttemptResult {
  switch (outcome.kind) {
    case 'retry':
      return { kind: 'again', inMs: outcome.inMs, triedMsAgo: exchange.durationMs }
    case 'disabled':
      return { kind: 'disabled' }
    default:
      return { kind: 'finished' }
  }
}
