// How much may still be written to the disk of DATA_DIR, looked at every ten seconds; where the system does not say it, nothing is shown.
import { statfs } from 'node:fs/promises'
import type { Logger } from '../runtime/logger.ts'
import type { Metrics } from '../runtime/metrics.ts'
import { wait } from '../runtime/wait.ts'

type Deps = { path: string; metrics: Metrics; logger: Logger; everyMs?: number }

const EVERY_MS = 10_000

export function watchDisk({ path, metrics, logger, everyMs = EVERY_MS }: Deps): { close(): Promise<void> } {
  const stop = new AbortController()
  const free = metrics.gauge('zaplog_data_dir_free_bytes')
  const size = metrics.gauge('zaplog_data_dir_size_bytes')

  async function look(): Promise<void> {
    try {
      const { bavail, blocks, bsize } = await statfs(path)
      free.set(bavail * bsize)
      size.set(blocks * bsize)
    } catch (error) {
      free.remove()
      size.remove()
      logger.debug('data-dir.not-measured', { path, error })
    }
  }

  async function follow(): Promise<void> {
    do await look()
    while (await wait(everyMs, stop.signal))
  }
  const following = follow()
  return {
    close: async () => {
      stop.abort()
      await following
    },
  }
}
