// The replays that this process has in hand: each runs until it has ended, or is told to stop, and is then anybody's.
import { createPace } from '../runtime/pace.ts'
import type { Job } from './copy-batch.ts'
import { letGo, noteTopic } from './held-replays.ts'
import { liveSigns } from './live-signs.ts'
import type { Replay } from './replay-rows.ts'
import { type RunDeps, runReplay } from './run-replay.ts'

export type ReplaysAtWork = {
  /** Exactly these run from now on. One that is to go on at another rate stops first. */
  fit(held: readonly Replay[]): void
  /** They stop, and are begun again where they are still ours. */
  stopAll(): void
  /** Resolves once none is at work. */
  ended(): Promise<void>
  /** What keeps one of them from going on; null: nothing. */
  trouble(): string | null
}
type Deps = RunDeps &
  Pick<Job, 'owner' | 'holds' | 'counted'> & {
    /** Called when one has stopped. */
    stopped(): void
  }
type AtWork = { replay: Replay; stop: AbortController; trouble: string | null; done: Promise<void> }

/** What a replay has of its rate however late others are: it ends. */
const LEAST_SHARE = 0.1

export function createReplaysAtWork(deps: Deps): ReplaysAtWork {
  const { database, logger, owner, holds, counted } = deps
  const atWork = new Map<string, AtWork>()

  function begin(replay: Replay): void {
    const { replayId } = replay
    const one: AtWork = { replay, stop: new AbortController(), trouble: null, done: Promise.resolve() }
    const note = (topic: string) => noteTopic(database, { replayId, owner }, topic)
    const job: Job = { replay, owner, pace: paceOf(replay), holds, made: new Set(), note, counted }
    const troubled = (trouble: string | null) => {
      one.trouble = trouble
    }
    atWork.set(replayId, one)
    one.done = runReplay(deps, job, troubled, one.stop.signal)
      .then(() => letGo(database, { replayId, owner }))
      .catch(error => logger.warn('replay.not-let-go', { replayId, error })) // its lease runs out
      .finally(() => {
        atWork.delete(replayId)
        deps.stopped()
      })
  }

  return {
    fit: held => {
      for (const [replayId, { replay, stop }] of atWork)
        if (held.find(one => one.replayId === replayId)?.rate !== replay.rate) stop.abort()
      for (const replay of held) if (!atWork.has(replay.replayId)) begin(replay)
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

/** What is live goes first: the later it is, the slower. */
function paceOf({ rate }: Replay): Job['pace'] {
  const bounds = { least: rate * LEAST_SHARE, most: rate }
  return createPace({ bounds, signs: liveSigns, monotonic: () => performance.now() }).take
}
