// Carries purges out: a few at a time, a batch and a pause in turn, so that a purge of a million rows takes nothing from the accounts that
// go on. Every process with the role runs it; which of them goes on with a purge is decided by the purge's row: one that moves by another's
// hand is left alone, one that moves no more is anybody's.
import type { Logger } from '../runtime/logger.ts'
import { describeError } from '../runtime/logger.ts'
import type { Role } from '../runtime/role.ts'
import { wait } from '../runtime/wait.ts'
import { type Purge, readUndone, tellWaiting } from './purge-rows.ts'
import { type StepDeps, takeStep } from './steps.ts'

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

/** Where this process left a purge, until when by our own clock, and what failed; null: it only waits. Of no use once the purge moves. */
type Left = { revision: string; untilAt: number; trouble: string | null }

export function openPurges(deps: PurgesDeps): Role {
  const { logger, pauseMs = PAUSE_MS, pollMs = POLL_MS, standAsideMs = STAND_ASIDE_MS } = deps
  const stop = new AbortController()
  const running = new Map<string, Promise<void>>()
  const left = new Map<string, Left>()
  let unread: string | null = null
  let wake = new AbortController()
  const pause = () => wait(pauseMs, stop.signal)

  async function run(): Promise<void> {
    await listen()
    while (!stop.signal.aborted) {
      wake = new AbortController()
      await look()
      await wait(pollMs, AbortSignal.any([stop.signal, wake.signal]))
    }
    await Promise.all(running.values())
  }

  async function listen(): Promise<void> {
    try {
      await deps.database.listen('purges', () => wake.abort(), stop.signal)
    } catch (error) {
      if (!stop.signal.aborted) logger.warn('purges.not-listening', { error })
    }
  }

  async function look(): Promise<void> {
    try {
      const undone = await readUndone(deps.database)
      forgetMoved(undone)
      for (const purge of undone) if (running.size < MAX_AT_ONCE && isFree(purge)) begin(purge)
      unread = null
    } catch (error) {
      if (unread === null && !stop.signal.aborted) logger.warn('purges.not-read', { error })
      unread = describeError(error)
    }
  }

  /** What was read before we left it is no move. */
  function forgetMoved(undone: readonly Purge[]): void {
    const revisions = new Map(undone.map(one => [one.instanceId, BigInt(one.revision)]))
    for (const [instanceId, { revision }] of [...left]) {
      const now = revisions.get(instanceId)
      if (now === undefined || now > BigInt(revision)) left.delete(instanceId)
    }
  }

  function isFree({ instanceId, idleMs }: Purge): boolean {
    if (running.has(instanceId)) return false
    const ours = left.get(instanceId)
    return ours === undefined ? idleMs === null || idleMs >= standAsideMs : ours.untilAt <= deps.clock()
  }

  function begin(purge: Purge): void {
    const { instanceId } = purge
    const done = goOn(purge).finally(() => {
      running.delete(instanceId)
      wake.abort()
    })
    running.set(instanceId, done)
  }

  /** Until it is done, waits for something, or is somebody else's. */
  async function goOn(purge: Purge): Promise<void> {
    logger.debug('purge.going-on', { instanceId: purge.instanceId, step: purge.step })
    let now = purge
    const turn = (moved: Purge) => {
      now = moved
      left.delete(moved.instanceId)
      return pause()
    }
    try {
      while (!stop.signal.aborted) {
        const next = await takeStep(deps, now, turn, stop.signal)
        if (next === null) return await ended(now)
        if (next.waitsFor !== null) return leave(next, { forMs: WAITS_MS, trouble: null })
        if (!(await turn(next))) return
      }
    } catch (error) {
      await fail(now, error)
    }
  }

  const leave = ({ instanceId, revision }: Purge, { forMs, trouble }: { forMs: number; trouble: string | null }): void =>
    void left.set(instanceId, { revision, untilAt: deps.clock() + forMs, trouble })

  /** The check is the last step: where the row is not undone any more, it is done. */
  async function ended({ instanceId, step }: Purge): Promise<void> {
    if (step !== 'check') return
    const isUndone = (await readUndone(deps.database)).some(one => one.instanceId === instanceId)
    if (!isUndone) logger.info('purge.done', { instanceId })
  }

  async function fail(purge: Purge, error: unknown): Promise<void> {
    if (stop.signal.aborted) return
    const { instanceId } = purge
    const trouble = describeError(error)
    if ((left.get(instanceId)?.trouble ?? null) === null) logger.warn('purge.stuck', { instanceId, error })
    leave(purge, { forMs: standAsideMs, trouble })
    try {
      await tellWaiting(deps.database, purge, trouble)
    } catch (error) {
      logger.debug('purge.trouble-unwritten', { instanceId, error }) // where Postgres is away, that says it
    }
  }

  const done = run()
  return {
    name: 'purges',
    checks: () => {
      const troubles = [...left].filter(([, { trouble }]) => trouble !== null)
      const [first] = troubles
      const detail =
        unread ?? (first === undefined ? null : `${troubles.length} do not go on, first ${first[0]}: ${first[1].trouble}`)
      return [{ name: 'purges', state: detail === null ? 'ok' : 'degraded', detail: detail ?? 'running' }]
    },
    close: async () => {
      stop.abort()
      await done
    },
  }
}
