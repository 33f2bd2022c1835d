// What waits of files, and what is kept of them, for the watch of queues.
import type { Database } from '../database/database.ts'
import { readPendingMedia, type Walk, walkKeptMedia } from '../projections/read-model/queries.ts'
import type { Metrics } from '../runtime/metrics.ts'
import type { Queue } from './queue.ts'

type Deps = { database: Pick<Database, 'query'>; metrics: Metrics }

export function pendingFiles({ database, metrics }: Deps): Queue {
  const files = metrics.gauge('zaplog_media_pending')
  const oldest = metrics.gauge('zaplog_media_pending_oldest_seconds')
  const forget = () => {
    files.remove()
    oldest.remove()
  }
  return {
    name: 'files',
    look: async () => {
      const pending = await readPendingMedia(database)
      if (pending === null) return forget()
      files.set(pending.files)
      oldest.set(pending.oldestSeconds)
    },
    forget,
  }
}

/** What was found by a whole walk is shown until the next one is over. */
export function keptFiles({ database, metrics }: Deps): Queue {
  const bytes = metrics.gauge('zaplog_media_kept_bytes')
  const files = metrics.gauge('zaplog_media_kept')
  let walk: Walk | null = null
  const forget = () => {
    bytes.reset()
    files.reset()
  }
  return {
    name: 'kept files',
    look: async () => {
      const looked = await walkKeptMedia(database, walk)
      walk = looked.walk
      if (looked.kept === null) return
      forget() // a kind of which nothing is left
      for (const [kind, kept] of looked.kept) {
        bytes.set({ kind }, kept.bytes)
        files.set({ kind }, kept.files)
      }
    },
    forget,
  }
}
