// A command that becomes no message: WhatsApp has no id for it that would make a second one the first. That it is given to WhatsApp is durable
// before it is; one that may have been done is done again only where that changes nothing, or where WhatsApp says that it was not. A try that was
// given up asks WhatsApp nothing more, and none begins once its time is over.
import { isOperation, type Operation, operations } from '../../events/operations.ts'
import type { Outcome } from '../../instances/commands.ts'
import type { ClaimedCommand } from '../../instances/commands-claimed.ts'
import { wait } from '../../runtime/wait.ts'
import type { Action, Result, Standing } from '../actions/action.ts'
import { actions } from '../actions/actions.ts'
import { whileTrying } from '../actions/ask.ts'
import { outdatedByCommand } from '../actions/outdated-reads.ts'
import { refusalIn } from '../actions/refusal.ts'
import type { Acting } from '../socket/acting.ts'
import { failed, judgeAction, judgeBefore } from './judge-try.ts'
import type { ActionPaces } from './pace-actions.ts'
import { beginTry, type Came, over, type TryDeps } from './try-command.ts'

/** Of one answer of WhatsApp's, however many questions Baileys asks for it. */
const answeredWithinMs = 30_000

export type ActionDeps = TryDeps & { actionPaces: ActionPaces }
/** One operation with its body. */
type Task = { action: Action<unknown>; body: unknown }

export async function tryAction(deps: ActionDeps, command: ClaimedCommand): Promise<Came> {
  const { is_expired, tries } = command
  if (tries === 0 && is_expired) return over(failed('expired', deps.clock()))
  const task = taskOf(command)
  if (task === null) return over(failed('invalid', deps.clock(), null, 'This version cannot do what it asks for.'))
  if (mayBeDone(command)) {
    const known = await learn(deps, task)
    if (known !== 'again') return known
  }
  if (is_expired) return over(pastItsTime(command, task, deps.clock()))
  const before = judgeBefore(command, deps.times, deps.clock())
  if (before !== null) return before
  return give(deps, command, task)
}

/** Of one that was tried: as WhatsApp refused it, as it was read back, or unknown. */
function pastItsTime({ refusal, is_unanswered }: ClaimedCommand, { action }: Task, at: number): Outcome {
  if (action.afterSilence === 'again' && is_unanswered) return failed('outcome-unknown', at)
  return refusal ?? failed(action.afterSilence === 'again' ? 'outcome-unknown' : 'expired', at)
}

/** A try was given to WhatsApp, which did not refuse it. */
const mayBeDone = ({ tries, refusal }: ClaimedCommand): boolean => tries > 0 && refusal === null

function taskOf({ operation, body }: ClaimedCommand): Task | null {
  if (!isOperation(operation)) return null
  const parsed = operations[operation].safeParse(body)
  return parsed.success ? { action: actionOf(operation), body: parsed.data } : null
}

/** Its body is parsed by the shape of the same name. */
const actionOf = (name: Operation) => actions[name] as Action<unknown>

/** Of one that WhatsApp may have done: what came of it, or that it may be done again. */
async function learn(deps: ActionDeps, { action, body }: Task): Promise<Came | 'again'> {
  const { afterSilence } = action
  if (afterSilence === 'again') return 'again'
  if (afterSilence === 'unknown') return over(failed('outcome-unknown', deps.clock()))
  const read = await answered(deps, acting => afterSilence(acting, body))
  if (read.is === 'left') return read
  if (read.is === 'said' && read.said.isDone) return done(deps, read.said.result)
  if (read.is === 'said' && read.said.isDone === false) return 'again'
  const isUnanswered = read.is === 'refused' && refusalIn(read.error) === null
  return isUnanswered
    ? { is: 'put-off', delayMs: deps.times.retryMs, refusal: null }
    : over(failed('outcome-unknown', deps.clock()))
}

async function give(deps: ActionDeps, command: ClaimedCommand, { action, body }: Task): Promise<Came> {
  const { instanceId } = deps.owned
  const waitMs = deps.actionPaces[action.pace].turnIn({ instanceId, commandId: command.command_id })
  if (waitMs > 0) return { is: 'not-given', delayMs: waitMs, waitsFor: 'pace' }
  const outdated = outdatedByCommand(command, null, deps.account().own)
  if (!(await beginTry(deps, command, { outdated }))) return { is: 'left' }
  const given = deps.trace.give()
  const came = await answered(deps, acting => action.perform(acting, body, command.asked_at_ms))
  given.end(came.is === 'said' ? {} : { error: came.is })
  if (came.is === 'left') return came
  if (came.is === 'said') return done(deps, came.said)
  const refused = refusalIn(came.error)
  if (refused === null) return { is: 'put-off', delayMs: deps.times.retryMs, refusal: null }
  const { reason, code, message, passes } = refused
  const isPartly = refused.isPartly || (command.refusal?.type === 'command.failed' && command.refusal.isPartly === true)
  return judgeAction(
    { refused: { reason, code, message, passes, isPartly }, tries: command.tries + 1, at: deps.clock() },
    deps.times,
  )
}

const done = ({ clock }: ActionDeps, result: Result): Came =>
  over({ type: 'command.completed', at: clock(), saidAt: null, ...(result !== null && { result: JSON.stringify(result) }) })

type Answered<Said> = { is: 'said'; said: Said } | { is: 'refused'; error: unknown } | { is: 'left' }

/** left: the socket ended meanwhile. Silence is an error without a code. */
async function answered<Said extends Result | Standing>(
  { over: ended, life, send }: TryDeps,
  ask: (acting: Acting) => Promise<Said>,
): Promise<Answered<Said>> {
  const tried = new AbortController()
  const late = wait(answeredWithinMs, AbortSignal.any([ended, tried.signal])).then((): Answered<Said> => {
    return { is: 'refused', error: new Error('asking WhatsApp: expected an answer in time, got none') }
  })
  const asked = ask(whileTrying(send.acting, tried.signal)).then(
    (said): Answered<Said> => ({ is: 'said', said }),
    (error): Answered<Said> => ({ is: 'refused', error }),
  )
  const came = await Promise.race([asked, late]).finally(() => tried.abort())
  return came.is !== 'said' && (ended.aborted || life.isOver()) ? { is: 'left' } : came
}
