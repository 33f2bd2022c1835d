// One attempt, from what is known to what follows from it: send, judge, keep the result, conclude.
// Once an answer is here nothing but its row stands between it and being on record, and only writing is repeated. A crash before that row
// repeats the attempt once, under the same webhook-id and number; after it the next who takes the delivery up goes on from the row.
import { randomUUID } from 'node:crypto'
import type { Dispatcher } from 'undici'
import type { Codec } from '../../events/codec.ts'
import type { TopicName } from '../../events/topics.ts'
import type { EventLog, LogRecord } from '../../log/log.ts'
import type { Config } from '../../runtime/config.ts'
import type { Logger } from '../../runtime/logger.ts'
import { SealError } from '../../runtime/seal.ts'
import { readTraceparent, type Tracer } from '../../runtime/traces.ts'
import { type Exchange, judgeAttempt } from '../deliveries/attempt-outcome.ts'
import { type Exchanged, type MadeAttempt, type Released, stateAfter } from '../deliveries/attempt-record.ts'
import type { Kept } from '../deliveries/attempts.ts'
import type { SendingEndpoint } from '../endpoints/sending-endpoint.ts'
import type { AttemptRecorder } from './attempt-recorder.ts'
import { buildPost, type PostContext } from './build-post.ts'
import type { Situation } from './delivery-situation.ts'
import { maskEcho } from './mask-echo.ts'
import { owedFor } from './owed-for-attempt.ts'
import { postDelivery } from './post-delivery.ts'
import type { ListenerPosts } from './post-to-listener.ts'
import type { AttemptMetrics } from './webhook-metrics.ts'

export type AttemptDeps = PostContext & {
  codec: Codec
  log: EventLog
  dispatcher: Dispatcher
  /** For endpoints without a URL. */
  listeners: ListenerPosts
  topic(name: TopicName): string
  /** Named in dead letters. */
  consumerGroup: string
  config: Config['webhooks']
  logger: Logger
  metrics: AttemptMetrics
  random: () => number
  recorder: AttemptRecorder
  /** null: nobody traces. */
  traces?: Tracer | null
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
type Given = { delivery: Released; record: LogRecord; situation: Situation; answered(): void }

/** Rejects when the signal aborts before the answer is there: then nothing is on record. `answered`: the receiver is free for another. */
export async function attemptDelivery(deps: AttemptDeps, of: Given, signal: AbortSignal): Promise<AttemptResult> {
  const { delivery, situation } = of
  if (situation.purged) return { kind: 'finished' }
  if (situation.kept !== null) return follow(deps, of, situation.kept)
  if (situation.finished) {
    deps.metrics.copies.inc()
    return { kind: 'finished' }
  }
  if (situation.endpoint === null) return discardOfNobody(deps, delivery)
  if (!situation.endpoint.enabled) return { kind: 'disabled' }
  const unrecordable = deps.recorder.trouble()
  if (unrecordable !== null) return { kind: 'unrecordable', reason: unrecordable }
  return attempt(deps, of, situation.endpoint, signal)
}

async function discardOfNobody(deps: AttemptDeps, delivery: Released): Promise<AttemptResult> {
  const outcome = { kind: 'discarded' as const, reason: 'the endpoint was deleted' }
  await deps.recorder.conclude({ delivery, exchange: null, outcome })
  return { kind: 'finished' }
}

async function attempt(deps: AttemptDeps, of: Given, endpoint: SendingEndpoint, signal: AbortSignal): Promise<AttemptResult> {
  const { delivery, situation } = of
  const number = situation.attempts + 1
  const post = prepare(deps, { delivery, endpoint, attempt: number, skipped: situation.skipped })
  if (post === null) return { kind: 'again', inMs: UNSENDABLE_RETRY_MS, triedMsAgo: 0 }
  const kept = await send(deps, { ...of, post, attempt: number, endpoint }, signal)
  of.answered()
  if (kept === null)
    return { kind: 'unrecordable', reason: `waiting for the answer to ${delivery.deliveryId}: this process is stopping` }
  const record = recordOf(deps, of, kept)
  const keeping = await deps.recorder.keep(record)
  if (keeping === 'concluded') return concluded(deps, of, kept)
  if (keeping !== "another's") return follow(deps, of, kept, record)
  deps.logger.warn('delivery.attempted-twice', { deliveryId: delivery.deliveryId, attempt: number, statusCode: kept.statusCode })
  return { kind: 'again', inMs: 0, triedMsAgo: kept.durationMs }
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

type Sending = Given & { post: ReturnType<typeof buildPost>; attempt: number; endpoint: SendingEndpoint }

/** null: this process stops before there is an answer. */
async function send(deps: AttemptDeps, of: Sending, signal: AbortSignal): Promise<Kept | null> {
  const { delivery, post, attempt, situation, endpoint } = of
  const timeoutMs = deps.config.attemptTimeoutMs
  const answer = endpoint.isListener
    ? await deps.listeners.post({ ...post, delivery, attempt, timeoutMs }, signal)
    : await postTraced(deps, of, signal)
  if (answer === null) return null
  const history = {
    attempt,
    nowAt: situation.nowAt + answer.durationMs,
    firstAttemptAt: situation.firstAttemptAt ?? situation.nowAt,
    previousAttemptAt: situation.lastAttemptAt,
    endpointSucceededAt: endpoint.succeededAt,
    endpointRecoveredAt: endpoint.recoveredAt,
    step: situation.step,
    refusedMs: situation.refusedMs,
  }
  return {
    ...exchangedOf(answer, of),
    outcome: judgeAttempt(answer, history, deps.config, deps.random()),
    quietMs: answer.kind === 'answered' ? answer.retryAfterMs : null,
  }
}

/** Where traces are on, whoever is posted to can go on with them. */
async function postTraced(deps: AttemptDeps, { delivery, record, post, attempt }: Sending, signal: AbortSignal) {
  const given = { ...post, timeoutMs: deps.config.attemptTimeoutMs }
  const { traces = null } = deps
  const parent = readTraceparent(record.headers.traceparent)
  if (traces === null || parent === null) return postDelivery(deps, given, signal)
  const ids = { 'zaplog.delivery.id': delivery.deliveryId, 'zaplog.endpoint.id': delivery.endpointId, 'zaplog.attempt': attempt }
  const span = traces.begin({ name: 'attempt', kind: 'client', parent, attributes: ids })
  try {
    const answer = await postDelivery(deps, { ...given, headers: { ...given.headers, traceparent: span.traceparent } }, signal)
    if (answer.kind === 'answered') span.end({ attributes: { 'http.response.status_code': answer.statusCode } })
    else span.end({ error: answer.code })
    return answer
  } catch (error) {
    span.end({ error: 'given up' })
    throw error
  }
}

function exchangedOf(answer: Exchange & { durationMs: number }, { attempt, post }: Sending): Exchanged {
  const made = { attempt, token: randomUUID(), durationMs: answer.durationMs, agoMs: 0 }
  if (answer.kind === 'failed')
    return { ...made, statusCode: null, error: storable(answer.message), response: null, code: answer.code }
  const response = storable(maskEcho(answer.response, post))
  return { ...made, statusCode: answer.statusCode, error: null, response, code: `status-${answer.statusCode}` }
}

/** What came from outside, as every table and topic takes it. */
const storable = (text: string) => text.replaceAll('\u0000', '').toWellFormed()

const recordOf = (deps: AttemptDeps, of: Given, { outcome, quietMs, ...exchange }: Kept): MadeAttempt => ({
  delivery: of.delivery,
  exchange,
  outcome,
  quietMs,
  ...owedFor(deps, { ...of, exchange, outcome }),
})

/** Its result is kept, now or by a process that died: whatever follows is made from it, and said by whoever made it. */
async function follow(deps: AttemptDeps, of: Given, kept: Kept, record = recordOf(deps, of, kept)): Promise<AttemptResult> {
  return (await deps.recorder.conclude(record)) === 'concluded' ? concluded(deps, of, kept) : resultOf(kept)
}

function concluded(deps: AttemptDeps, of: Given, kept: Kept): AttemptResult {
  say(deps, of, kept)
  return resultOf(kept)
}

function say(deps: AttemptDeps, of: Given, { outcome, attempt, durationMs, statusCode, error }: Kept): void {
  const level = outcome.kind === 'dead' || outcome.kind === 'disabled' ? 'warn' : 'info'
  deps.logger[level]('delivery.attempted', {
    deliveryId: of.delivery.deliveryId,
    attempt,
    durationMs,
    statusCode,
    error,
    outcome: stateAfter(outcome),
    retryInMs: outcome.kind === 'retry' ? outcome.inMs : null,
  })
  deps.metrics.attempts.inc({ outcome: stateAfter(outcome) })
  deps.metrics.seconds.observe(durationMs / 1000)
  const { instanceId, webhookType } = of.delivery
  if (outcome.kind === 'delivered') deps.metrics.count('delivered', { instanceId, type: webhookType })
}

function resultOf({ outcome, durationMs, agoMs }: Kept): AttemptResult {
  switch (outcome.kind) {
    case 'retry':
      return { kind: 'again', inMs: Math.max(0, outcome.inMs - agoMs), triedMsAgo: durationMs + agoMs }
    case 'disabled':
      return { kind: 'disabled' }
    default:
      return { kind: 'finished' }
  }
}
