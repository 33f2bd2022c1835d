// Drains waiting lanes in order when they are due: one delivery of a lane at a time, through the same attempt as every other.
// Any node may drain any lane: the claim on its row is what keeps two from doing it, so that no lane waits for a partition's owner.
import type { Database } from '../../database/database.ts'
import { EventError } from '../../events/codec.ts'
import { LogError, type LogRecord } from '../../log/log.ts'
import { type Bell, createBell } from '../../runtime/bell.ts'
import { AT_ONCE, type FairTurns, type Turn } from '../../runtime/fair-turns.ts'
import { describeError } from '../../runtime/logger.ts'
import { wait } from '../../runtime/wait.ts'
import type { Released } from '../deliveries/attempt-record.ts'
import { noteDeath } from '../deliveries/deaths.ts'
import { markLost } from '../deliveries/deliveries.ts'
import type { WaitingRecord } from '../deliveries/waiting.ts'
import { isHistoryLane } from '../stream/chat-lanes.ts'
import { type AttemptDeps, type AttemptResult, attemptDelivery } from './attempt-delivery.ts'
import type { Situation, SituationOf } from './delivery-situation.ts'
import { type Claim, claimDueLanes, giveBack, type Heading } from './waiting-lanes.ts'
import type { WaitingLanes } from './waiting-together.ts'

export type DrainDeps = {
  database: Database
  waitingLanes: WaitingLanes
  attempt: AttemptDeps
  /** Attempts in flight, of this process and per endpoint. */
  slots: FairTurns
  readSituation(of: SituationOf): Promise<Situation>
  /** Names this member in its claims. */
  member: string
  perEndpoint: number
  pollMs: number
}
export type Drain = {
  wake(): void
  /** What keeps it from working; null: nothing. */
  trouble(): string | null
  /** Finishes the attempts in flight, gives every lane back. */
  close(): Promise<void>
}

export function openDrain(deps: DrainDeps): Drain {
  const stopping = new AbortController()
  const bell = createBell()
  const state: DrainState = { lanes: new Set(), troubles: { claiming: null, draining: null } }
  const running = run(deps, state, { bell, stopping: stopping.signal })
  return {
    wake: bell.ring,
    trouble: () => state.troubles.claiming ?? state.troubles.draining,
    close: () => {
      stopping.abort()
      return running
    },
  }
}

type DrainState = {
  /** Those that are being drained. */
  lanes: Set<Promise<void>>
  /** Of claiming lanes, and of the lane that ended last. */
  troubles: Record<'claiming' | 'draining', string | null>
}

/** Looks every pollMs, when somebody wakes it, and when a lane has ended. */
async function run(deps: DrainDeps, { lanes, troubles }: DrainState, { bell, stopping }: { bell: Bell; stopping: AbortSignal }) {
  const tried = async (what: keyof DrainState['troubles'], fields: object, work: () => Promise<void>) => {
    try {
      await work()
      troubles[what] = null
    } catch (error) {
      troubles[what] = describeError(error)
      deps.attempt.logger.warn('webhooks.drain-interrupted', { ...fields, error })
    }
  }
  const begin = (claim: Claim) => {
    const lane = tried('draining', { lane: claim.lane }, () => drainLane(deps, claim, stopping)).then(() => {
      lanes.delete(lane)
      bell.ring()
    })
    lanes.add(lane)
  }
  const { member, perEndpoint } = deps
  while (!stopping.aborted) {
    await tried('claiming', {}, async () => {
      for (const claim of await claimDueLanes(deps.database, { member, perEndpoint, claimMs: claimMsOf(deps.attempt.config) }))
        begin(claim)
    })
    await bell.rung(stopping, deps.pollMs)
  }
  await Promise.all(lanes)
}

/** Longer than any attempt: a claim that ran out belongs to somebody who is gone. */
export const claimMsOf = ({ attemptTimeoutMs }: { attemptTimeoutMs: number }): number => attemptTimeoutMs + 5_000

async function drainLane(deps: DrainDeps, claim: Claim, stopping: AbortSignal): Promise<void> {
  for (let finished: string | null = null; ; ) {
    const slot = await slotOf(deps, { claim, finished }, stopping)
    if (slot === 'done') return leave(deps, claim)
    if (slot === 'aborted' || slot === 'full') return endEarly(deps, claim, finished)
    try {
      const head: WaitingRecord | null = await deps.waitingLanes.head({ claim, finished })
      if (head === null) return await leave(deps, claim)
      const result = await attemptHead(deps, head, slot.release)
      if (result.kind === 'again')
        return await giveBack(deps.database, claim, { dueInMs: result.inMs, triedMsAgo: result.triedMsAgo })
      if (result.kind === 'unrecordable') await wait(deps.pollMs, stopping)
      if (result.kind !== 'finished') return await giveBack(deps.database, claim, null)
      finished = head.deliveryId
    } finally {
      slot.release()
    }
  }
}

/**
 * `done`: nothing of the lane is left, or its claim is lost. That is asked before a slot is waited for: a lane that is done needs none, and
 * one that is not asks again with its slot, as its claim has to last from then on.
 */
async function slotOf(
  deps: DrainDeps,
  { claim, finished }: Heading,
  stopping: AbortSignal,
): Promise<Turn | 'full' | 'aborted' | 'done'> {
  const key = claim.endpointId
  const atOnce = await deps.slots.take({ key, patience: AT_ONCE }, stopping)
  if (atOnce !== 'full') return atOnce
  if (finished !== null && (await deps.waitingLanes.head({ claim, finished })) === null) return 'done'
  return deps.slots.take({ key, late: isHistoryLane(claim.lane) }, stopping)
}

/** Whoever came in the last moment is claimed anew. */
async function leave(deps: DrainDeps, claim: Claim): Promise<void> {
  if (await deps.waitingLanes.leave(claim.lane)) await giveBack(deps.database, claim, null)
}

async function endEarly(deps: DrainDeps, claim: Claim, finished: string | null): Promise<void> {
  const head = finished === null ? null : await deps.waitingLanes.head({ claim, finished })
  if (finished !== null && head === null) return leave(deps, claim)
  await giveBack(deps.database, claim, null)
}

/** An attempt that began is finished, also while stopping. */
async function attemptHead(deps: DrainDeps, head: WaitingRecord, answered: () => void): Promise<AttemptResult> {
  const record = head.value === null ? await readBack(deps, head) : head
  if (record === null) return giveUp(deps, head, 'its record is no longer in the log')
  const delivery = await readDelivery(deps, record)
  if (delivery === null) return giveUp(deps, head, 'its record cannot be read')
  const situation = await deps.readSituation(delivery)
  return attemptDelivery(deps.attempt, { delivery, record, situation, answered }, deps.attempt.lifetime)
}

/** null: it is none, and never will be. Rejects what passes by itself. */
async function readDelivery(deps: DrainDeps, record: LogRecord): Promise<Released | null> {
  try {
    const event = await deps.attempt.codec.decode(record.value, deps.attempt.lifetime)
    return event?.type === 'delivery.released' ? event : null
  } catch (error) {
    if (!(error instanceof EventError)) throw error
    deps.attempt.logger.warn('delivery.unreadable', { topic: record.topic, offset: String(record.offset), error })
    return null
  }
}

/** null: the log does not go back so far any more. */
async function readBack(deps: DrainDeps, of: WaitingRecord): Promise<LogRecord | null> {
  const { topic, partition, offset } = of
  const range = { from: [{ topic, partition, nextOffset: offset }], until: [{ topic, partition, nextOffset: offset + 1n }] }
  try {
    for await (const record of deps.attempt.log.read(topic, range, deps.attempt.lifetime)) return record
    return null
  } catch (error) {
    if (error instanceof LogError && error.code === 'truncated') return null
    throw error
  }
}

/** The body cannot be had: said in its row, by the next delivery and in the log line, and its lane goes on. */
async function giveUp(deps: DrainDeps, of: WaitingRecord, why: string): Promise<AttemptResult> {
  const reason = `${why} (${of.topic} partition ${of.partition} offset ${of.offset})`
  await deps.database.transact(async tx => {
    const endpointId = await markLost(tx, of.deliveryId, reason)
    if (endpointId !== null) await noteDeath(tx, { deliveryId: of.deliveryId, endpointId, lane: of.key }, reason)
  }, deps.attempt.lifetime)
  deps.attempt.logger.warn('delivery.lost', { deliveryId: of.deliveryId, reason })
  return { kind: 'finished' }
}
