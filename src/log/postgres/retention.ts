// Deletes what is older than its topic's retention, the oldest first, a bounded number of records at a time. Nothing kept for ever is touched.
import type { Database } from '../../database/database.ts'
import type { Logger } from '../../runtime/logger.ts'
import { wait } from '../../runtime/wait.ts'

const TRIM_RECORDS = 1_000

export function openRetention(deps: { database: Database; logger: Logger; trimEveryMs: number }): { close(): Promise<void> } {
  const { database, logger, trimEveryMs } = deps
  const closing = new AbortController()
  const running = run()

  async function run() {
    while (await wait(trimEveryMs, closing.signal)) {
      try {
        await trimAll()
      } catch (error) {
        logger.warn('log.trim-failed', { error })
      }
    }
  }

  /** Again until nothing is left to trim, so that one round keeps up with any rate. */
  async function trimAll() {
    while (!closing.signal.aborted) {
      const [trimmed] = await database.query<{ topic: string; records: string }>(trimSql, [TRIM_RECORDS])
      // 0: another member trims it.
      if (trimmed === undefined || trimmed.records === '0') return
      logger.info('log.trimmed', { topic: trimmed.topic, records: Number(trimmed.records) })
    }
  }

  return {
    close: async () => {
      closing.abort()
      await running
    },
  }
}

/** One partition a statement, so that deleting never becomes a long transaction. */
const trimSql = `
  select p.topic, log_trim(p.topic, p.partition, log_offset_at(p.topic, p.partition, now() - t.retention_ms * interval '1 millisecond'), $1) as records
    from log_topics t join log_partitions p using (topic)
    join log_records r on r.topic = p.topic and r.partition = p.partition and r."offset" = p.first_offset
   where r.recorded_at < now() - t.retention_ms * interval '1 millisecond'
   limit 1`
