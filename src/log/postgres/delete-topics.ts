// Deletes topics of the log in Postgres: records in small statements, so that nobody waits long, and what is left of the topic in one.
import type { Database } from '../../database/database.ts'
import { wait } from '../../runtime/wait.ts'
import { LogError } from '../log.ts'
import { toLogError } from './errors.ts'

/** Of each partition, one statement. */
const RECORDS_AT_ONCE = 5_000
/** Where another member deletes the same records. */
const AGAIN_MS = 50

/** Rejects LogError; called again, it goes on. */
export async function deleteTopics(database: Database, topics: readonly string[], signal: AbortSignal): Promise<void> {
  for (const topic of topics) {
    try {
      do {
        while (await trimSome(database, topic)) stopIfAborted(topic, signal)
      } while (!(await deleteRest(database, topic, signal)) && (await again(topic, signal)))
    } catch (error) {
      throw toLogError(`deleting topic ${topic}`, error)
    }
  }
}

/** false: nothing was left, or another member trims it. */
async function trimSome(database: Database, topic: string): Promise<boolean> {
  const [row] = await database.query<{ records: string | null }>(
    'select sum(log_trim(topic, partition, next_offset, $2)) as records from log_partitions where topic = $1',
    [topic, RECORDS_AT_ONCE],
  )
  return Number(row?.records ?? 0) > 0
}

/** Whoever appends meanwhile waits, and finds no such partition. false: there are records, which another member is about to delete. */
const deleteRest = (database: Database, topic: string, signal: AbortSignal): Promise<boolean> =>
  database.transact(async tx => {
    const partitions = await tx.query<{ is_empty: boolean }>(
      'select first_offset = next_offset as is_empty from log_partitions where topic = $1 order by partition for update',
      [topic],
    )
    if (!partitions.every(one => one.is_empty)) return false
    for (const table of ['log_partitions', 'log_topics']) await tx.query(`delete from ${table} where topic = $1`, [topic])
    return true
  }, signal)

async function again(topic: string, signal: AbortSignal): Promise<true> {
  await wait(AGAIN_MS, signal)
  stopIfAborted(topic, signal)
  return true
}

function stopIfAborted(topic: string, signal: AbortSignal): void {
  if (signal.aborted) throw new LogError('aborted', `deleting topic ${topic}: aborted`)
}
