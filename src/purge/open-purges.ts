// Carries purges out: a few at a time, each batch with a pause after it, so that a purge of a million rows takes nothing from the accounts that
// go on. Every process with the role runs it; which of them goes on with a purge is decided by the purge's row: one that moves by another's
// hand is left alone, one that moves no more is anybody's.
import { listenOrLook } from '../database/listen-or-look.ts'
import { assertNever } from '../events/event.ts'
import { createBell } from '../runtime/bell.ts'
import { describeError, type Logger } from '../runtime/logger.ts'
import type { Role } from '../runtime/role.ts'
import { runningRole } from '../runtime/running-role.ts'
import { wait } from '../runtime/wait.ts'
import { type Ending, goOn } from './go-on.ts'
import { createLeftPurges, type LeftPurges } from './left-purges.ts'
import { type Purge, readUndone, tellWaiting } from './purge-rows.ts'
import type { StepDeps } from './steps.ts'

export type PurgesDeps = StepDeps & {
  logger: Logger
  /** Between two batches [20 ms] */
  pauseMs?: number
  /** Between two looks; a wake comes sooner [1 s] */
  pollMs?: number
  /** So long what another process went on with, or what failed, is left alone [5 s] */
  standAsideMs?: number
}

const PAUSE_MS = 20
const POLL_MS = 1_000
const MAX_AT_ONCE = 2
/** What waits for others leaves its place to whoever comes next. */
const WAITS_MS = 1_500
const STAND_ASIDE_MS = 5_000

export function openPurges(deps: PurgesDeps): Role {
  const { logger, pollMs = POLL_MS, standAsideMs = STAND_ASIDE_MS, clock } = deps
  const stop = new AbortController()
  const wake = createBell()
  const running = new Map<string, Promise<void>>()
  const left = createLeftPurges({ clock, standAsideMs })
  let unread: string | null = null

  async function run(): Promise<void> {
    await listenOrLook(deps, { channel: 'purges', wake: wake.ring, unheard: 'purges.not-listening' }, stop.signal)
    while (!stop.signal.aborted) {
      await look()
      await wake.rung(stop.signal, pollMs)
    }
    await Promise.all(running.values())
  }

  async function look(): Promise<void> {
    try {
      const undone = await readUndone(deps.database)
      left.forgetMoved(undone)
      for (const purge of undone)
        if (running.size < MAX_AT_ONCE && !running.has(purge.instanceId) && left.isFree(purge)) begin(purge)
      unread = null
    } catch (error) {
      if (unread === null && !stop.signal.aborted) logger.warn('purges.not-read', { error })
      unread = describeError(error)
    }
  }

  function begin(purge: Purge): void {
    const { instanceId } = purge
    const done = carryOut({ deps, left }, purge, stop.signal).finally(() => {
      running.delete(instanceId)
      wake.ring()
    })
    running.set(instanceId, done)
  }

  return runningRole({ name: 'purges', problem: () => unread ?? describeTroubles(left) }, { stop, done: run() })
}

/** Until it is done, waits for something, or is somebody else's. */
async function carryOut(
  { deps, left }: { deps: PurgesDeps; left: LeftPurges },
  purge: Purge,
  signal: AbortSignal,
): Promise<void> {
  const { logger, pauseMs = PAUSE_MS, standAsideMs = STAND_ASIDE_MS } = deps
  logger.debug('purge.going-on', { instanceId: purge.instanceId, step: purge.step })
  const ending = await goOn(deps, purge, { moved: left.moved, pause: () => wait(pauseMs, signal) }, signal)
  switch (ending.kind) {
    case 'done':
      return logger.info('purge.done', { instanceId: purge.instanceId })
    case 'waits':
      return left.leave(ending.purge, { forMs: WAITS_MS, trouble: null })
    case 'failed':
      return tellTrouble({ deps, left }, ending, standAsideMs)
    case 'taken':
    case 'told-to-stop':
      return
    default:
      return assertNever(ending)
  }
}

/** Once in the log for as long as it goes on, and in the row, for whoever asks how far it is. */
async function tellTrouble(
  { deps, left }: { deps: PurgesDeps; left: LeftPurges },
  { purge, error }: Extract<Ending, { kind: 'failed' }>,
  forMs: number,
): Promise<void> {
  const { instanceId } = purge
  const trouble = describeError(error)
  if (left.troubleOf(instanceId) === null) deps.logger.warn('purge.stuck', { instanceId, error })
  left.leave(purge, { forMs, trouble })
  try {
    await tellWaiting(deps.database, purge, trouble)
  } catch (unwritten) {
    deps.logger.debug('purge.trouble-unwritten', { instanceId, error: unwritten }) // where Postgres is away, that says it
  }
}

/** null: all go on. */
function describeTroubles(left: LeftPurges): string | null {
  const troubles = left.troubles()
  const [first] = troubles
  return first === undefined ? null : `${troubles.length} do not go on, first ${first.instanceId}: ${first.trouble}`
}
