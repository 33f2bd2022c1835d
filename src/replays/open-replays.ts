// Replays at work, in every process with the role: each is one process's at a time, which says so every second; what a process that died had is
// taken over when its lease has run out. Replays that are over for a week, or taken down, are deleted with their topics.
import { randomUUID } from 'node:crypto'
import type { Database } from '../database/database.ts'
import { listenOrLook } from '../database/listen-or-look.ts'
import { replayStates } from '../events/vocabulary.ts'
import type { EventLog } from '../log/log.ts'
import { createBell } from '../runtime/bell.ts'
import { describeError } from '../runtime/logger.ts'
import type { Metrics } from '../runtime/metrics.ts'
import type { Role } from '../runtime/role.ts'
import { runningRole } from '../runtime/running-role.ts'
import { wait } from '../runtime/wait.ts'
import { countReplays, isAnyWaiting, keepReplays, type Owner, takeReplays } from './held-replays.ts'
import { readNotRemoved, removeReplays } from './remove-replays.ts'
import { replaysChannel } from './replay-rows.ts'
import { type AtWorkDeps, createReplaysAtWork } from './replays-at-work.ts'

export type ReplaysDeps = AtWorkDeps & {
  /** For saying what this process has: no other work keeps it waiting. */
  leaseDatabase: Database
  log: AtWorkDeps['log'] & Pick<EventLog, 'deleteTopics'>
  metrics: Metrics
  /** Between two looks; a wake comes sooner [1 s]. */
  pollMs?: number
  /** What is over is looked for so often, and after each wake [10 s]. */
  tidyEveryMs?: number
  /** A replay whose owner has not said for so long that it has it is anybody's [10 s]. */
  leaseMs?: number
  /** While others wait a replay is in one hand no longer [10 s]. */
  turnMs?: number
  /** A topic that the log refuses to delete is tried again so much later [10 min]. */
  refusedAgainMs?: number
}

const POLL_MS = 1_000
const TIDY_EVERY_MS = 10_000
const LEASE_MS = 10_000
const TURN_MS = 10_000
/** The others wait for their turn, or for another process: each takes connections, memory, and time of what is live. */
const MOST_IN_HAND = 2
/** Of the lease: who has not heard for longer that it has it writes nothing more, so that the next one reads all that it wrote. */
const SURE_SHARE = 0.5

/** Monotonic ms. */
type Seen = {
  heldAt: number
  tidiedAt: number
  trouble: string | null
  notRemoved: string | null
  removing: Promise<void> | null
}

export function openReplays(deps: ReplaysDeps): Role {
  const { database, leaseDatabase, logger } = deps
  const { pollMs = POLL_MS, tidyEveryMs = TIDY_EVERY_MS, leaseMs = LEASE_MS, turnMs = TURN_MS } = deps
  const mine: Owner = { owner: randomUUID(), leaseMs }
  const stop = new AbortController()
  const wake = createBell()
  const meters = openMeters(deps.metrics)
  const never = Number.NEGATIVE_INFINITY
  const seen: Seen = { heldAt: never, tidiedAt: never, trouble: null, notRemoved: null, removing: null }
  const holds = () => performance.now() - seen.heldAt < leaseMs * SURE_SHARE
  const atWork = createReplaysAtWork({ ...deps, owner: mine.owner, holds, counted: meters.records, stopped: wake.ring })

  async function run(): Promise<void> {
    await listenOrLook(deps, { channel: replaysChannel, wake: wake.ring, unheard: 'replays.not-listening' }, stop.signal)
    while (!stop.signal.aborted) {
      await look()
      if (await wake.rung(stop.signal, pollMs)) seen.tidiedAt = never
    }
    atWork.stopAll()
    await Promise.all([keepUntilEnded(), seen.removing])
  }

  /** What was begun to be appended takes its time, and nobody else may have the replay meanwhile. */
  async function keepUntilEnded(): Promise<void> {
    const over = new AbortController()
    const ended = atWork.ended().finally(() => over.abort())
    while (await wait(pollMs, over.signal))
      await keepReplays(leaseDatabase, mine).catch(error => logger.warn('replays.not-kept', { error }))
    await ended
  }

  /** What is ours stays so, and as many more are as there is room for. */
  async function hold(askedAt: number): Promise<void> {
    const kept = await keepReplays(leaseDatabase, mine)
    const room = MOST_IN_HAND - Math.max(kept.length, atWork.count())
    const taken = room > 0 ? await takeReplays(leaseDatabase, mine, room) : []
    seen.heldAt = askedAt
    atWork.fit([...kept, ...taken])
    if (room <= 0 && (await isAnyWaiting(leaseDatabase))) atWork.passOn(turnMs)
  }

  async function look(): Promise<void> {
    try {
      const askedAt = performance.now()
      await hold(askedAt)
      if (askedAt - seen.tidiedAt >= tidyEveryMs) await tidy(askedAt)
      seen.trouble = null
    } catch (error) {
      if (stop.signal.aborted) return
      if (seen.trouble === null) logger.warn('replays.not-read', { error })
      seen.trouble = describeError(error)
      if (!holds()) atWork.stopAll()
    }
  }

  async function tidy(askedAt: number): Promise<void> {
    meters.states(await countReplays(database))
    seen.notRemoved = await readNotRemoved(database)
    // Beside the looks: to delete millions of records takes longer than a lease lasts.
    seen.removing ??= removeReplays({ ...deps, leaseMs }, stop.signal).finally(() => {
      seen.removing = null
    })
    seen.tidiedAt = askedAt
  }

  const problem = () => seen.trouble ?? atWork.trouble() ?? seen.notRemoved
  return runningRole({ name: 'replays', problem }, { stop, done: run() })
}

function openMeters(metrics: Metrics) {
  const records = metrics.counter('zaplog_replay_records_total')
  const replays = metrics.gauge('zaplog_replays')
  return {
    records: ({ written, leftOut }: { written: number; leftOut: number }) => {
      records.inc({ outcome: 'written' }, written)
      records.inc({ outcome: 'left-out' }, leftOut)
    },
    states: (counts: ReadonlyMap<string, number>) => {
      for (const state of replayStates.here) replays.set({ state }, counts.get(state) ?? 0)
    },
  }
}
