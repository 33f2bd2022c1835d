// Which partitions a member of a consumer group works on, assigned by Kafka's group protocol: kept over a rebalance, handed over before they move.
// A partition that is to move is stopped first (running work may finish, progress is saved), then given back by joining again; only then
// another member gets it. A member the coordinator does not know, or did not hear of in time, ends its work at once.
import type { Logger } from '../../runtime/logger.ts'
import { wait } from '../../runtime/wait.ts'
import type { Assignment } from '../engine/assignment.ts'
import type { Position } from '../log.ts'
import type { KafkaGroup } from './group.ts'

/** rebalanceGraceMs, stopGraceMs: how long running work may finish when a partition moves, and when the consumer stops. */
export type MembershipTimes = {
  heartbeatMs: number
  sessionTimeoutMs: number
  rebalanceTimeoutMs: number
  rebalanceGraceMs: number
  stopGraceMs: number
  commitEveryMs: number
}
export type Membership = {
  assignments(): readonly Assignment[]
  /** Resolves when everything is given back after the signal aborted. */
  left: Promise<void>
}
type Deps = {
  group: KafkaGroup
  name: string
  logger: Logger
  times: MembershipTimes
  start(partition: number): Assignment
  /** Breaks the connection a join may be waiting on. */
  hangUp(): void
}
type Held = { assignment: Assignment; state: 'working' | 'stopping' | 'stopped' }

export function joinKafkaGroup({ group, name, logger, times, start, hangUp }: Deps, signal: AbortSignal): Membership {
  const held = new Map<number, Held>()
  let generation = -1
  let mustJoin = true
  let validUntil = 0
  let failing = false
  let joining = false
  let committed = ''
  let commitAt = performance.now() + times.commitEveryMs
  let pausing = new AbortController()
  const wake = () => pausing.abort()

  /** Everything is asked by this loop, one after another: an answer is never older than what was done since. */
  async function run() {
    const watching = setInterval(endExpired, Math.max(10, times.sessionTimeoutMs / 20))
    signal.addEventListener('abort', stopAll, { once: true })
    while (!signal.aborted || held.size > 0) {
      await orSay('taking part', takePart)
      await pause()
    }
    clearInterval(watching)
    signal.removeEventListener('abort', stopAll)
    await orSay('leaving', group.leave)
  }

  /** Kafka may be away: the next turn tries again, and what is not confirmed ends by itself. */
  async function orSay(doing: string, step: () => Promise<void>) {
    try {
      await step()
      failing = false
    } catch (error) {
      if (!failing && !isHandedBack()) logger.warn('log.membership-failed', { group: name, doing, error })
      failing = true
    }
  }

  async function takePart() {
    if (performance.now() >= commitAt || anyStopped()) await mirror()
    releaseStopped()
    restartEnded()
    if (mustJoin || !group.isMember()) await joinUnlessHandedBack()
    else await beat()
  }

  async function beat() {
    const sentAt = performance.now()
    const answer = await group.heartbeat()
    if (answer === 'fine') validUntil = sentAt + times.sessionTimeoutMs
    if (answer === 'rejoin') await joinUnlessHandedBack()
    if (answer === 'lost') endAll('log.membership-lost')
  }

  /** Waits for every member, the dead ones included, unless everything was handed back before or is meanwhile. */
  async function joinUnlessHandedBack() {
    if (isHandedBack()) return
    joining = true
    const validBefore = validUntil
    // Until all have joined nobody is assigned anything: what is held stays ours, unless the question did not get through.
    validUntil = performance.now() + times.rebalanceTimeoutMs + times.sessionTimeoutMs
    try {
      await join()
    } catch (error) {
      validUntil = validBefore
      throw error
    } finally {
      joining = false
    }
  }

  async function join() {
    mustJoin = true
    const joined = await group.join({ held: [...held.keys()], generation, leaving: signal.aborted })
    if (joined === null) return group.isMember() ? undefined : endAll('log.membership-lost')
    validUntil = performance.now() + times.sessionTimeoutMs
    generation = joined.generation
    mustJoin = false
    apply(joined.assigned)
  }

  function apply(assigned: readonly number[]) {
    for (const [partition, one] of held) if (!assigned.includes(partition)) void giveBack(one, times.rebalanceGraceMs)
    if (signal.aborted) return
    for (const partition of assigned) if (!held.has(partition)) hold(partition)
    logger.debug('log.assigned', { group: name, generation, partitions: assigned })
  }

  const hold = (partition: number) => void held.set(partition, { assignment: start(partition), state: 'working' })

  async function giveBack(one: Held, withinMs: number) {
    if (one.state !== 'working') return
    one.state = 'stopping'
    await one.assignment.stop(withinMs)
    one.state = 'stopped'
    wake()
    noteHandedBack()
  }

  const anyStopped = () => [...held.values()].some(({ state }) => state === 'stopped')

  /** Joining again without them is what gives them back. */
  function releaseStopped() {
    for (const [partition, { state }] of held) {
      if (state !== 'stopped') continue
      held.delete(partition)
      mustJoin = true
    }
  }

  /** What the engine ended begins anew. */
  function restartEnded() {
    for (const [partition, { state, assignment }] of held) if (state === 'working' && assignment.ended.aborted) hold(partition)
  }

  /** Intake stops with the signal; we stay a member until the work in hand is done. */
  function stopAll() {
    for (const one of held.values()) void giveBack(one, times.stopGraceMs)
    wake()
    noteHandedBack()
  }

  const isHandedBack = () => signal.aborted && [...held.values()].every(({ state }) => state === 'stopped')

  /** A member that is not known yet by its id could not leave: its first join is waited for. */
  function noteHandedBack() {
    if (joining && isHandedBack() && group.isMember()) hangUp()
  }

  /** A process that slept, or a Kafka that does not answer: others may own everything by now. */
  function endExpired() {
    if (held.size > 0 && performance.now() > validUntil) endAll('log.membership-expired')
  }

  function endAll(event: string) {
    if (held.size > 0) logger.warn(event, { group: name, partitions: [...held.keys()] })
    for (const { assignment } of held.values()) assignment.end()
    held.clear()
    mustJoin = true
    wake()
  }

  /** For tools that show lag, and nothing else. */
  async function mirror() {
    commitAt = performance.now() + times.commitEveryMs
    const positions = [...held.values()].flatMap(({ assignment }) => assignment.status()).filter(isKnown)
    const text = positions.map(({ topic, partition, nextOffset }) => `${topic}/${partition}/${nextOffset}`).join()
    if (text === committed || !group.isMember()) return
    try {
      await group.commit(positions)
      committed = text
    } catch (error) {
      logger.warn('log.mirror-failed', { group: name, error })
    }
  }

  async function pause() {
    if (signal.aborted && held.size === 0) return
    await wait(mustJoin ? Math.min(JOIN_AGAIN_MS, times.heartbeatMs) : times.heartbeatMs, pausing.signal)
    pausing = new AbortController()
  }

  return { assignments: () => [...held.values()].map(({ assignment }) => assignment), left: run() }
}

const JOIN_AGAIN_MS = 100

/** Before progress was taken an assignment says 0. */
const isKnown = ({ nextOffset }: Position) => nextOffset > 0n
