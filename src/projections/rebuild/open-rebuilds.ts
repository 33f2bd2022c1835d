// Rebuilds at work, in every process with the role: one process has one, and says so every second; what a process that died had is taken over
// when its lease has run out. Its connections are its own and there only meanwhile: it goes on while steps of what is read stand still for it.
import { randomUUID } from 'node:crypto'
import type { Database } from '../../database/database.ts'
import { type Lateness, liveLateness } from '../../runtime/lateness.ts'
import { describeError } from '../../runtime/logger.ts'
import { loopLoad } from '../../runtime/loop-load.ts'
import type { Metrics } from '../../runtime/metrics.ts'
import type { Role } from '../../runtime/role.ts'
import { wait } from '../../runtime/wait.ts'
import { createFillPace } from './fill-pace.ts'
import type { RunDeps } from './prepare.ts'
import { hold, letGo, type Rebuild } from './rebuild-rows.ts'
import { pairOf } from './rebuildable.ts'
import { runRebuild } from './run-rebuild.ts'

export type RebuildsDeps = Omit<RunDeps, 'database' | 'log' | 'pace' | 'stepRecords' | 'counted' | 'left' | 'waits'> & {
  /** For saying what this process has: no other work keeps it waiting. */
  leaseDatabase: Database
  /** Closed by whoever opened it. */
  openDatabase(signal: AbortSignal): Promise<Database>
  /** The log, as it is read and appended to through that database. */
  logOver(database: Database): RunDeps['log']
  metrics: Metrics
  /** [of this process] */
  lateness?: Lateness
  /** Between two looks [1 s]. */
  pollMs?: number
  /** A rebuild whose owner has not said for so long that it has it is anybody’s [5 s]. */
  leaseMs?: number
}

const POLL_MS = 1_000
const LEASE_MS = 5_000

export function openRebuilds(deps: RebuildsDeps): Role {
  const { leaseDatabase, logger, pollMs = POLL_MS, leaseMs = LEASE_MS } = deps
  const mine = { owner: randomUUID(), leaseMs }
  const stop = new AbortController()
  const work = createWork(deps, mine.owner)
  let heldAt = Number.NEGATIVE_INFINITY
  let trouble: string | null = null

  async function look(): Promise<void> {
    try {
      const askedAt = performance.now()
      work.fit(await hold(leaseDatabase, mine))
      heldAt = askedAt
      trouble = null
    } catch (error) {
      if (trouble === null) logger.warn('rebuilds.not-read', { error })
      trouble = describeError(error)
      if (performance.now() - heldAt > leaseMs / 2) work.fit(null)
    }
  }

  async function run(): Promise<void> {
    do await look()
    while (await wait(pollMs, stop.signal))
    work.fit(null)
    await work.ended()
    await letGo(leaseDatabase, mine.owner).catch(error => logger.warn('rebuilds.not-given-back', { error }))
  }

  const done = run()
  return {
    name: 'rebuilds',
    checks: () => {
      const why = trouble ?? work.trouble()
      return why === null ? [] : [{ name: 'rebuild', state: 'degraded', detail: why }]
    },
    close: async () => {
      stop.abort()
      await done
    },
  }
}

type AtWork = { rebuildId: string; stop: AbortController; done: Promise<void> }

/** One rebuild at most is at work. */
function createWork(deps: RebuildsDeps, owner: string) {
  const { lateness = liveLateness } = deps
  const lateMs = lateness.another()
  let atWork: AtWork | null = null
  let trouble: string | null = null

  function begin(rebuild: Rebuild): AtWork {
    const stop = new AbortController()
    const ended = work(deps, { rebuild, owner, lateMs, quietMs: lateness.quietMs }, stop.signal).then(
      () => {
        trouble = null
      },
      error => {
        if (stop.signal.aborted) return
        if (trouble === null) deps.logger.warn('rebuild.stuck', { rebuildId: rebuild.rebuildId, error })
        trouble = describeError(error)
      },
    )
    const done = ended.finally(() => {
      atWork = null
    })
    return { rebuildId: rebuild.rebuildId, stop, done }
  }

  return {
    /** What this process has; null: nothing. */
    fit: (rebuild: Rebuild | null) => {
      if (atWork !== null && atWork.rebuildId !== rebuild?.rebuildId) atWork.stop.abort()
      if (atWork === null && rebuild !== null) atWork = begin(rebuild)
    },
    ended: async () => atWork?.done,
    trouble: () => trouble,
  }
}

type Of = { rebuild: Rebuild; owner: string; lateMs: () => number; quietMs: () => number }

async function work(deps: RebuildsDeps, of: Of, signal: AbortSignal): Promise<void> {
  const pair = pairOf(of.rebuild.projection)
  if (pair === undefined) throw new Error(`rebuilding ${of.rebuild.projection}: this version does not know it`)
  const counter = deps.metrics.counter('zaplog_rebuild_records_total')
  const left = deps.metrics.gauge('zaplog_rebuild_left_records')
  const waiting = deps.metrics.gauge('zaplog_rebuild_waiting')
  const { pace, stepRecords } = createFillPace({ ...of, load: loopLoad, monotonic: () => performance.now() })
  const database = await deps.openDatabase(signal)
  const labels = { projection: of.rebuild.projection }
  const counted = (records: number) => counter.inc(labels, records)
  try {
    const run = {
      ...deps,
      database,
      log: deps.logOver(database),
      pace,
      stepRecords,
      counted,
      left: (n: number) => left.set(labels, n),
      waits: (forSomebody: boolean) => (forSomebody ? waiting.set(labels, 1) : waiting.remove(labels)),
    }
    await runRebuild({ deps: run, pair, held: { rebuildId: of.rebuild.rebuildId, owner: of.owner } }, signal)
  } finally {
    left.remove(labels)
    waiting.remove(labels)
    await database.close()
  }
}
