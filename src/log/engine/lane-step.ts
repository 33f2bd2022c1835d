// What follows one try at a record of a lane: pure. A record is tried again until it is finished, or its partition stops or halts; while a
// dependency is down it waits for the probe's answer, or is the probe.
import type { Down } from './admission.ts'
import type { Attempt, Result } from './lane-attempt.ts'

/** probing: the dependency whose probe this try is; null: it is none. */
export type Try = Attempt & { probing: string | null }
export type LaneStep = {
  /** What whoever waits for the probed dependency is told: it is up, or somebody else has to probe it. null: this was no probe, or it is down still. */
  answer: 'up' | 'hand-over' | null
  /** As what it is counted; null: it is not. */
  counted: 'emitted' | 'parked' | 'retried' | 'paused' | null
  next:
    | { kind: 'finished' }
    | { kind: 'stopped' }
    | { kind: 'halted'; reason: string }
    | { kind: 'wait'; delayMs: number; attempt: Attempt }
    | { kind: 'join'; down: Down & { probing: boolean } }
}

export function laneStep(tried: Try, result: Result, nowAt: number): LaneStep {
  const isStillDown = result.kind === 'down' && result.dependency === tried.probing
  const isAnswered = tried.probing !== null && !isStillDown
  return {
    answer: isAnswered ? (result.kind === 'over' ? 'hand-over' : 'up') : null,
    ...stepAfter(tried, result, { nowAt, isStillDown }),
  }
}

function stepAfter(
  { record, number, firstFailedAt }: Try,
  result: Result,
  { nowAt, isStillDown }: { nowAt: number; isStillDown: boolean },
): Pick<LaneStep, 'counted' | 'next'> {
  switch (result.kind) {
    case 'finished':
      return { counted: result.as, next: { kind: 'finished' } }
    case 'over':
      return { counted: null, next: { kind: 'stopped' } }
    case 'halted':
      return { counted: null, next: { kind: 'halted', reason: result.reason } }
    case 'again': {
      const attempt = { record, number: result.costsAttempt ? number + 1 : number, firstFailedAt: firstFailedAt ?? nowAt }
      return { counted: 'retried', next: { kind: 'wait', delayMs: result.delayMs, attempt } }
    }
    case 'down': {
      const { dependency, delayMs, reason } = result
      return { counted: 'paused', next: { kind: 'join', down: { dependency, delayMs, reason, probing: isStillDown } } }
    }
  }
}
