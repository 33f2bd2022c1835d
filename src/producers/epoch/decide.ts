// The whole course of an instance's life, as one pure function: what happened at which stage leads where, and what is done about it at once.
// It opens no second socket before the first is gone, none once it is stopped, and retires a pairing once for each task.
// Work of a stage that something else is wanted in the middle of, or that is stopped, ends in `called-away` or in its own way; either leads
// to a new beginning, but for three: what came of a session is told, and concluding and retiring are done whole before anything else is.
import { assertNever } from '../../events/event.ts'
import { taskOf, type Wanted } from '../../instances/instance-ids.ts'
import { nextStep } from '../socket/reconnect-policy.ts'
import type { Ended } from './account-trouble.ts'
import {
  beginning,
  type Effect,
  firstStage,
  type Happened,
  isCalledAway,
  type Life,
  type SessionEnd,
  type Stage,
} from './life.ts'

export type Decided = { life: Life; effects: readonly Effect[] }
export type LifePolicy = {
  /** How many rounds of codes are shown before it is closed. */
  qrRounds: number
}

/** Stages whose work may be given up where it stands. */
const givenUp: ReadonlySet<Stage['at']> = new Set(['parked', 'refused', 'probing', 'log-away', 'resting', 'queueing'])

export const onRequest = 'Asked for by an operator.'

/** What cannot happen at a stage changes nothing. */
export function decide(life: Life, happened: Happened, policy: LifePolicy): Decided {
  if (life.stage.at === 'over') return asItIs(life)
  switch (happened.what) {
    case 'wished':
      return afterWish(life, happened.wanted)
    case 'stopped':
      return life.isStopped ? asItIs(life) : { life: { ...life, isStopped: true }, effects: [{ do: 'stop' }] }
    case 'failed':
      return afterFailure(life, happened.error)
    case 'called-away':
      return isCalledAway(life) && givenUp.has(life.stage.at) ? anew(life) : asItIs(life)
    default:
      return afterWork(life, happened, policy)
  }
}

/** Another task ends the work in hand and forgets what its predecessor had come to; the same task with other settings goes on. */
function afterWish(life: Life, next: Wanted): Decided {
  const task = taskOf(next)
  // A row that was read before it parked does not wake it.
  const parkedFor = life.wanted.parkedFor === task ? task : next.parkedFor
  const informed = { ...life, wanted: { ...next, parkedFor } }
  if (task === taskOf(life.wanted)) return { life: informed, effects: [{ do: 'follow-settings' }] }
  return {
    life: { ...informed, isSuperseded: true, failures: 0, qrRounds: 0, isResting: false, farewell: null },
    effects: [{ do: 'follow-settings' }, { do: 'forget-trouble' }, { do: 'owe', state: beginning }, { do: 'call-away' }],
  }
}

/** Whatever came up in the middle of it: taken up again in a new epoch. */
function afterFailure(life: Life, error: unknown): Decided {
  if (isCalledAway(life)) return anew(life)
  const failed = complaint({ reason: 'epoch', text: 'What was to be done for it failed.', failure: error })
  return anew({ ...life, failures: life.failures + 1 }, [failed])
}

type Done = Exclude<Happened, { what: 'wished' | 'stopped' | 'failed' | 'called-away' }>

function afterWork(life: Life, done: Done, policy: LifePolicy): Decided {
  const { stage } = life
  switch (stage.at) {
    case 'taking':
      return afterAsking(life, stage.attempt, done)
    case 'refused':
      if (done.what !== 'waited') return asItIs(life)
      // Also for another task: how often the database refused is not about the task.
      return life.isStopped ? anew(life) : at(life, { at: 'taking', attempt: stage.attempt + 1 })
    case 'probing':
      return afterProbe(life, done)
    case 'log-away':
      return done.what === 'waited' ? anew(life) : asItIs(life)
    case 'queueing':
      return done.what === 'cleared' ? afterClearance(life) : asItIs(life)
    case 'connected':
      return done.what === 'ended' ? afterSession(life, done.session, policy) : asItIs(life)
    case 'concluding':
      return done.what === 'concluded' ? anew(stage.isParked ? parkedFor(life, life.task) : life) : asItIs(life)
    case 'unlinking':
      return done.what === 'unlinked' ? afterUnlinking(life, done.farewell) : asItIs(life)
    case 'retiring':
      return done.what === 'retired' ? anew(parkedFor(life, taskOf(stage.wanted))) : asItIs(life)
    case 'parked':
    case 'resting':
    case 'over':
      return asItIs(life)
    default:
      return assertNever(stage)
  }
}

function afterAsking(life: Life, attempt: number, done: Done): Decided {
  if (done.what === 'not-taken') {
    const text = 'The database does not give it to this process.'
    const ended = complaint({ reason: 'epoch-not-taken', text, failure: done.error })
    return at(life, { at: 'refused', attempt, error: done.error }, [ended])
  }
  if (done.what !== 'taken') return asItIs(life)
  if (isCalledAway(life)) return anew(life)
  return at(life, { at: life.wanted.wanted === 'running' ? 'probing' : 'queueing' })
}

function afterProbe(life: Life, done: Done): Decided {
  if (done.what !== 'told' && done.what !== 'not-told') return asItIs(life)
  if (isCalledAway(life)) return anew(life)
  if (done.what === 'told') return at({ ...life, outages: 0 }, { at: life.isResting ? 'resting' : 'queueing' })
  const text = 'The event log does not take its state.'
  const ended = complaint({ reason: 'log-unavailable', text, failure: done.failure })
  return at({ ...life, outages: life.outages + 1 }, { at: 'log-away', error: done.error }, [ended])
}

function afterClearance(life: Life): Decided {
  if (isCalledAway(life)) return anew(life)
  if (life.wanted.wanted === 'running') return at(life, { at: 'connected' })
  return life.farewell === null ? at(life, { at: 'unlinking' }) : retire(life, life.farewell)
}

/** What came of it counts for the task that it was tried for. */
function afterUnlinking(life: Life, farewell: string): Decided {
  return isCalledAway(life) ? anew(life) : retire({ ...life, farewell }, farewell)
}

function afterSession(before: Life, session: SessionEnd, policy: LifePolicy): Decided {
  const qrRoundsLeft = policy.qrRounds - before.qrRounds - 1
  const step = nextStep({ ...session, qrRoundsLeft, wanted: before.wanted.wanted })
  const life = {
    ...before,
    qrRounds: session.wasLoggedIn ? 0 : before.qrRounds,
    failures: session.wasStable ? 0 : before.failures,
  }
  const counted: Effect = { do: 'count-close', session, step }
  if (step.state === 'logged-out') {
    const effects: Effect[] = [counted, { do: 'forget-trouble' }]
    return life.isStopped
      ? anew(life, effects)
      : retire(life, life.wanted.wanted === 'running' ? step.reasonText : onRequest, effects)
  }
  const { reason, reasonText: text } = step
  const isRetried = step.action === 'reconnect'
  const told = isRetried
    ? complaint({ reason, text, failure: session.own === null ? null : session.failure })
    : ({ do: 'forget-trouble' } as const)
  const next = {
    ...life,
    failures: isRetried ? life.failures + 1 : 0,
    qrRounds: reason === 'qr-expired' ? life.qrRounds + 1 : life.qrRounds,
    isResting: step.action === 'rest',
  }
  const effects: Effect[] = [counted, told, { do: 'owe', state: step }]
  if (session.isEpochOver) return anew(next, effects)
  const isClean = session.own === 'shutdown' || session.own === 'requested'
  return at(next, { at: 'concluding', isClean, isParked: step.action === 'stop' }, effects)
}

const retire = (life: Life, reasonText: string, effects: readonly Effect[] = []): Decided =>
  at(life, { at: 'retiring', wanted: life.wanted, reasonText }, effects)

/** The present epoch is over: the next one is for what is wanted by now. */
const anew = (life: Life, effects: readonly Effect[] = []): Decided => ({
  life: {
    ...life,
    stage: life.isStopped ? { at: 'over' } : firstStage(life.wanted),
    task: taskOf(life.wanted),
    isSuperseded: false,
  },
  effects: [...effects, { do: 'release' }],
})

const at = (life: Life, stage: Stage, effects: readonly Effect[] = []): Decided => ({ life: { ...life, stage }, effects })
const asItIs = (life: Life): Decided => ({ life, effects: [] })

/** Unless something else is wanted by now. */
const parkedFor = (life: Life, task: string): Life =>
  taskOf(life.wanted) === task ? { ...life, wanted: { ...life.wanted, parkedFor: task } } : life

const complaint = (ended: Ended): Effect => ({ do: 'complain', ended })
