// How much waits in this zaplog, whichever process works it off: commands, uploads, files and dead letters, looked at every ten seconds, so that a scrape
// asks nobody. What cannot be read is absent: an old figure would lie.
import type { Database } from '../database/database.ts'
import { countEnded } from '../dead-letters/letter-rows.ts'
import { commandWaits } from '../events/vocabulary.ts'
import { readWaiting } from '../instances/commands-waiting.ts'
import { readWaitingUploads } from '../instances/uploads-waiting.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Metrics } from '../runtime/metrics.ts'
import type { Role } from '../runtime/role.ts'
import { wait } from '../runtime/wait.ts'
import { keptFiles, pendingFiles } from './media-queues.ts'
import type { Queue } from './queue.ts'
import { type BoundsDeps, readBounds } from './stream/log-bounds.ts'

type Deps = BoundsDeps & { database: Pick<Database, 'query'>; logger: Logger; metrics: Metrics; everyMs?: number }

const LOOK_EVERY_MS = 10_000

export function openQueueWatch(deps: Deps): Role {
  const { logger, everyMs = LOOK_EVERY_MS } = deps
  const stopping = new AbortController()
  const queues = [commandQueue(deps), uploadQueue(deps), pendingFiles(deps), keptFiles(deps), deadLetters(deps)]

  async function lookAt({ name, look, forget }: Queue): Promise<void> {
    try {
      await look(stopping.signal)
    } catch (error) {
      forget()
      if (!stopping.signal.aborted) logger.debug('queue.not-read', { queue: name, error }) // what is away is said by its own check
    }
  }

  async function follow(): Promise<void> {
    do for (const queue of queues) await lookAt(queue)
    while (await wait(everyMs, stopping.signal))
  }
  const following = follow()

  return {
    name: 'queues',
    checks: () => [],
    close: async () => {
      stopping.abort()
      await following
    },
  }
}

function commandQueue({ database, metrics }: Deps): Queue {
  const unfinished = metrics.gauge('zaplog_commands_unfinished')
  const waiting = metrics.gauge('zaplog_commands_waiting')
  const oldest = metrics.gauge('zaplog_commands_oldest_seconds')
  return {
    name: 'commands',
    look: async () => {
      const found = await readWaiting(database)
      unfinished.set(found.unfinished)
      oldest.set(found.oldestSeconds)
      for (const reason of commandWaits.here) waiting.set({ reason }, found.byReason[reason] ?? 0)
    },
    forget: () => {
      unfinished.remove()
      oldest.remove()
      waiting.reset()
    },
  }
}

function uploadQueue({ database, metrics }: Deps): Queue {
  const waiting = metrics.gauge('zaplog_uploads_waiting')
  const oldest = metrics.gauge('zaplog_uploads_oldest_seconds')
  return {
    name: 'uploads',
    look: async () => {
      const { pending, processing, oldestSeconds } = await readWaitingUploads(database)
      waiting.set({ state: 'pending' }, pending)
      waiting.set({ state: 'processing' }, processing)
      oldest.set(oldestSeconds)
    },
    forget: () => {
      waiting.reset()
      oldest.remove()
    },
  }
}

function deadLetters(deps: Deps): Queue {
  const records = deps.metrics.gauge('zaplog_dead_letter_records')
  return {
    name: 'dead letters',
    look: async signal => {
      const bounds = await readBounds(deps, 'dead-letters', signal)
      const all = bounds.reduce((sum, { firstOffset, endOffset }) => sum + Number(endOffset - firstOffset), 0)
      records.set(Math.max(0, all - (await countEnded(deps.database, bounds))))
    },
    forget: () => records.remove(),
  }
}
