// One lane of a partition: its records one at a time, in the order they were read. It ends early when the partition stops: the rest is handed back.
import { createBell } from '../../runtime/bell.ts'
import { wait } from '../../runtime/wait.ts'
import type { LaneConsumer, LogRecord } from '../log.ts'
import type { Admission } from './admission.ts'
import { type AttemptDeps, attemptRecord } from './lane-attempt.ts'
import { type LaneStep, laneStep, type Try } from './lane-step.ts'

/** What the lanes of a member share. */
export type LaneDeps = AttemptDeps & {
  consumer: LaneConsumer
  admission: Admission
  /** Handlers by lane, also those of ended assignments: a lane starts again only after its earlier handler returned. */
  running: Map<string, Promise<unknown>>
  counted(outcome: NonNullable<LaneStep['counted']>): void
}
export type Lane = {
  /** Of all lanes of the member. */
  name: string
  /** What is not finished yet; more may come while it runs. */
  waiting: (LogRecord | Guest)[]
  /** Aborts when no handler may start any more, and when what a handler does no longer counts. */
  starting: AbortSignal
  ended: AbortSignal
  /** A handler begins or has returned; what came of it is told in between. */
  begun(): void
  finished(record: LogRecord): void
  halted(reason: string): void
  returned(): void
  /** Nothing is left: what is read from now on is another lane's. */
  emptied(): void
}

/** What takes a turn and is no record of the lane. Once `left` aborts it is passed over. Never rejects. */
export type Guest = { left: AbortSignal; work(ended: AbortSignal): Promise<void> }

export async function runLane(deps: LaneDeps, lane: Lane): Promise<void> {
  await returnOf(deps.running.get(lane.name), lane.starting)
  for (let next = lane.waiting[0]; next !== undefined; next = lane.waiting[0]) {
    if (!(await ('work' in next ? host(deps, lane, next) : finish(deps, lane, next)))) return
    lane.waiting.shift()
  }
  lane.emptied()
}

/** Resolves when the earlier handler has returned, or the signal aborted. */
async function returnOf(earlier: Promise<unknown> | undefined, signal: AbortSignal) {
  if (earlier === undefined) return
  const bell = createBell()
  void earlier.finally(bell.ring)
  await bell.rung(signal)
}

/** true: its turn is over, the lane goes on. */
async function host(deps: LaneDeps, lane: Lane, guest: Guest): Promise<boolean> {
  const { admission, running } = deps
  const entered = await admission.enter({ probing: false }, AbortSignal.any([lane.starting, guest.left]))
  if (!entered) return !lane.starting.aborted
  lane.begun()
  const working = guest.work(lane.ended)
  running.set(lane.name, working)
  await working
  running.delete(lane.name)
  admission.leave()
  lane.returned()
  return true
}

/** true: the record is finished, the lane goes on. */
async function finish(deps: LaneDeps, lane: Lane, record: LogRecord): Promise<boolean> {
  let next: Try | 'finished' | 'stopped' = { record, number: 1, firstFailedAt: null, probing: null }
  while (typeof next === 'object') next = await tryOnce(deps, lane, next)
  return next === 'finished'
}

async function tryOnce(deps: LaneDeps, lane: Lane, trying: Try): Promise<Try | 'finished' | 'stopped'> {
  const { admission } = deps
  const { probing } = trying
  if (!(await admission.enter({ probing: probing !== null }, lane.starting))) {
    if (probing !== null) admission.handOver(probing)
    return 'stopped'
  }
  lane.begun()
  const result = await tracked(deps, lane, trying)
  // The synchronous part says what is finished or down before anybody else is admitted.
  const next = carryOut(deps, lane, trying, laneStep(trying, result, Date.now()))
  admission.leave()
  lane.returned()
  return next
}

async function tracked(deps: LaneDeps, { name, ended }: Lane, trying: Try) {
  const attempt = attemptRecord(deps, deps.consumer, trying, ended)
  deps.running.set(name, attempt)
  try {
    return await attempt
  } finally {
    deps.running.delete(name)
  }
}

async function carryOut(deps: LaneDeps, lane: Lane, trying: Try, { answer, counted, next }: LaneStep) {
  const { admission } = deps
  if (trying.probing !== null && answer === 'up') admission.up(trying.probing)
  if (trying.probing !== null && answer === 'hand-over') admission.handOver(trying.probing)
  if (counted !== null) deps.counted(counted)
  switch (next.kind) {
    case 'finished':
      lane.finished(trying.record)
      return 'finished'
    case 'stopped':
      return 'stopped'
    case 'halted':
      lane.halted(next.reason)
      return 'stopped'
    case 'wait':
      return (await wait(next.delayMs, lane.starting)) ? { ...next.attempt, probing: null } : 'stopped'
    case 'join': {
      const move = await admission.join(next.down, lane.starting)
      return move === 'stopped' ? move : { ...trying, probing: move === 'probe' ? next.down.dependency : null }
    }
  }
}
