// Whoever holds the account does what was asked of it, while its session is open: chats side by side, each chat's commands one after another
// and in their order. One that waits for its next try holds its chat alone. What a session leaves undone the next one goes on with.
import type { Ignores, Offer } from '../../convert/draft.ts'
import type { KnownAddresses } from '../../convert/known-addresses.ts'
import type { Database } from '../../database/database.ts'
import { albumOperation, isSent } from '../../events/operations.ts'
import type { Place, ToReserve } from '../../instances/accounts-here.ts'
import { carryOutcomes } from '../../instances/carry-outcomes.ts'
import { putOff } from '../../instances/command-tries.ts'
import { type PutOffFor, settleAll, type Turn } from '../../instances/command-turns.ts'
import type { Outcome } from '../../instances/commands.ts'
import { decideOutcome, type EndingCommand, endCommand } from '../../instances/commands-at-work.ts'
import { type ClaimedCommand, claimCommands } from '../../instances/commands-claimed.ts'
import type { FirstContactPace } from '../../instances/first-contacts.ts'
import { restAccount } from '../../instances/outgoing-turns.ts'
import { createBell } from '../../runtime/bell.ts'
import type { Logger } from '../../runtime/logger.ts'
import { orNullIfAborted } from '../../runtime/or-abort.ts'
import type { Traces } from '../../runtime/traces.ts'
import { wait } from '../../runtime/wait.ts'
import { outdatedByCommand } from '../actions/outdated-reads.ts'
import type { ProducerMetrics } from '../producer-metrics.ts'
import { endAlbum } from './end-album.ts'
import { createLateCommands } from './end-late-commands.ts'
import type { OutgoingPace } from './pace-outgoing.ts'
import { createReserve } from './reserve-place.ts'
import { outcomeEvents } from './tell-outcome.ts'
import { traceCommand } from './trace-command.ts'
import { type ActionDeps, tryAction } from './try-action.ts'
import { type Came, tryCommand } from './try-command.ts'
import { createWaitingFiles } from './waiting-files.ts'

export type Desk = {
  /** The account is logged in, or something may be due. */
  ring(): void
  /** As HeldHere has it: null, too, where the last look may have left something that goes first. */
  reserve(of: ToReserve): Place | null
  /** The socket is gone: nothing more goes out. */
  end(): void
  /** Begins nothing more; resolves once what is under way has its answer, or after a while. */
  close(): Promise<void>
  /** Resolves once nothing of it is under way; what could not be ended is the next session's. */
  idle(): Promise<void>
}
type Deps = Omit<ActionDeps, 'over' | 'known' | 'database' | 'waiting' | 'trace'> & {
  database: Database
  known: Pick<KnownAddresses, 'complete' | 'readAhead'>
  ignores: Ignores
  pace: OutgoingPace
  firsts: FirstContactPace
  append(offers: readonly Offer[]): Promise<void>
  /** null or left out: nobody traces. */
  traces?: Traces | null
  logger: Logger
  metrics: Pick<ProducerMetrics, 'commandsEnded'>
}

const chatsAtOnce = 10
/** For the answers to what is under way when the session is to end. */
const graceMs = 2_000
/** Before the database is asked again that did not answer. */
const againMs = 1_000

export function openDesk(deps: Deps): Desk {
  const { database, owned, pace, firsts, logger } = deps
  const bell = createBell()
  const closing = new AbortController()
  const ended = new AbortController()
  const running = new Map<string, Promise<void>>()
  const settle = once(() => settleAll(database, owned.instanceId))
  const waiting = createWaitingFiles({ database, owned, ring: bell.ring })
  const late = createLateCommands({ ...deps, over: ended.signal, ring: bell.ring })
  const turnsNow = createTurns(deps, { over: closing.signal, ring: bell.ring })
  const ringIn = (delayMs: number) => void wait(delayMs, closing.signal).then(bell.ring)
  const of = { ...deps, over: ended.signal, waiting, ringIn }
  /** Something may be due that the last look could not take. */
  let isMissed = false
  /** The last look took all that may go: what comes now goes before nobody. */
  let isClear = false
  const mayGo = () => isClear && running.size < chatsAtOnce
  const working = work()

  async function work(): Promise<void> {
    while (await bell.rung(closing.signal)) await begin()
  }

  async function begin(): Promise<void> {
    isClear = false
    try {
      await waiting.wake()
      const limit = chatsAtOnce - running.size
      isMissed = running.size > 0
      if (limit === 0) return
      await settle()
      await late.take([...running.keys()])
      const turns = turnsNow()
      const next = { turns, turnAt: turns === 0 ? pace.nextAt(owned.instanceId) : null, firsts, chatTimer: deps.chatTimer }
      const claimed = await claimCommands(database, owned, { busy: [...running.keys(), ...late.chats()], limit, ...next })
      if (closing.signal.aborted) return
      isMissed ||= claimed.length >= limit
      for (const command of claimed) run(command)
      if (claimed.some(one => one.is_expired && one.tries === 0)) late.found()
      // Others may wait for the next turn.
      const mayBeMore = turns > 0 && claimed.filter(one => one.turn === 'paced').length >= turns
      if (mayBeMore) bell.ring()
      isClear = !mayBeMore && claimed.length < limit
    } catch (error) {
      if (!closing.signal.aborted) logger.warn('commands.not-claimed', { ...owned, error })
      ringIn(againMs)
    }
  }

  function run(command: ClaimedCommand): void {
    waiting.claimed(command.command_id)
    if (command.turn === 'paced') pace.takeTurn(owned.instanceId)
    const done = perform(of, command).then(isMore => {
      running.delete(command.chat_id)
      if (isMore || isMissed) bell.ring()
    })
    running.set(command.chat_id, done)
  }

  function end(): void {
    closing.abort()
    ended.abort()
  }

  const done = () => working.then(() => Promise.all([...running.values(), late.idle()])).then(() => undefined)

  return {
    ring: () => {
      waiting.heard()
      bell.ring()
    },
    reserve: createReserve(deps, { running, late, mayGo, run, ring: bell.ring, over: closing.signal }),
    end,
    close: async () => {
      closing.abort()
      await orNullIfAborted(done(), AbortSignal.timeout(graceMs))
      end()
    },
    idle: done,
  }
}

/** How many there are now. While there is none, all that wait for one stay as they are, behind one timer. */
function createTurns({ pace, owned }: Pick<Deps, 'pace' | 'owned'>, { over, ring }: { over: AbortSignal; ring(): void }) {
  let isAwaited = false
  const came = () => {
    isAwaited = false
    ring()
  }
  return () => {
    const waitMs = pace.waitMs(owned.instanceId)
    if (waitMs === 0) return pace.atOnce
    if (!isAwaited) void wait(waitMs, over).then(came)
    isAwaited = true
    return 0
  }
}

/** Until it succeeds: whoever held the account before may have died between a command's end and what that lets go on. */
function once(work: () => Promise<void>): () => Promise<void> {
  let isDone = false
  return async () => {
    if (!isDone) await work()
    isDone = true
  }
}

type OfAll = Omit<ActionDeps, 'trace'> & Deps & { ringIn(delayMs: number): void }
/** Of one command. */
type Of = OfAll & ActionDeps

/** Never rejects. What cannot be gone on with holds its chat for a while, and no other. Answers whether anything of its chat may be due. */
async function perform(ofAll: OfAll, command: ClaimedCommand): Promise<boolean> {
  const { owned, life, over, logger, times } = ofAll
  const trace = traceCommand(ofAll, command)
  const of = { ...ofAll, trace }
  try {
    const { outcome } = command
    const ending = outcome === null ? await decide(of, command) : { ...command, outcome }
    return ending === null || (await tell(of, ending))
  } catch (error) {
    if (over.aborted || life.isOver()) return false
    logger.error('command.failing', { ...owned, commandId: command.command_id, error })
    if (!(await leaveForLater(of, command, { delayMs: times.retryMs }).catch(() => false))) await wait(times.retryMs, over)
    return true
  } finally {
    trace.end('left')
  }
}

/** What comes of it is decided before anybody is told, by whom it belongs to. null: nothing is decided, or another owner's affair. */
async function decide(of: Of, command: ClaimedCommand): Promise<EndingCommand | null> {
  const { owned, database, account, outlasting, trace } = of
  const came = await carryingOut(command.operation)(of, command)
  if (isTooMuch(came) && isSent(command.operation)) await rest(of)
  if (came.is === 'put-off') await leaveForLater(of, command, came)
  if (came.is === 'not-given') await leaveUngiven(of, command, came)
  if (came.is !== 'over' && came.is !== 'as-marker') {
    trace.end(came.is)
    return null
  }
  const { outcome } = came
  const outdated = outdatedByCommand(command, outcome, account().own)
  const decided = { ...owned, commandId: command.command_id, outcome, outdated }
  return outlasting('deciding an outcome', () => decideOutcome(database, decided))
}

const carryingOut = (operation: string) => (isSent(operation) ? tryCommand : operation === albumOperation ? endAlbum : tryAction)

/** WhatsApp counts what an account writes, not what it writes in a chat: one message that it refuses as too much is a rest for all, once. */
async function rest({ owned, database, times, outlasting, ringIn }: Of): Promise<void> {
  await outlasting('resting', () => restAccount(database, { ...owned, restMs: times.restMs }))
  ringIn(times.restMs)
}

function isTooMuch(came: Came): boolean {
  const said = came.is === 'put-off' ? came.refusal : came.is === 'over' ? (came.refusal ?? came.outcome) : null
  return said?.type === 'command.failed' && said.reason === 'rate-limited'
}

/** Nothing of it went out: the try does not count, and its turn is somebody else's. */
async function leaveUngiven(of: Of, command: ClaimedCommand, why: { delayMs: number; waitsFor: PutOffFor }): Promise<void> {
  await leaveForLater(of, command, { ...command, ...why })
  if (command.turn === 'paced') of.pace.giveTurnBack(of.owned.instanceId)
}

type Later = { delayMs: number; tries?: number | null; turn?: Turn; refusal?: Outcome | null; waitsFor?: PutOffFor }

async function leaveForLater(
  { owned, database, outlasting, ringIn }: Of,
  command: ClaimedCommand,
  { delayMs, tries = null, turn = 'none', refusal = null, waitsFor = 'retry' }: Later,
): Promise<boolean> {
  const commandId = command.command_id
  const isPutOff = await outlasting('putting a command off', () =>
    putOff(database, { ...owned, commandId, delayMs, tries, turn, refusal, waitsFor }),
  )
  ringIn(delayMs)
  return isPutOff
}

/**
 * The row says that it is over only once the log does: a death in between tells the same again. One that is done and whose bytes do not open is
 * told without its message. Answers whether anything waits in its chat.
 */
async function tell(of: Of, { built, ...ending }: EndingCommand): Promise<boolean> {
  const { owned, database, seals, append, outlasting, logger, metrics, traces, trace } = of
  const { command_id: commandId, tries, outcome } = ending
  const isDone = outcome.type === 'command.completed' && built !== null
  const sent = isDone ? seals.open(commandId, built) : null
  const events = await outcomeEvents({ ...of, ...owned }, ending, sent)
  await carryOutcomes(traces, [{ events, traceparent: trace.traceparent ?? ending.traceparent }], () => append(events))
  const isMore = await outlasting('ending a command', () => endCommand(database, { ...owned, commandId }))
  const reason = outcome.type === 'command.failed' ? outcome.reason : 'completed'
  metrics.commandsEnded.inc({ outcome: reason })
  trace.end(reason)
  logger.info('command.ended', { ...owned, commandId, tries, outcome: reason })
  return isMore
}
