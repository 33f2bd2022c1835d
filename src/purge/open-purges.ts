// Carries purges out: a few at a time, a batch and a pause in turn, so that a purge of a million rows takes nothing from the accounts that
// go on. Every process with the role runs it; which of them goes on with a purge is decided by the purge's row.
import type { Logger } from '../runtime/logger.ts'
import { describeError } from '../runtime/logger.ts'
import type { Role } from '../runtime/role.ts'
import { wait } from '../runtime/wait.ts'
import { advance, type Purge, readUndone } from './purge-rows.ts'
import { type StepDeps, takeStep } from './steps.ts'

export type PurgesDeps = StepDeps & {
  logger: Logger
  /** Between two batches [20 ms] */
  pauseMs?: number
  /** Between two looks; a wake comes sooner [1 s] */
  pollMs?: number
}

const PAUSE_MS = 20
const POLL_MS = 1_000
const MAX_AT_ONCE = 2
/** What waits for others leaves its place to whoever comes next. */
const WAITS_MS = 1_500
/** What another process goes on with, or what failed, is left alone so long. */
const STAND_ASIDE_MS = 5_000

export function openPurges(deps: PurgesDeps): Role {
  const { logger, pauseMs = PAUSE_MS, pollMs = POLL_MS } = deps
  const stop = new AbortController()
  const running = new Map<string, Promise<void>>()
  /** Until when a purge is left alone, by our own clock. */
  const aside = new Map<string, number>()
  /** What keeps a purge from going on, as it was last said. */
  const troubles = new Map<string, string>()
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
      for (const known of [...troubles.keys()]) if (!undone.some(one => one.instanceId === known)) troubles.delete(known)
      for (const purge of undone) if (running.size < MAX_AT_ONCE && isFree(purge)) begin(purge)
      unread = null
    } catch (error) {
      if (unread === null && !stop.signal.aborted) logger.warn('purges.not-read', { error })
      unread = describeError(error)
    }
  }

  const isFree = ({ instanceId }: Purge) => !running.has(instanceId) && (aside.get(instanceId) ?? 0) <= deps.clock()

  function begin(purge: Purge): void {
    const { instanceId } = purge
    const done = goOn(purge)
      .catch(error => fail(purge, error))
      .finally(() => {
        running.delete(instanceId)
        wake.abort()
      })
    running.set(instanceId, done)
  }

  /** Until it is done, waits for something, or is somebody else's. */
  async function goOn(first: Purge): Promise<void> {
    const { instanceId } = first
    logger.debug('purge.going-on', { instanceId, step: first.step })
    for (let purge: Purge = first; !stop.signal.aborted; ) {
      const next = await takeStep(deps, purge, pause, stop.signal)
      if (next === null) return ended(purge)
      troubles.delete(instanceId)
      if (next.waitsFor !== null) return void aside.set(instanceId, deps.clock() + WAITS_MS)
      purge = next
      if (!(await pause())) return
    }
  }

  /** The check was the last step: where the row is not undone any more, it is done. */
  async function ended({ instanceId, step }: Purge): Promise<void> {
    const left = (await readUndone(deps.database)).some(one => one.instanceId === instanceId)
    if (left) aside.set(instanceId, deps.clock() + (step === 'check' ? 0 : STAND_ASIDE_MS))
    else logger.info('purge.done', { instanceId })
  }

  async function fail(purge: Purge, error: unknown): Promise<void> {
    if (stop.signal.aborted) return
    const { instanceId } = purge
    const why = describeError(error)
    if (!troubles.has(instanceId)) logger.warn('purge.stuck', { instanceId, error })
    troubles.set(instanceId, why)
    aside.set(instanceId, deps.clock() + STAND_ASIDE_MS)
    await say(instanceId, why)
  }

  /** For whoever asks how far it is; where Postgres is away, that says it. */
  async function say(instanceId: string, waitsFor: string): Promise<void> {
    try {
      const now = (await readUndone(deps.database)).find(one => one.instanceId === instanceId)
      if (now !== undefined && now.waitsFor !== waitsFor) await advance(deps.database, now, { waitsFor })
    } catch (error) {
      logger.debug('purge.trouble-unwritten', { instanceId, error })
    }
  }

  const done = run()
  return {
    name: 'purges',
    checks: () => {
      const [first] = troubles
      const detail = unread ?? (first === undefined ? null : `${troubles.size} do not go on, first ${first[0]}: ${first[1]}`)
      return [{ name: 'purges', state: detail === null ? 'ok' : 'degraded', detail: detail ?? 'running' }]
    },
    close: async () => {
      stop.abort()
      await done
    },
  }
}
