// Carries a membership out, for any log: asks the coordinator in rounds, one question after another so that no answer is older than what was done
// since, and starts, stops and ends the work of partitions as `decide` says.
import { assertNever } from '../../events/event.ts'
import { createBell } from '../../runtime/bell.ts'
import type { Logger } from '../../runtime/logger.ts'
import { never, onAbort } from '../../runtime/or-abort.ts'
import type { Assignment } from './assignment.ts'
import { decide, type Happened, type Membership, newMembership, type Step } from './membership.ts'

/** What a log's coordinator sees of its member. */
export type Member = {
  now(): Membership
  happen(happened: Happened): void
  assignments(): readonly Assignment[]
}
export type Coordinator = {
  /** A round, in order; one that fails is said, and the next goes on. */
  questions: readonly { doing: string; ask(): Promise<void> }[]
  /** There may be more to gain than a heartbeat: the next round is soon. */
  isEager(): boolean
  /** Breaks off a question that may wait for other members. */
  hangUp(): void
  leave(): Promise<void>
}
/** rebalanceGraceMs, stopGraceMs: how long running work may finish when a partition moves, and when the consumer stops. */
export type PartTimes = { heartbeatMs: number; rebalanceGraceMs: number; stopGraceMs: number }
export type Participation = {
  assignments(): readonly Assignment[]
  /** Resolves when everything is given back after the signal aborted. */
  left: Promise<void>
}
export type PartDeps = {
  /** Consumer group, and whatever else tells this member from others. */
  about: { group: string; member?: string }
  logger: Logger
  times: PartTimes
  /** How long what is held stays ours without a word from the coordinator. */
  validForMs: number
  /** The log lines that say that everything held has ended. */
  events: Readonly<Record<'lost' | 'expired', string>>
  start(partition: number): Assignment
  open(member: Member): Coordinator
}

const EAGER_MS = 100

export function takePart(deps: PartDeps, signal: AbortSignal): Participation {
  const { about, logger, times, validForMs } = deps
  const bell = createBell()
  const running = new Map<number, Assignment>()
  const assignments = () => [...running.values()]
  let membership = newMembership
  const coordinator = deps.open({ now: () => membership, happen, assignments })
  const orSay = sayOutages(deps)

  function happen(happened: Happened) {
    const decided = decide(membership, happened)
    membership = decided.membership
    for (const step of decided.steps) carryOut(step)
  }

  function carryOut(step: Step) {
    switch (step.kind) {
      case 'start':
        return start(step.partition)
      case 'stop':
        return stop(step.partition, step.because === 'moves' ? times.rebalanceGraceMs : times.stopGraceMs)
      case 'end':
        return end(step.partition)
      case 'ask-now':
        return bell.ring()
      case 'hang-up':
        return coordinator.hangUp()
      case 'say':
        return logger.warn(deps.events[step.what], { ...about, partitions: step.partitions })
      default:
        return assertNever(step)
    }
  }

  function start(partition: number) {
    const assignment = deps.start(partition)
    running.set(partition, assignment)
    onAbort(assignment.ended, () => happenTo(assignment, { kind: 'over', partition }))
  }

  function stop(partition: number, withinMs: number) {
    const assignment = running.get(partition)
    void assignment?.stop(withinMs).then(() => happenTo(assignment, { kind: 'stopped', partition }))
  }

  function end(partition: number) {
    const assignment = running.get(partition)
    running.delete(partition)
    assignment?.end()
  }

  /** What becomes of an earlier assignment of the same partition is nobody's concern. */
  function happenTo(assignment: Assignment, happened: Extract<Happened, { partition: number }>) {
    if (running.get(happened.partition) === assignment) happen(happened)
  }

  async function run() {
    const watching = setInterval(() => happen({ kind: 'clock', nowMs: performance.now() }), Math.max(10, validForMs / 20))
    const stopListening = onAbort(signal, () => happen({ kind: 'leave' }))
    while (!signal.aborted || membership.held.size > 0) {
      for (const { doing, ask } of coordinator.questions) await orSay(doing, ask)
      if (signal.aborted && membership.held.size === 0) break
      await bell.rung(never, coordinator.isEager() ? Math.min(EAGER_MS, times.heartbeatMs) : times.heartbeatMs)
    }
    clearInterval(watching)
    stopListening()
    await orSay('leaving', coordinator.leave)
  }

  return { assignments, left: run() }
}

/** The coordinator may be away: the next round asks again, and what is not confirmed ends by itself. Each question says an outage once. */
function sayOutages({ about, logger }: Pick<PartDeps, 'about' | 'logger'>) {
  const failing = new Set<string>()
  return async (doing: string, ask: () => Promise<void>) => {
    try {
      await ask()
      failing.delete(doing)
    } catch (error) {
      if (!failing.has(doing)) logger.warn('log.membership-failed', { ...about, doing, error })
      failing.add(doing)
    }
  }
}
