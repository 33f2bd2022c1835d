// Which steps wait, which run together, and which partitions are taken alone because their last step failed; and what becomes of that. Pure.
import { DatabaseError } from '../database/database.ts'
import type { BatchStep } from './joint-steps.ts'
import type { Load, Waiting } from './next-steps.ts'

export type Offered = Waiting & { step: BatchStep; signal: AbortSignal }
export type JointState<Step extends Offered> = {
  /** In the order in which they came. */
  waiting: readonly Step[]
  /** Those of one transaction each. */
  running: readonly (readonly Step[])[]
  /** Partitions whose last step failed: they are taken alone until one succeeds. */
  apart: ReadonlySet<number>
  /** performance.now() until which those that share wait for more of them. */
  restsUntil: number
}
/** `told`: who is rejected, and with what; `again`: who waits again. */
export type AfterFailedSteps<Step extends Offered> = {
  state: JointState<Step>
  told: readonly { step: Step; error: unknown }[]
  again: readonly Step[]
}

export const nothingOffered = { waiting: [], running: [], apart: new Set<number>(), restsUntil: 0 }

export const offered = <Step extends Offered>(state: JointState<Step>, one: Step): JointState<Step> => ({
  ...state,
  waiting: [...state.waiting, { ...one, alone: one.alone || state.apart.has(one.step.partition) }],
})

export const loadOf = ({ running, restsUntil }: JointState<Offered>, nowAt: number): Load => ({
  running: running.length,
  restsUntil,
  runningAlone: running.filter(together => together.some(one => one.alone)).length,
  givingWay: running.filter(together => together.some(one => one.givesWay)).length,
  nowAt,
})

/** A step that runs is its transaction's concern. */
export const isWaiting = ({ waiting }: JointState<Offered>, step: BatchStep): boolean => waiting.some(one => one.step === step)

export const withdrawn = <Step extends Offered>(state: JointState<Step>, step: BatchStep): JointState<Step> => ({
  ...state,
  waiting: state.waiting.filter(one => one.step !== step),
})

export const begun = <Step extends Offered>(state: JointState<Step>, together: readonly Step[]): JointState<Step> => ({
  ...state,
  waiting: state.waiting.filter(one => !together.includes(one)),
  running: [...state.running, together],
})

export const committed = <Step extends Offered>(
  state: JointState<Step>,
  together: readonly Step[],
  restsUntil: number,
): JointState<Step> => ({
  ...state,
  restsUntil,
  running: state.running.filter(one => one !== together),
  apart: new Set([...state.apart].filter(partition => !together.some(one => one.step.partition === partition))),
})

/**
 * Those that wait too are told: who is told takes another way. Where one was called off meanwhile nothing is known of the others: they are
 * taken again.
 */
export function givenUp<Step extends Offered>(
  state: JointState<Step>,
  together: readonly Step[],
  error: unknown,
): AfterFailedSteps<Step> {
  const running = state.running.filter(one => one !== together)
  const { calledOff, others } = byAbort(together)
  if (calledOff.length > 0 && !isNobodysFault(error))
    return { state: { ...state, running, waiting: [...others, ...state.waiting] }, told: calledOff, again: others }
  const told = [...together, ...state.waiting].map(step => ({ step, error }))
  return { state: { ...state, waiting: [], running }, told, again: [] }
}

/**
 * What failed together is taken again one by one, also where nobody knows whether it was committed: a step that was done is found to be
 * done by its revision. Where Postgres is away or full they would only find out the same one by one.
 */
export function failed<Step extends Offered>(
  state: JointState<Step>,
  together: readonly Step[],
  error: unknown,
): AfterFailedSteps<Step> {
  const ended = { ...state, running: state.running.filter(one => one !== together) }
  const all = together.map(step => ({ step, error }))
  if (isNobodysFault(error)) return { state: ended, told: all, again: [] }
  if (together.length === 1) {
    const apart = new Set([...state.apart, ...together.map(one => one.step.partition)])
    return { state: { ...ended, apart }, told: all, again: [] }
  }
  const { calledOff, others } = byAbort(together)
  const again = others.map(one => ({ ...one, alone: true }))
  return { state: { ...ended, waiting: [...again, ...ended.waiting] }, told: calledOff, again }
}

const byAbort = <Step extends Offered>(together: readonly Step[]) => ({
  calledOff: together.filter(one => one.signal.aborted).map(step => ({ step, error: step.signal.reason })),
  others: together.filter(one => !one.signal.aborted),
})

export const isNobodysFault = (error: unknown): boolean =>
  error instanceof DatabaseError && (error.code === 'unreachable' || error.code === 'disk-full')
