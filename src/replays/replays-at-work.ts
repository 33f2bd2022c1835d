// The replays that this process has in hand: each runs until it has ended, or is told to stop, and is then anybody's.
import type { Job } from './copy-batch.ts'
import { leaveOpen, letGo, noteTopic } from './held-replays.ts'
import { liveSigns } from './live-signs.ts'
import type { Replay } from './replay-rows.ts'
import { type RunDeps, runReplay } from './run-replay.ts'
import { createSharedPace } from './shared-pace.ts'

export type ReplaysAtWork = {
  /** Exactly those of them that run are at work from now on. One that is to go on at another rate stops first. */
  fit(held: readonly Replay[]): void
  /** How many are in hand, also those that are about to stop. */
  count(): number
  /** Others wait: the one that is in hand for the longest, and for so long at least, stops. */
  passOn(afterMs: number): void
  /** They stop, and are begun again where they are still ours. */
  stopAll(): void
  /** Resolves once none is at work. */
  ended(): Promise<void>
  /** What keeps one of them from going on; null: nothing. */
  trouble(): string | null
}
export type AtWorkDeps = RunDeps & {
  /** What was begun to be appended, and not answered in time, is over after this [30 s]. */
  leftOpenMs?: number
}
type Deps = AtWorkDeps &
  Pick<Job, 'owner' | 'holds' | 'counted'> & {
    /** Called when one has stopped. */
    stopped(): void
  }
type AtWork = { replay: Replay; since: number; stop: AbortController; trouble: string | null; done: Promise<void> }

/** Longer than a request to a log takes. */
const LEFT_OPEN_MS = 30_000

export function createReplaysAtWork(deps: Deps): ReplaysAtWork {
  const { database, logger, owner, holds, counted, leftOpenMs = LEFT_OPEN_MS } = deps
  const atWork = new Map<string, AtWork>()
  const paces = createSharedPace({ signs: liveSigns, monotonic: () => performance.now() })

  function begin(replay: Replay): void {
    const { replayId } = replay
    const since = performance.now()
    const one: AtWork = { replay, since, stop: new AbortController(), trouble: null, done: Promise.resolve() }
    const note = (topic: string) => noteTopic(database, { replayId, owner }, topic)
    const pace = paces.join(replay.rate)
    const job: Job = { replay, owner, pace, holds, made: new Map(), registered: new Set(), note, counted }
    const troubled = (trouble: string | null) => {
      one.trouble = trouble
    }
    atWork.set(replayId, one)
    one.done = runReplay(deps, job, troubled, one.stop.signal)
      .then(how => (how === 'over' ? letGo(database, { replayId, owner }) : leave(replay)))
      .catch(error => logger.warn('replay.not-let-go', { replayId, error })) // its lease runs out
      .finally(() => {
        pace.leave()
        atWork.delete(replayId)
        deps.stopped()
      })
  }

  async function leave({ replayId, name }: Replay): Promise<void> {
    logger.warn('replay.left-open', { replayId, name, againInMs: leftOpenMs })
    await leaveOpen(database, { replayId, owner }, leftOpenMs)
  }

  return {
    fit: held => {
      const running = new Map(held.filter(one => one.state === 'running').map(one => [one.replayId, one]))
      for (const [replayId, { replay, stop }] of atWork) if (running.get(replayId)?.rate !== replay.rate) stop.abort()
      for (const replay of running.values()) if (!atWork.has(replay.replayId)) begin(replay)
    },
    count: () => atWork.size,
    passOn: afterMs => {
      // The first of the map was begun first.
      const [first] = atWork.values()
      if (first !== undefined && performance.now() - first.since >= afterMs) first.stop.abort()
    },
    stopAll: () => {
      for (const { stop } of atWork.values()) stop.abort()
    },
    ended: async () => {
      await Promise.all([...atWork.values()].map(one => one.done))
    },
    trouble: () => [...atWork.values()].map(one => one.trouble).find(one => one !== null) ?? null,
  }
}
